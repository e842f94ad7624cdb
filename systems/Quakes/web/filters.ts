import type { Sort } from "@tarn/console";
import { regionOf, type Quake } from "./quake";

export const presets = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 } as const;
export type Range = keyof typeof presets | "custom";

export const lowestMagnitude = -1;
export const highestMagnitude = 9.5;

/** What the page shows. All of it stands in the address. */
export interface Filters {
  range: Range;
  /** Of a custom range; null where it is open. */
  from: string | null;
  to: string | null;
  min: number | null;
  max: number | null;
  type: string | null;
  region: string | null;
  text: string;
  deleted: boolean;
  /** Show what was known at this instant; null for now. */
  at: string | null;
}

const instant = (text: string | null): string | null => (text === null || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString());

function magnitude(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) && value > lowestMagnitude && value < highestMagnitude ? value : null;
}

/** Reads the address; what cannot be read counts as not said. Pure. */
export function parseFilters(url: URLSearchParams): Filters {
  const from = instant(url.get("from"));
  const to = instant(url.get("to"));
  const range = url.get("range");
  return {
    range: from !== null || to !== null ? "custom" : range !== null && range in presets ? (range as Range) : "7d",
    from,
    to,
    min: magnitude(url.get("min")),
    max: magnitude(url.get("max")),
    type: url.get("type"),
    region: url.get("region"),
    text: url.get("q") ?? "",
    deleted: url.get("deleted") === "1",
    at: instant(url.get("at")),
  };
}

/** The bounds in time of a range at an instant. A view of a past that lies before the range takes the range with it. Pure. */
export function bounds(filters: Pick<Filters, "range" | "from" | "to" | "at">, now: number): { from: number; to: number } {
  if (filters.range === "custom") {
    const to = filters.to === null ? now : Date.parse(filters.to);
    return { from: filters.from === null ? to - presets["7d"] : Date.parse(filters.from), to };
  }
  const length = presets[filters.range];
  const at = filters.at === null ? now : Date.parse(filters.at);
  return at < now - length ? { from: at - length, to: at } : { from: now - length, to: now };
}

/** What is left of the events after all filters but those in time. Pure. */
export function applyFilters(events: readonly Quake[], filters: Pick<Filters, "min" | "max" | "type" | "region" | "text">): Quake[] {
  const words = filters.text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return events.filter((quake) => {
    if (filters.min !== null && (quake.mag === null || quake.mag < filters.min)) return false;
    if (filters.max !== null && (quake.mag === null || quake.mag > filters.max)) return false;
    if (filters.type !== null && quake.eventType !== filters.type) return false;
    if (filters.region !== null && regionOf(quake.place) !== filters.region) return false;
    if (words.length === 0) return true;
    const text = `${quake.title ?? ""} ${quake.place ?? ""} ${quake.id} ${quake.net ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** The values that events have of something, the most frequent first, each with its count. Pure. */
export function choices(events: readonly Quake[], of: (quake: Quake) => string | null): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const quake of events) {
    const value = of(quake);
    if (value !== null && value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}

const keys: Record<string, (quake: Quake) => string | number | null> = {
  time: (quake) => quake.time,
  updated: (quake) => quake.updated,
  mag: (quake) => quake.mag,
  depth: (quake) => quake.depthKm,
  place: (quake) => quake.place,
  type: (quake) => quake.eventType,
  status: (quake) => quake.status,
  revisions: (quake) => quake.revisions,
};

/** Sorted by a column; what has no value stands last, ties by time and id, so that the order is always the same. Pure. */
export function sorted(events: readonly Quake[], sort: Sort): Quake[] {
  const key = keys[sort.by] ?? keys["time"]!;
  const sign = sort.descending ? -1 : 1;
  return [...events].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === null || right === null) {
      if (left !== right) return left === null ? 1 : -1;
    } else if (left !== right) return (left < right ? -1 : 1) * sign;
    return a.time < b.time ? 1 : a.time > b.time ? -1 : a.id < b.id ? -1 : 1;
  });
}
