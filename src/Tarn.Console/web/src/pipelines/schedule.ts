import type { Pipeline } from "../api/types";

/** Why there is no next run, or that there is one. */
export function nextRunText(pipeline: Pick<Pipeline, "paused" | "schedule" | "nextRun">): string {
  if (pipeline.paused) return "paused";
  if (!pipeline.schedule) return "on demand only";
  return pipeline.nextRun ? "scheduled" : "none";
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const dayNames: Record<string, number> = { SUN: 0, MON: 1, TUE: 2, WED: 3, THU: 4, FRI: 5, SAT: 6 };
const macros: Record<string, string> = { "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *" };

const whole = (text: string): number | null => (/^\d+$/.test(text) ? Number(text) : null);
const every = (text: string): number | null => (/^\*\/\d+$/.test(text) ? Number(text.slice(2)) : null);
const two = (value: number): string => String(value).padStart(2, "0");
const listed = (items: readonly string[]): string => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

function weekday(text: string): string | null {
  const number = whole(text) ?? dayNames[text.toUpperCase()] ?? null;
  return number === null ? null : (days[number % 7] ?? null);
}

function weekdays(text: string): string | null {
  if (/^(1-5|mon-fri)$/i.test(text)) return "on weekdays";
  const range = /^(\w+)-(\w+)$/.exec(text);
  if (range !== null) {
    const [from, to] = [weekday(range[1] ?? ""), weekday(range[2] ?? "")];
    return from === null || to === null ? null : `from ${from} to ${to}`;
  }
  const each = text.split(",").map(weekday);
  return each.some((day) => day === null) ? null : `on ${listed(each.map((day) => `${day}s`))}`;
}

/** "1st", "22nd", "13th". */
export function ordinal(value: number): string {
  const teen = value % 100 >= 11 && value % 100 <= 13;
  return `${value}${teen ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th")}`;
}

/** A schedule in words where it is a usual one: "15 6 * * 1-5" → "at 06:15 on weekdays". Null where the words would be longer than the expression says itself. Pure. */
export function scheduleWords(schedule: string | null | undefined): string | null {
  if (!schedule) return "on demand";
  const cron = (macros[schedule.trim()] ?? schedule).trim().split(/\s+/);
  if (cron.length !== 5 || /[a-z]/i.test(cron[0] ?? "")) return null;
  const [minute, hour, day, month, dayOfWeek] = cron as [string, string, string, string, string];
  const when = timeOfDay(minute, hour);
  if (when === null || month !== "*") return null;
  if (day === "*" && dayOfWeek === "*") return when.repeats ? when.text : `every day ${when.text}`;
  if (day === "*") {
    const on = weekdays(dayOfWeek);
    return on === null ? null : `${when.text} ${on}`;
  }
  const number = whole(day);
  return number === null || dayOfWeek !== "*" ? null : `${when.text} on the ${ordinal(number)} of each month`;
}

function timeOfDay(minute: string, hour: string): { text: string; repeats: boolean } | null {
  const [m, h] = [whole(minute), whole(hour)];
  if (minute === "*" && hour === "*") return { text: "every minute", repeats: true };
  const step = every(minute);
  if (step !== null && hour === "*") return { text: step === 1 ? "every minute" : `every ${step} minutes`, repeats: true };
  if (m === null) return null;
  if (hour === "*") return { text: m === 0 ? "every hour" : `every hour at minute ${m}`, repeats: true };
  const hours = every(hour);
  if (hours !== null) return { text: `every ${hours} hours${m === 0 ? "" : ` at minute ${m}`}`, repeats: true };
  if (h !== null) return { text: `at ${two(h)}:${two(m)}`, repeats: false };
  const list = hour.split(",").map(whole);
  return list.some((one) => one === null) ? null : { text: `at ${listed(list.map((one) => `${two(one ?? 0)}:${two(m)}`))}`, repeats: false };
}
