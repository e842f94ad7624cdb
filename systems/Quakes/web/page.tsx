import { PageHead, useTitle } from "@tarn/console";
import type { ReactNode } from "react";

export default function QuakesPage(): ReactNode {
  useTitle("Quakes");
  return <PageHead title="Earthquakes" />;
}
