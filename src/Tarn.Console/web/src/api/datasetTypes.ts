/** The shapes of image datasets under /api/v1. Times are ISO 8601 in UTC. */

/** An image dataset: a table of images with classes. */
export interface Dataset {
  name: string;
  version: number;
  updatedAt: string;
  images: number;
  bytes: number;
  classes: number;
  train: number;
  validation: number;
  test: number;
  /** Files that were kept out. */
  quarantined: number;
  /** What checks found and did not keep out. */
  findings: number;
  testUses: number;
  /** The hashes of some images. */
  samples: string[];
}

export interface DatasetClass {
  label: string;
  train: number;
  validation: number;
  test: number;
  all: number;
}

export interface DatasetRange {
  least: number;
  median: number;
  most: number;
}

export interface DatasetTestUse {
  usedBy: string;
  purpose: string;
  usedAt: string;
  version: number;
  images: number;
  fingerprint: string;
  earlier: number;
}

export interface DatasetDetail {
  dataset: Dataset;
  classes: DatasetClass[];
  formats: Record<string, number>;
  widths?: DatasetRange | null;
  heights?: DatasetRange | null;
  groups: number;
  checks: { check: string; told: number; keptOut: number; images: number }[];
  testUses: DatasetTestUse[];
}

export interface DatasetFinding {
  check: string;
  subject: string;
  reason: string;
  remedy?: string | null;
  label?: string | null;
  related?: string | null;
  sha256?: string | null;
  relatedSha256?: string | null;
  keptOut: boolean;
}

export interface DatasetImage {
  sha256: string;
  path: string;
  label: string;
  split: "train" | "validation" | "test";
  width: number;
  height: number;
  format: string;
  frames: number;
  bytes: number;
  group: string;
  groupSize: number;
  sourceGroup?: string | null;
  addedAt: string;
  findings: DatasetFinding[];
}

export interface DatasetImages {
  version: number;
  total: number;
  images: DatasetImage[];
}

export interface DatasetFindings {
  version: number;
  total: number;
  findings: DatasetFinding[];
}
