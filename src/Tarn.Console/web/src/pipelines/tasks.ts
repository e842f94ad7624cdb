import type { AttemptState, GridCell, RunTask, TaskKind } from "../api/types";

export type TaskState = AttemptState | "none";

/** How many tasks, or calls of one, are in each state. */
export type StateCounts = Record<string, number>;

/** What is said of a task of a run, with the calls of a mapped one in sum. */
export interface TaskView {
  name: string;
  after: readonly string[];
  kind: TaskKind;
  /** The group that it is in, such as "load.checks"; null for none. */
  group: string | null;
  state: TaskState;
  durationMs: number | null;
  attempts: number;
  note: string | null;
  retryAt: string | null;
  calls: StateCounts | null;
  subRun: string | null;
  subPipeline: string | null;
}

/** "load.checks.rows[3]" → "load.checks"; null for a task of no group. */
export function groupOf(name: string): string | null {
  const plain = name.split("[")[0] ?? name;
  const dot = plain.lastIndexOf(".");
  return dot < 0 ? null : plain.slice(0, dot);
}

/** The name within its group. */
export const shortName = (name: string, group: string | null): string => (group !== null && name.startsWith(`${group}.`) ? name.slice(group.length + 1) : name);

/** "load" and the groups around it, the outermost first: "a.b.c" → ["a", "a.b", "a.b.c"]. */
export function ancestors(group: string | null): string[] {
  if (group === null || group === "") return [];
  const parts = group.split(".");
  return parts.map((_, index) => parts.slice(0, index + 1).join("."));
}

/** What counts first where tasks are seen together: what is wrong, then what is under way. */
const order: readonly string[] = ["failed", "upstream_failed", "running", "up_for_retry", "deferred", "queued", "cancelled", "success", "skipped", "none"];

/** The state in which many are seen as one. */
export function summed(counts: StateCounts): TaskState {
  const present = Object.entries(counts).filter(([, count]) => count > 0).map(([state]) => state);
  return (order.find((state) => present.includes(state)) ?? "none") as TaskState;
}

export function countStates(states: Iterable<string>): StateCounts {
  const counts: StateCounts = {};
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** "3 of 5" where not all calls have ended in success, else "5". */
export function callsText(calls: StateCounts): string {
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const done = calls["success"] ?? 0;
  return done === all ? String(all) : `${done} of ${all}`;
}

const isCall = (task: RunTask): boolean => task.mappedTask !== undefined && task.mappedTask !== null;

function callsOf(tasks: readonly RunTask[]): ReadonlyMap<string, RunTask[]> {
  const calls = new Map<string, RunTask[]>();
  for (const task of tasks) {
    if (!isCall(task)) continue;
    const of = calls.get(task.mappedTask ?? "") ?? [];
    of.push(task);
    calls.set(task.mappedTask ?? "", of);
  }
  return calls;
}

/** The tasks in their order, the calls of a mapped one behind it. */
export function withCalls(tasks: readonly RunTask[]): RunTask[] {
  const calls = callsOf(tasks);
  return tasks.filter((task) => !isCall(task)).flatMap((task) => [task, ...(calls.get(task.name) ?? [])]);
}

const spent = (task: Pick<RunTask, "attempts">): number | null => {
  const times = task.attempts.flatMap((attempt) => (attempt.durationMs === null || attempt.durationMs === undefined ? [] : [attempt.durationMs]));
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0);
};

/** From when the first call started to when the last ended. */
function spanOf(calls: readonly RunTask[]): number | null {
  const attempts = calls.flatMap((call) => call.attempts);
  const starts = attempts.flatMap((attempt) => (attempt.startedAt ? [Date.parse(attempt.startedAt)] : []));
  const ends = attempts.flatMap((attempt) => (attempt.endedAt ? [Date.parse(attempt.endedAt)] : []));
  return starts.length === 0 || ends.length < starts.length ? null : ends.reduce((a, b) => Math.max(a, b)) - starts.reduce((a, b) => Math.min(a, b));
}

/** The tasks of a run without the calls of the mapped ones, which are counted in theirs. */
export function foldTasks(tasks: readonly RunTask[], defined: readonly { name: string; group?: string | null; subPipeline?: string | null }[] = []): TaskView[] {
  const calls = callsOf(tasks);
  const definitions = new Map(defined.map((task) => [task.name, task]));
  return tasks.filter((task) => !isCall(task)).map((task) => {
    const own = calls.get(task.name);
    return {
      name: task.name,
      after: task.after,
      kind: task.kind ?? "task",
      group: definitions.get(task.name)?.group ?? groupOf(task.name),
      state: task.state ?? "none",
      durationMs: own === undefined ? spent(task) : spanOf(own),
      attempts: own === undefined ? task.attempts.length : own.reduce((sum, call) => sum + call.attempts.length, 0),
      note: task.note ?? null,
      retryAt: task.retryAt ?? null,
      calls: own === undefined ? null : countStates(own.map((call) => call.state ?? "none")),
      subRun: task.subRun ?? null,
      subPipeline: definitions.get(task.name)?.subPipeline ?? null,
    };
  });
}

/** The kinds as the console names them. */
export const kindWords: Record<TaskKind, string> = {
  task: "",
  mapped: "mapped",
  branch: "branch",
  short_circuit: "short circuit",
  sensor: "sensor",
  sub_pipeline: "sub-pipeline",
  setup: "setup",
  teardown: "teardown",
};

/** A row of the grid: a group, or a task in it. */
export interface GridRow {
  key: string;
  text: string;
  depth: number;
  /** The tasks that it stands for; one for a task's own row. */
  tasks: readonly string[];
  group: boolean;
  kind: TaskKind;
}

/** The tasks as rows: a group's heading before its tasks, where the group is not closed; a group in a closed one is not shown. */
export function gridRows(tasks: readonly { name: string; kind?: TaskKind | null; group?: string | null }[], closed: ReadonlySet<string>): GridRow[] {
  const rows: GridRow[] = [];
  const headed = new Set<string>();
  const of = (task: { name: string; group?: string | null }): string[] => ancestors(task.group ?? groupOf(task.name));
  const done = new Set<string>();
  const under = (group: string): typeof tasks => tasks.filter((task) => of(task).includes(group));
  const walk = (some: typeof tasks, depth: number): void => {
    for (const task of some) {
      if (done.has(task.name)) continue;
      const group = of(task)[depth];
      if (group === undefined) {
        done.add(task.name);
        rows.push({ key: task.name, text: shortName(task.name, task.group ?? groupOf(task.name)), depth, tasks: [task.name], group: false, kind: task.kind ?? "task" });
      } else if (!headed.has(group)) {
        headed.add(group);
        const inside = under(group);
        rows.push({ key: `${group}.*`, text: shortName(group, groupOf(group)), depth, tasks: inside.map((one) => one.name), group: true, kind: "task" });
        if (!closed.has(group)) walk(inside, depth + 1);
        for (const one of inside) done.add(one.name);
      }
    }
  };
  walk(tasks, 0);
  return rows;
}

/** Several cells of a run as one: the state that counts first, the span of their times, their attempts and calls in sum. */
export function sumCells(name: string, cells: readonly GridCell[]): GridCell {
  const starts = cells.flatMap((cell) => (cell.startedAt ? [cell.startedAt] : []));
  const ends = cells.flatMap((cell) => (cell.endedAt ? [cell.endedAt] : []));
  const first = starts.length === 0 ? null : starts.reduce((a, b) => (a < b ? a : b));
  const last = ends.length === 0 || ends.length < starts.length ? null : ends.reduce((a, b) => (a > b ? a : b));
  return {
    name,
    state: summed(countStates(cells.map((cell) => cell.state))),
    attempts: cells.reduce((sum, cell) => sum + cell.attempts, 0),
    startedAt: first,
    endedAt: last,
    durationMs: first === null || last === null ? null : Date.parse(last) - Date.parse(first),
    calls: countStates(cells.map((cell) => cell.state)),
  };
}
