/** The shapes of experiments, training runs and models under /api/v1. Times are ISO 8601 in UTC. */

export interface Experiment {
  id: string;
  name: string;
  state: "active" | "deleted";
  artifactLocation: string;
  createdAt: string;
  updatedAt: string;
  tags: Record<string, string>;
  runs: number;
  runningRuns: number;
  lastStartedAt?: string | null;
}

/** Not a number and infinite values come as text: "NaN", "Infinity", "-Infinity". */
export type MetricNumber = number | "NaN" | "Infinity" | "-Infinity";

export interface Metric {
  name: string;
  value: MetricNumber;
  step: number;
  at: string;
}

export interface TrainingRun {
  id: string;
  experimentId: string;
  name: string;
  user: string;
  status: "running" | "scheduled" | "finished" | "failed" | "killed";
  state: "active" | "deleted";
  startedAt: string;
  endedAt?: string | null;
  durationMs?: number | null;
  params: Record<string, string>;
  metrics: Metric[];
  tags: Record<string, string>;
  inputs: { name: string; digest: string; sourceType: string; source: string; tags: Record<string, string> }[];
  artifactLocation: string;
}

export interface TrainingRuns {
  runs: TrainingRun[];
  nextPageToken?: string | null;
}

export interface TrainingRunDetail {
  run: TrainingRun;
  models: { model: string; version: number; aliases: string[] }[];
}

export interface Curve {
  runId: string;
  metric: string;
  points: { step: number; value: MetricNumber; at: string }[];
}

export interface Artifact {
  path: string;
  isFolder: boolean;
  size?: number | null;
}

export interface RegisteredModel {
  name: string;
  description: string;
  createdAt: string;
  updatedAt: string;
  lastVersion: number;
  aliases: Record<string, number>;
  tags: Record<string, string>;
}

export interface ModelVersion {
  model: string;
  version: number;
  source: string;
  runId?: string | null;
  description: string;
  user: string;
  stage: string;
  aliases: string[];
  tags: Record<string, string>;
  files: { path: string; size: number; sha256: string }[];
  downloadUri: string;
  createdAt: string;
  updatedAt: string;
}

export interface RegisteredModelDetail {
  model: RegisteredModel;
  versions: ModelVersion[];
}

export interface LedgerEntry {
  number: number;
  model: string;
  alias: string;
  kind: "set" | "rolled_back" | "removed" | "kept";
  from?: number | null;
  to?: number | null;
  candidate?: number | null;
  at: string;
  who: string;
  reason: string;
  verdict?: Record<string, unknown> | null;
}
