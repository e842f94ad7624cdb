import { none } from "./numbers";

/** How times are written: as UTC, or in the browser's own zone. */
export type Zone = "utc" | "local";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const two = (value: number): string => String(value).padStart(2, "0");

/** The calendar's fields of an instant in a zone. */
function fields(at: Date, zone: Zone): { date: string; time: string; milliseconds: string } {
  const utc = zone === "utc";
  return {
    date: `${utc ? at.getUTCFullYear() : at.getFullYear()}-${two((utc ? at.getUTCMonth() : at.getMonth()) + 1)}-${two(utc ? at.getUTCDate() : at.getDate())}`,
    time: `${two(utc ? at.getUTCHours() : at.getHours())}:${two(utc ? at.getUTCMinutes() : at.getMinutes())}:${two(utc ? at.getUTCSeconds() : at.getSeconds())}`,
    milliseconds: String(utc ? at.getUTCMilliseconds() : at.getMilliseconds()).padStart(3, "0"),
  };
}

const valid = (value: string | number | Date | null | undefined): Date | null => {
  if (value === null || value === undefined || value === "") return null;
  const at = value instanceof Date ? value : new Date(value);
  return Number.isNaN(at.getTime()) ? null : at;
};

/** "2026-11-22 08:57:03", with ".123" where asked for. */
export function dateTime(value: string | number | Date | null | undefined, zone: Zone, milliseconds = false): string {
  const at = valid(value);
  if (at === null) return none;
  const part = fields(at, zone);
  return `${part.date} ${part.time}${milliseconds ? `.${part.milliseconds}` : ""}`;
}

/** "08:57:03", or with the date before it where that is not today's. */
export function clock(value: string | number | Date | null | undefined, zone: Zone, now: number): string {
  const at = valid(value);
  if (at === null) return none;
  const part = fields(at, zone);
  return part.date === fields(new Date(now), zone).date ? part.time : `${part.date.slice(5)} ${part.time.slice(0, 5)}`;
}

/** "40 s ago", "in 3 min", "2 d ago"; "now" within two seconds. */
export function ago(value: string | number | Date | null | undefined, now: number): string {
  const at = valid(value);
  if (at === null) return none;
  const distance = now - at.getTime();
  const size = Math.abs(distance);
  if (size < 2 * second) return "now";
  const words =
    size < 90 * second ? `${Math.round(size / second)} s`
    : size < 90 * minute ? `${Math.round(size / minute)} min`
    : size < 36 * hour ? `${Math.round(size / hour)} h`
    : size < 60 * day ? `${Math.round(size / day)} d`
    : `${Math.round(size / (30.44 * day))} months`;
  return distance >= 0 ? `${words} ago` : `in ${words}`;
}

/** 840 → "840 ms", 61,000 → "1 min 1 s". */
export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return none;
  if (milliseconds < second) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10 * second) return `${(milliseconds / second).toFixed(1)} s`;
  if (milliseconds < minute) return `${Math.round(milliseconds / second)} s`;
  if (milliseconds < hour) return joined(Math.floor(milliseconds / minute), "min", Math.round((milliseconds % minute) / second), "s");
  if (milliseconds < day) return joined(Math.floor(milliseconds / hour), "h", Math.round((milliseconds % hour) / minute), "min");
  return joined(Math.floor(milliseconds / day), "d", Math.round((milliseconds % day) / hour), "h");
}

const joined = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** A .NET time span ("7.00:00:00") or a number of seconds, in words. Other text is given back as it is. */
export function span(value: unknown): string {
  if (value === null || value === undefined || value === "") return "kept for ever";
  if (typeof value === "number") return duration(value * second);
  const text = String(value);
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?$/.exec(text);
  if (match === null) return text;
  return duration(Number(match[1] ?? 0) * day + Number(match[2]) * hour + Number(match[3]) * minute + Number(match[4]) * second);
}

/** The text of a datetime-local input for an instant. */
export function toInput(value: string | number | null | undefined, zone: Zone): string {
  const at = valid(value);
  if (at === null) return "";
  const part = fields(at, zone);
  return `${part.date}T${part.time}`;
}

/** The instant that a datetime-local input means, as ISO in UTC; null where it is empty or no time. */
export function fromInput(text: string, zone: Zone): string | null {
  if (text === "") return null;
  const at = new Date(zone === "utc" ? `${text}Z` : text);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}
