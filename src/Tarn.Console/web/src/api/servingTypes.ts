/** The shapes of endpoints, rollouts and served models under /api/v1, and of what endpoints answer. Times are ISO 8601 in UTC. */

/** A version by its number, an alias, or a remote cluster; one of them. */
export interface Target {
  version?: number | null;
  alias?: string | null;
  remote?: string | null;
}

export interface VariantCounts {
  requests: number;
  errors: number;
  positive: number;
  negative: number;
  agreed: number;
  disagreed: number;
  p50Ms?: number | null;
  p95Ms?: number | null;
  p99Ms?: number | null;
}

/** Whether what a target means answers: `not_loaded` is a version that nothing asks to load, `none` no version at all, `unreachable` a cluster none of whose instances can be asked. */
export type VariantState = "loaded" | "loading" | "failed" | "not_loaded" | "none" | "unreachable";

/** What a variant or shadow means now. */
export interface Meaning {
  name: string;
  target: Target;
  /** null for nothing. */
  version?: number | null;
  isLoaded: boolean;
  state: VariantState;
  /** Why it could not be loaded, or reached. */
  problem?: string | null;
  /** The version that the alias was given to, where it does not answer yet; `version` does until then. */
  next?: { version: number; state: VariantState; problem?: string | null } | null;
}

export interface EndpointVariant extends Meaning {
  weight: number;
  /** 0 to 1. */
  share: number;
  counts: VariantCounts;
}

export interface EndpointShadow extends Meaning {
  /** Of how many requests it gets a copy, 0 to 1. */
  fraction: number;
  counts: VariantCounts;
}

export interface Endpoint {
  name: string;
  model: string;
  revision: number;
  createdAt: string;
  changedAt: string;
  takesImages: boolean;
  labels?: string[] | null;
  variants: EndpointVariant[];
  shadows: EndpointShadow[];
  stickyHeader?: string | null;
  rollout?: Rollout | null;
  url: string;
  /** Whether the version that answers most was trained on drawn pictures; null where that is not known. */
  synthetic?: boolean | null;
}

export interface Window extends VariantCounts {
  /** When its ten seconds began. */
  start: string;
}

export interface EndpointWindows {
  variants: { name: string; windows: Window[] }[];
}

export type RolloutStatus = "running" | "paused" | "promoting" | "finished" | "rolled_back" | "aborted";
export type RolloutMetric = "errors" | "slow_answers" | "negative_feedback" | "disagreement";

/** Cases, the bad ones of them, and their share. */
export interface RolloutArm {
  n: number;
  k: number;
  rate?: number | null;
}

export interface RolloutTest {
  metric: RolloutMetric;
  control: RolloutArm;
  canary: RolloutArm;
  margin: number;
  slowerThanMs?: number | null;
  isGuardOnly?: boolean;
  /** The e-value against: the canary keeps its margin. */
  eRollback: number;
  /** The greatest e-value so far against: it does not. */
  eAdvance: number;
  needed: number;
  verdict: "harm" | "safe" | "open";
}

export interface Rollout {
  id: number;
  endpoint: string;
  status: RolloutStatus;
  canary: string;
  canaryVersion?: number | null;
  control: string;
  /** From 0. */
  stage: number;
  /** The canary's shares in percent. */
  stages: number[];
  startedAt: string;
  stageStartedAt: string;
  pausedAt?: string | null;
  endedAt?: string | null;
  isExpired?: boolean;
  reason?: string | null;
  minSamplesPerStage: number;
  maxStageMinutes: number;
  alpha: number;
  onSuccess: "promote_champion" | "keep_canary";
  onExpiry: "hold" | "roll_back";
  controlRequests: number;
  canaryRequests: number;
  tests: RolloutTest[];
}

/** A split as the ledger keeps it. */
export interface LedgerRoute {
  variants: { name: string; target: Target; weight: number }[];
  shadows: { name: string; target: Target; fraction: number }[];
  stickyHeader?: string | null;
}

export interface EndpointLedgerEntry {
  number: number;
  at: string;
  who: string;
  kind: string;
  reason: string;
  from?: LedgerRoute | null;
  to?: LedgerRoute | null;
  verdict?: Record<string, unknown> | null;
}

export interface EndpointPrediction {
  predictionId: string;
  at: string;
  variant?: string | null;
  version?: number | null;
  protocol?: string | null;
  caller?: string | null;
  latencyMs: number;
  status: number;
  error?: string | null;
  label?: string | null;
  probability?: number | null;
  outputs?: unknown;
  isShadow: boolean;
  shadowOf?: string | null;
}

export interface ServedTensor {
  name: string;
  /** By the Open Inference Protocol. */
  datatype: string;
  /** −1 for any length. */
  shape: number[];
}

export interface ServedModel {
  name: string;
  versions: {
    version: number;
    state: "start" | "loading" | "available" | "unloading" | "end";
    error?: string | null;
    inputs: ServedTensor[];
    outputs: ServedTensor[];
    labels?: string[] | null;
  }[];
  aliases: Record<string, number>;
  default?: number | null;
}

/** An instance of a remote cluster. */
export interface RemoteInstance {
  /** The cluster's. */
  name: string;
  url: string;
  isHealthy: boolean;
  /** Until when it is left out since it stood out from the others; null where it is not. */
  ejectedUntil?: string | null;
  inFlight: number;
  requests: number;
  failures: number;
  p50Ms?: number | null;
  /** Why it is not asked at the moment; null where it is. */
  problem?: string | null;
  /** How many requests to the whole cluster may be sent again at this moment. */
  retriesLeft: number;
}

/** What an endpoint says of one picture. */
export interface PictureAnswer {
  endpoint: string;
  model: string;
  model_version: string;
  variant: string;
  prediction_id: string;
  label: string;
  probability: number;
  scores: Record<string, number>;
  timings: { fetch_ms: number; decode_ms: number; queue_ms: number; compute_ms: number };
  total_ms: number;
}
