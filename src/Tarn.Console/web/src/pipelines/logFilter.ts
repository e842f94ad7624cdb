import type { LogLine } from "../api/types";

export interface LineFilter {
  /** A task's name; the calls of a mapped task are its lines as well. */
  task: string | null;
  attempt: number | null;
  /** The least level. */
  level: string | null;
  text: string;
}

const levels = ["trace", "debug", "information", "warning", "error", "critical"];

const rank = (level: string): number => Math.max(0, levels.findIndex((one) => level.toLowerCase().startsWith(one.slice(0, 4))));

export const levelChoices = [
  { value: "debug", label: "Debug and up" },
  { value: "information", label: "Information and up" },
  { value: "warning", label: "Warnings and up" },
  { value: "error", label: "Errors" },
];

/** Whether a line is to be shown. Pure. */
export function matches(line: LogLine, filter: LineFilter): boolean {
  if (filter.task !== null && line.task !== filter.task && !line.task.startsWith(`${filter.task}[`)) return false;
  if (filter.attempt !== null && line.attempt !== filter.attempt) return false;
  if (filter.level !== null && rank(line.level) < rank(filter.level)) return false;
  if (filter.text === "") return true;
  const wanted = filter.text.toLowerCase();
  const said = [line.message, line.exception, line.category, ...Object.entries(line.fields ?? {}).map(([name, value]) => `${name}=${value ?? ""}`)];
  return said.some((part) => part?.toLowerCase().includes(wanted) ?? false);
}
