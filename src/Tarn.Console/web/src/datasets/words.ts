import { withQuery } from "../api/client";
import type { DatasetClass } from "../api/types";

export const splits = ["train", "validation", "test"] as const;

/** "near_duplicate" → "near duplicate". */
export const checkWords = (check: string): string => check.replace(/_/g, " ");

/** The address of a picture of an image, by its hash. */
export const thumbnail = (dataset: string, sha256: string, size: number, version?: string | null): string =>
  `/api/v1${withQuery(`/datasets/${encodeURIComponent(dataset)}/thumbnails/${sha256}`, { size, version })}`;

/** The version that a training run's digest of a table names: "version 12" or "12"; others name none. */
export const versionOf = (digest: string): number | undefined => {
  const found = /^(?:version )?(\d{1,15})$/.exec(digest.trim());
  return found === null ? undefined : Number(found[1]);
};

/** Whether it may be the id of a training run, and not the name of something else. */
export const isRunId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** How wide the parts of a class's bar are, in percent of the largest class's. */
export function barsOf(one: DatasetClass, classes: readonly DatasetClass[]): Record<(typeof splits)[number], number> {
  const most = Math.max(1, ...classes.map((other) => other.all));
  return { train: (100 * one.train) / most, validation: (100 * one.validation) / most, test: (100 * one.test) / most };
}

/** The share of a split in words: "70 %". */
export const share = (part: number, all: number): string => (all === 0 ? "" : `${Math.round((100 * part) / all)} %`);

export interface ImageFilter {
  label?: string;
  split?: string;
  finding?: string;
  group?: string;
}

/** What the address says of which images are shown; what it does not say is all. */
export const filterOf = (url: URLSearchParams): ImageFilter => {
  const text = (name: string): string | undefined => url.get(name) || undefined;
  return { label: text("label"), split: text("split"), finding: text("finding"), group: text("group") };
};

/** The filter in words, for those who hear the page: "test images of pizza with a finding". */
export function filterWords({ label, split, finding, group }: ImageFilter): string {
  const words = [split, "images", label && `of ${label}`, finding && (finding === "any" ? "with a finding" : `with ${checkWords(finding)}`), group && "of one group"];
  return words.filter(Boolean).join(" ");
}
