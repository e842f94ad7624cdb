import type { Run, RunTask } from "../api/types";
import { dateTime, type Zone } from "../format/time";

/** What a part of a lane stands for. "queued": waits for a slot, "delay": until the next attempt, "calls": of a mapped task, from its first call to its last. */
export type PartKind = "queued" | "delay" | "running" | "calls";

export interface Part {
  kind: PartKind;
  from: number;
  to: number;
  /** The state of the attempt, for a running part. */
  state: string;
  attempt: number;
}

export interface Lane {
  name: string;
  task: string;
  state: string;
  parts: Part[];
}

const at = (time: string | null | undefined): number | null => (time ? Date.parse(time) : null);

/** When each task had ended: its last attempt, or that of its calls; for one that never ran, when those before it had. */
function endsOf(tasks: ReadonlyMap<string, readonly RunTask[]>): (name: string) => number {
  const known = new Map<string, number>();
  const end = (name: string): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, 0);
    const [own, ...calls] = tasks.get(name) ?? [];
    const ends = [own, ...calls].flatMap((task) => at(task?.attempts.at(-1)?.endedAt) ?? []);
    const found = (ends.length > 0 ? ends : (own?.after ?? []).map(end)).reduce((a, b) => Math.max(a, b), 0);
    known.set(name, found);
    return found;
  };
  return end;
}

/** The attempts of each task as parts of time. Calls of mapped tasks have lanes of their own under their task's; tasks that never ran have an empty one. */
export function lanesOf(run: Pick<Run, "queuedAt" | "startedAt" | "tasks">, now: number): Lane[] {
  const own = run.tasks.filter((task) => !task.mappedTask);
  // A mapped task, and its calls: together they say when what comes after it could start.
  const tasks = new Map<string, RunTask[]>(own.map((task) => [task.name, [task]]));
  for (const task of run.tasks) if (task.mappedTask) tasks.get(task.mappedTask)?.push(task);
  const begun = at(run.startedAt) ?? at(run.queuedAt) ?? now;
  const end = endsOf(tasks);
  return own.flatMap((task) => {
    const ready = Math.max(begun, ...task.after.map(end));
    const calls = (tasks.get(task.name) ?? []).slice(1).map((call) => laneOf(call, ready, now));
    const lane = laneOf(task, ready, now);
    return [calls.length === 0 ? lane : { ...lane, parts: around(calls, lane.state) }, ...calls];
  });
}

/** A mapped task's own lane: from its first call's start to its last one's end. */
function around(calls: readonly Lane[], state: string): Part[] {
  const ran = calls.flatMap((lane) => lane.parts).filter((part) => part.kind === "running");
  if (ran.length === 0) return [];
  return [{ kind: "calls", from: ran.reduce((a, part) => Math.min(a, part.from), Infinity), to: ran.reduce((a, part) => Math.max(a, part.to), 0), state, attempt: 1 }];
}

function laneOf(task: RunTask, ready: number, now: number): Lane {
  const parts: Part[] = [];
  let before: number | null = null;
  for (const attempt of task.attempts) {
    const from = at(attempt.startedAt);
    if (from === null) continue;
    const to = at(attempt.endedAt) ?? Math.max(now, from);
    const since = before ?? ready;
    if (from > since) parts.push({ kind: before === null ? "queued" : "delay", from: since, to: from, state: "queued", attempt: attempt.number });
    parts.push({ kind: "running", from, to, state: attempt.state, attempt: attempt.number });
    before = to;
  }
  if (before === null && task.state === "queued") parts.push({ kind: "queued", from: Math.min(ready, now), to: now, state: "queued", attempt: 1 });
  if (before !== null && (task.state === "up_for_retry" || task.state === "deferred") && now > before) parts.push({ kind: "delay", from: before, to: now, state: "queued", attempt: task.attempts.length + 1 });
  return { name: task.name, task: task.mappedTask ?? task.name, state: task.state ?? "none", parts };
}

export interface Scale {
  from: number;
  to: number;
  ticks: { at: number; text: string }[];
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, second, 2 * second, 5 * second, 10 * second, 15 * second, 30 * second, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day];

/** The span of time that is shown, and the round times in it: at most so many. */
export function scaleOf(from: number, to: number, most: number, zone: Zone): Scale {
  const end = Math.max(to, from + 1);
  const step = steps.find((one) => (end - from) / one <= most) ?? Math.ceil((end - from) / most / day) * day;
  // Round in the zone that is shown: its hours and days need not be UTC's.
  const shift = zone === "local" ? -new Date(from).getTimezoneOffset() * minute : 0;
  const ticks: Scale["ticks"] = [];
  for (let tick = Math.ceil((from + shift) / step) * step - shift; tick <= end; tick += step) ticks.push({ at: tick, text: tickText(tick, step, zone) });
  return { from, to: end, ticks };
}

function tickText(at: number, step: number, zone: Zone): string {
  const text = dateTime(at, zone, true);
  if (step < second) return text.slice(17);
  if (step < minute) return text.slice(11, 19);
  return step < day ? text.slice(11, 16) : text.slice(5, 10);
}

/** Where an instant lies, in hundredths of the width. */
export const share = (scale: Pick<Scale, "from" | "to">, instant: number): number => Math.min(100, Math.max(0, ((instant - scale.from) / (scale.to - scale.from)) * 100));

/** From the first that happened to the last, or to now while it is under way. */
export function spanOf(run: Pick<Run, "queuedAt" | "startedAt" | "endedAt">, lanes: readonly Lane[], now: number): [from: number, to: number] {
  const starts = [at(run.startedAt) ?? at(run.queuedAt) ?? now];
  const ends = [at(run.endedAt) ?? now];
  for (const lane of lanes) {
    for (const part of lane.parts) {
      starts.push(part.from);
      ends.push(part.to);
    }
  }
  return [starts.reduce((a, b) => Math.min(a, b)), ends.reduce((a, b) => Math.max(a, b))];
}
