import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import { setZone, useZone } from "../ui/settings";
import styles from "./Shell.module.css";

/** Light or dark, UTC or local time. */
export function Preferences(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const zone = useZone();
  return (
    <div className={styles.preferences}>
      <button type="button" onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}>
        {scheme === "dark" ? "Light theme" : "Dark theme"}
      </button>
      <button type="button" onClick={() => setZone(zone === "utc" ? "local" : "utc")} title="How times are shown">
        {zone === "utc" ? "Times in UTC" : "Times local"}
      </button>
    </div>
  );
}
