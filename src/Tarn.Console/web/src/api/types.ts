/** The shapes of the REST API under /api/v1. Times are ISO 8601 in UTC. */

export type * from "./datasetTypes";
export type * from "./registryTypes";
export type * from "./servingTypes";

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
  grpcUrls?: string[];
  systems: SystemStatus[];
  notices: Notice[];
}

export interface Interval {
  start: string;
  end: string;
}

export type RunState = "queued" | "running" | "success" | "failed" | "cancelled";
export type AttemptState = "queued" | "running" | "success" | "failed" | "up_for_retry" | "deferred" | "upstream_failed" | "skipped" | "cancelled";
export type TaskKind = "task" | "mapped" | "branch" | "short_circuit" | "sensor" | "sub_pipeline" | "setup" | "teardown";

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
  backfill?: string | null;
  parent?: string | null;
}

export interface Attempt {
  number: number;
  state: AttemptState;
  startedAt?: string | null;
  endedAt?: string | null;
  durationMs?: number | null;
  error?: string | null;
  reported?: Record<string, unknown> | null;
  /** The node that ran it. */
  worker?: string | null;
}

export interface RunTask {
  name: string;
  after: string[];
  kind?: TaskKind | null;
  /** Why it ended as it did, where it did not run: what a branch chose, what its rule said. */
  note?: string | null;
  /** What it returned. */
  result?: unknown;
  /** Of a call of a mapped task: which item, and its value. */
  item?: number | null;
  itemValue?: unknown;
  mappedTask?: string | null;
  /** Of a sub-pipeline: its run. */
  subRun?: string | null;
  /** Absent or "none" before the task is reached. */
  state?: AttemptState | "none" | null;
  /** When a task that is up for retry is tried again. */
  retryAt?: string | null;
  attempts: Attempt[];
}

export interface Run extends RunSummary {
  tasks: RunTask[];
  parameters?: Record<string, unknown> | null;
  cause?: Cause | null;
  slaMissed?: boolean;
  definitionHash?: string | null;
}

/** What made a run necessary: commits of a table, and the event times that they touched. */
export interface Cause {
  table?: string;
  fromVersion?: number;
  toVersion?: number;
  commits?: number;
  touched?: Interval[];
  /** Of a run that data started: what moved. */
  [other: string]: unknown;
}

export interface LogLine {
  seq: number;
  at: string;
  task: string;
  attempt: number;
  level: string;
  message: string;
  exception?: string | null;
  category?: string | null;
  fields?: Record<string, string | null> | null;
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
  tasks: PipelineTask[];
  maxActiveRuns: number;
  retries: number;
  parameters?: PipelineParameter[] | null;
  triggeredBy?: { kind: string; name: string }[] | null;
  triggersOnAll?: boolean;
  repairedBy?: { table: string; horizonSeconds: number; maxActiveRuns: number }[] | null;
  intervals?: IntervalCounts | null;
  definitionHash?: string | null;
  slaSeconds?: number | null;
  runTimeoutSeconds?: number | null;
  maxActiveTasks?: number | null;
  alerts?: { events: string[] | string; channels: string[] }[] | null;
}

/** A task as the pipeline defines it. */
export interface PipelineTask {
  name: string;
  after: string[];
  kind?: TaskKind | null;
  description?: string | null;
  rule?: string | null;
  group?: string | null;
  pool?: string | null;
  slots?: number | null;
  priority?: number | null;
  maxActive?: number | null;
  retries?: number | null;
  timeoutSeconds?: number | null;
  over?: string | null;
  subPipeline?: string | null;
  teardownOf?: string | null;
  dependsOnPast?: boolean | null;
  mayFail?: boolean | null;
  executor?: string | null;
  cached?: boolean | null;
}

export interface PipelineParameter {
  name: string;
  required: boolean;
  description?: string | null;
  default?: unknown;
  /** JSON schema, 2020-12. */
  schema?: Record<string, unknown> | boolean | null;
}

/** Data intervals by what became of them. */
export interface IntervalCounts {
  none?: number | null;
  success?: number | null;
  failed?: number | null;
  cancelled?: number | null;
  total?: number | null;
}

/** The newest runs, newest first, with each task's state: mapped tasks in sum. */
export interface Grid {
  tasks: { name: string; kind?: TaskKind | null; group?: string | null; after: string[] }[];
  runs: GridRun[];
}

export interface GridRun extends RunSummary {
  tasks: GridCell[];
}

export interface GridCell {
  name: string;
  state: AttemptState | "none";
  attempts: number;
  startedAt?: string | null;
  endedAt?: string | null;
  durationMs?: number | null;
  note?: string | null;
  /** Of a mapped task: its calls by their states. */
  calls?: Record<string, number> | null;
}

export interface CalendarDay {
  date: string;
  total: number;
  success: number;
  failed: number;
  cancelled: number;
  /** Those that ended and have no run. */
  none: number;
  /** Those that have not ended. */
  notEnded?: number;
}

export interface Calendar {
  days: CalendarDay[];
}

/** Intervals that ended alike, as ranges. */
export interface Intervals {
  ranges: { start: string; end: string; state: string; intervals: number }[];
  counts?: IntervalCounts | null;
}

export type Reprocess = "none" | "failed" | "completed";

export interface BackfillRequest {
  from: string;
  to: string;
  reprocess: Reprocess;
  maxActiveRuns: number;
  runBackwards: boolean;
}

export interface Backfill extends BackfillRequest {
  id: string;
  pipeline: string;
  state: "running" | "paused" | "success" | "failed" | "cancelled";
  total: number;
  made: number;
  leftOut: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  createdAt: string;
  endedAt?: string | null;
}

/** What a backfill would do. */
export interface BackfillPreview {
  total?: number;
  toRun: IntervalCounts;
  leftOut: IntervalCounts;
  /** Left out, because a run of them is under way. */
  active: number;
  firstNotEnded?: Interval | null;
  first?: Interval | null;
  last?: Interval | null;
  spans?: (Interval & { intervals: number })[] | null;
}

export interface Repairs {
  sources: { table: string; seenVersion?: number | null; currentVersion?: number | null; horizonSeconds: number; lag?: number | null }[];
  pending: { start: string; end: string; intervals: number; cause?: Cause | null; dueAt?: string | null }[];
  runs: (RunSummary & { cause?: Cause | null })[];
}

/** A process of the cluster. */
export interface Node {
  id: string;
  name: string;
  state: string;
  leader: boolean;
  slots: number;
  running: number;
  startedAt: string;
  seenAt?: string | null;
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
  attempt: { runId: string; pipeline?: string; task: string; number: number; state: AttemptState };
  commit: { table: string; version: number; operation: string; timestamp: string };
  topic: { name: string; partition: number; high: number };
  pipeline: { pipeline: string; paused: boolean };
  /** Empty: what the systems say of themselves is asked for anew. */
  status: Partial<Status>;
  /** A version or an alias of a model changed; null: of some models, which is not known. */
  model: { model: string | null };
  /** An endpoint changed, or something was counted at it; the latter is told once a second at most. */
  endpoint: { name: string };
  /** Some events were lost, because this client fell behind. */
  resync: Record<string, never>;
}
