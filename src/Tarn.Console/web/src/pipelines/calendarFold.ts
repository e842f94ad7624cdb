import type { CalendarDay } from "../api/types";

export interface MonthOfDays {
  month: number;
  name: string;
  /** Weeks from Monday to Sunday; null where the day belongs to another month. */
  weeks: (string | null)[][];
}

const names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const two = (value: number): string => String(value).padStart(2, "0");

/** The months of a year with their days, as ISO dates. */
export function monthsOf(year: number): MonthOfDays[] {
  return names.map((name, month) => {
    const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const lead = (new Date(Date.UTC(year, month, 1)).getUTCDay() + 6) % 7;
    const cells: (string | null)[] = [...Array<null>(lead).fill(null), ...Array.from({ length: days }, (_, day) => `${year}-${two(month + 1)}-${two(day + 1)}`)];
    while (cells.length % 7 !== 0) cells.push(null);
    const weeks = Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
    return { month: month + 1, name, weeks };
  });
}

/** What a day's cell shows: the shares of what ended, in hundredths from below; what failed is never too small to see. */
export interface DayCell {
  tone: "empty" | "good" | "bad" | "mixed" | "part" | "missing" | "future";
  success: number;
  failed: number;
  text: string;
}

const leastShare = 18;

/** One day's counts as a cell. Pure. */
export function dayCell(day: CalendarDay | undefined): DayCell {
  if (day === undefined || day.total === 0) return { tone: "empty", success: 0, failed: 0, text: "no intervals" };
  const open = day.notEnded ?? 0;
  const said = ([[day.success, "succeeded"], [day.failed, "failed"], [day.cancelled, "cancelled"], [day.none, "without a run"], [open, "not ended yet"]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toLocaleString("en")} ${word}`);
  const text = `${day.total.toLocaleString("en")} ${day.total === 1 ? "interval" : "intervals"}: ${said.join(", ")}`;
  const ended = day.total - open;
  if (ended === 0) return { tone: "future", success: 0, failed: 0, text };
  const failed = day.failed === 0 ? 0 : Math.max(leastShare, Math.round((day.failed / ended) * 100));
  const success = Math.min(100 - failed, Math.round((day.success / ended) * 100));
  const tone = day.failed > 0 ? (day.success > 0 ? "mixed" : "bad") : day.success === ended ? "good" : day.success > 0 ? "part" : "missing";
  return { tone, success, failed, text };
}

/** The counts of all days in sum. */
export function sumDays(days: readonly CalendarDay[]): CalendarDay {
  const sum: CalendarDay = { date: "", total: 0, success: 0, failed: 0, cancelled: 0, none: 0, notEnded: 0 };
  for (const day of days) {
    sum.total += day.total;
    sum.success += day.success;
    sum.failed += day.failed;
    sum.cancelled += day.cancelled;
    sum.none += day.none;
    sum.notEnded = (sum.notEnded ?? 0) + (day.notEnded ?? 0);
  }
  return sum;
}

/** The date so many days on. */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
