/** The shapes of the REST API under /api/v1. Times are ISO 8601 in UTC. */

export type SystemState = "ok" | "degraded" | "down" | "starting";

export interface SystemStatus {
  name: string;
  title: string;
  state: SystemState;
  summary?: string | null;
  path?: string | null;
  details?: Record<string, unknown> | null;
}

export interface Notice {
  level: "info" | "warning" | "error";
  text: string;
  since?: string | null;
}

export interface Status {
  version: string;
  startedAt: string;
  now: string;
  dataDirectory: string;
  urls: string[];
  systems: SystemStatus[];
  notices: Notice[];
}

export interface Interval {
  start: string;
  end: string;
}

export type RunState = "queued" | "running" | "success" | "failed" | "cancelled";
export type AttemptState = "queued" | "running" | "success" | "failed" | "up_for_retry" | "upstream_failed" | "skipped" | "cancelled";

export interface RunSummary {
  id: string;
  pipeline: string;
  trigger: string;
  state: RunState;
  logicalDate: string;
  dataInterval?: Interval | null;
  queuedAt: string;
  startedAt?: string | null;
  endedAt?: string | null;
  durationMs?: number | null;
  error?: string | null;
}

export interface Attempt {
  number: number;
  state: AttemptState;
  startedAt?: string | null;
  endedAt?: string | null;
  durationMs?: number | null;
  error?: string | null;
  reported?: Record<string, unknown> | null;
}

export interface RunTask {
  name: string;
  after: string[];
  /** Absent or "none" before the task is reached. */
  state?: AttemptState | "none" | null;
  /** When a task that is up for retry is tried again. */
  retryAt?: string | null;
  attempts: Attempt[];
}

export interface Run extends RunSummary {
  tasks: RunTask[];
}

export interface LogLine {
  seq: number;
  at: string;
  task: string;
  attempt: number;
  level: string;
  message: string;
  exception?: string | null;
}

export interface Pipeline {
  name: string;
  description?: string | null;
  schedule?: string | null;
  timeZone?: string | null;
  catchUp: boolean;
  paused: boolean;
  nextRun?: { logicalDate: string; start: string; end: string; runAfter: string } | null;
  lastRuns: RunSummary[];
  tasks: { name: string; after: string[] }[];
  maxActiveRuns: number;
  retries: number;
}

export interface Transaction {
  appId: string;
  version: number;
}

export interface TableSummary {
  name: string;
  layer: string;
  description?: string | null;
  /** A view is a stored query: it has neither versions nor rows of its own. */
  kind?: "table" | "view";
  version: number | null;
  updatedAt?: string | null;
  rows?: number | null;
  files: number;
  bytes: number;
  partitionBy?: string[] | null;
}

export interface TableColumn {
  name: string;
  type: string;
  nullable?: boolean;
  description?: string | null;
}

export interface TableDetail extends TableSummary {
  schema: TableColumn[];
  transactions?: Transaction[] | null;
  properties?: Record<string, unknown> | null;
  key?: string[] | null;
  location?: string | null;
  upstream?: string[] | null;
  downstream?: string[] | null;
  model?: SqlModel | null;
}

/** The SQL model that makes a table or view. */
export interface SqlModel {
  file: string;
  materialized: string;
  pipeline: string;
  watermark?: string | null;
  lookback?: string | null;
  tests: { test: string; severity: string }[];
  sql: string;
}

export interface Commit {
  version: number;
  timestamp: string;
  operation: string;
  metrics?: Record<string, unknown> | null;
  transactions?: Transaction[] | null;
  by?: string | null;
}

export interface RowSet {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  total?: number;
  truncated?: boolean;
  elapsedMs?: number;
}

export interface TopicPartition {
  partition: number;
  low: number;
  high: number;
  bytes: number;
  lastTimestamp?: string | null;
}

export interface Topic {
  name: string;
  partitions: TopicPartition[];
  records: number;
  bytes: number;
  retention?: unknown;
  groups: { group: string; partition: number; committed: number; lag: number }[];
}

export interface TopicRecord {
  partition: number;
  offset: number;
  timestamp: string;
  key?: string | null;
  value?: unknown;
  valueEncoding?: string | null;
  headers?: Record<string, unknown> | null;
}

/** What arrives on /api/v1/events, by the name of the event. */
export interface ServerEvents {
  run: RunSummary;
  attempt: { runId: string; task: string; number: number; state: AttemptState };
  commit: { table: string; version: number; operation: string; timestamp: string };
  topic: { name: string; partition: number; high: number };
  pipeline: { pipeline: string; paused: boolean };
  /** Empty: what the systems say of themselves is asked for anew. */
  status: Partial<Status>;
  /** Some events were lost, because this client fell behind. */
  resync: Record<string, never>;
}
