import type { RunSummary, ServerEvents } from "./types";

export type Connection = "connecting" | "open" | "reconnecting";

/** One line of the activity feed. */
export interface Activity {
  id: number;
  at: string;
  kind: "run" | "commit" | "topic";
  /** What happened, in words: "succeeded", "merged", "grew to". */
  verb: string;
  subject: string;
  href: string;
  detail: string;
  state?: RunSummary["state"];
  /** How many events this line stands for. */
  count: number;
}

export interface LiveState {
  connection: Connection;
  /** How often the stream was opened: a view that was open before must ask anew after the second. */
  opened: number;
  lastEventAt: string | null;
  activity: readonly Activity[];
  next: number;
}

export type LiveAction =
  | { type: "opened" }
  | { type: "lost" }
  | { [K in keyof ServerEvents]: { type: "event"; name: K; data: ServerEvents[K]; at: string } }[keyof ServerEvents];

export const initialLive: LiveState = { connection: "connecting", opened: 0, lastEventAt: null, activity: [], next: 1 };

/** The feed keeps no more than this many lines. */
export const activityLimit = 60;

const runVerbs: Record<RunSummary["state"], string> = {
  queued: "queued",
  running: "started",
  success: "succeeded",
  failed: "failed",
  cancelled: "was cancelled",
};

/** "catch_up" and "CatchUp" → "catch-up". */
export const triggerWords = (trigger: string): string => trigger.replace(/([a-z])([A-Z])/g, "$1-$2").replace(/_/g, "-").toLowerCase();

const enc = encodeURIComponent;

function lineOf(action: Extract<LiveAction, { type: "event" }>): Omit<Activity, "id" | "count"> | null {
  switch (action.name) {
    case "run": {
      const run = action.data;
      return {
        at: run.endedAt ?? run.startedAt ?? run.queuedAt ?? action.at,
        kind: "run",
        verb: runVerbs[run.state] ?? run.state,
        subject: run.pipeline,
        href: `/runs/${enc(run.id)}`,
        detail: triggerWords(run.trigger),
        state: run.state,
      };
    }
    case "commit": {
      const commit = action.data;
      return {
        at: commit.timestamp,
        kind: "commit",
        verb: commit.operation.toLowerCase(),
        subject: commit.table,
        href: `/tables/${enc(commit.table)}?tab=history`,
        detail: `version ${commit.version}`,
      };
    }
    case "topic":
      return {
        at: action.at,
        kind: "topic",
        verb: "appended",
        subject: action.data.name,
        href: `/topics/${enc(action.data.name)}`,
        detail: `partition ${action.data.partition} at ${action.data.high}`,
      };
    default:
      return null;
  }
}

/** Commits and appends that say the same of the same subject within this time become one line with a count. */
const foldMs = 60_000;

function folds(line: Omit<Activity, "id" | "count">, earlier: Activity): boolean {
  // A run stands in one line, which tells its newest state.
  if (line.kind === "run") return earlier.href === line.href;
  return (
    earlier.kind === line.kind &&
    earlier.subject === line.subject &&
    earlier.verb === line.verb &&
    Math.abs(Date.parse(line.at) - Date.parse(earlier.at)) < foldMs
  );
}

/** Folds one happening on the event stream into what the console shows of it. Pure. */
export function reduceLive(state: LiveState, action: LiveAction): LiveState {
  if (action.type === "opened") return { ...state, connection: "open", opened: state.opened + 1 };
  if (action.type === "lost") return state.connection === "reconnecting" ? state : { ...state, connection: "reconnecting" };
  const line = lineOf(action);
  if (line === null) return { ...state, lastEventAt: action.at };
  const at = state.activity.slice(0, 12).findIndex((earlier) => folds(line, earlier));
  const earlier = state.activity[at];
  const entry: Activity = { ...line, id: earlier?.id ?? state.next, count: line.kind === "run" ? 1 : (earlier?.count ?? 0) + 1 };
  const rest = earlier === undefined ? state.activity : state.activity.filter((other) => other !== earlier);
  return { ...state, lastEventAt: action.at, next: state.next + 1, activity: [entry, ...rest].slice(0, activityLimit) };
}

/** The query keys that an event makes stale, each a prefix. */
export function staleKeys(action: Extract<LiveAction, { type: "event" }>): readonly (readonly string[])[] {
  switch (action.name) {
    case "run":
      return [["pipelines"], ["runs"], ["run", action.data.id], ["grid", action.data.pipeline], ["intervals", action.data.pipeline], ["repairs", action.data.pipeline], ["backfills"]];
    case "attempt":
      return [["run", action.data.runId], ["logs", action.data.runId], ...(action.data.pipeline === undefined ? [] : [["grid", action.data.pipeline]])];
    case "commit":
      // A dataset is three tables: its images, what was kept out, and who judged by it.
      return [["tables"], ["table", action.data.table], ["datasets"], ["dataset", action.data.table.replace(/_(quarantine|test_uses)$/, "")]];
    case "topic":
      return [["topics"], ["topic", action.data.name]];
    case "pipeline":
      return [["pipelines"]];
    case "status":
      return [["status"]];
    case "model":
      return [["models"], ["served"], ["endpoints"]];
    case "endpoint":
      return [["endpoints"], ["remotes"]];
    case "resync":
      return [[]];
  }
}
