import type { ReactNode } from "react";
import { Link } from "wouter";
import { useDatasets } from "../api/queries";
import { versionOf } from "./words";

/** The name of a dataset that a training run read; a link where it is an image dataset of this lake. */
export function DatasetLink({ name, digest }: { name: string; digest: string }): ReactNode {
  const datasets = useDatasets().data;
  if (datasets?.some((one) => one.name === name) !== true) return name;
  const version = versionOf(digest);
  return <Link href={`/datasets/${encodeURIComponent(name)}${version === undefined ? "" : `?version=${version}`}`}>{name}</Link>;
}
