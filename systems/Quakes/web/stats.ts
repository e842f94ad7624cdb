import type { Quake } from "./quake";

const hour = 3_600_000;
const day = 24 * hour;

/** A longer range is counted by day: more bars than this cannot be told apart. */
const mostBars = 1_500;

export interface Timeline {
  /** The width of a bar in milliseconds: an hour, or a day for long ranges. */
  step: number;
  /** Start of each bar and how many events fall into it; none is left out. */
  bars: readonly (readonly [start: number, events: number])[];
  /** The index of the highest bar, the latest of equals; -1 where there is no event. */
  highest: number;
}

/** Events per hour between two instants. Pure. */
export function timeline(events: readonly Quake[], from: number, to: number): Timeline {
  const step = (to - from) / hour > mostBars ? day : hour;
  const first = Math.floor(from / step);
  const last = Math.max(first, Math.ceil(to / step) - 1);
  const counts = new Array<number>(last - first + 1).fill(0);
  for (const quake of events) {
    const at = Math.floor(Date.parse(quake.time) / step) - first;
    if (at >= 0 && at < counts.length) counts[at] = (counts[at] ?? 0) + 1;
  }
  let highest = -1;
  counts.forEach((value, index) => {
    if (value > 0 && value >= (counts[highest] ?? 0)) highest = index;
  });
  return { step, highest, bars: counts.map((value, index) => [(first + index) * step, value] as const) };
}

export interface Bin {
  from: number;
  to: number;
  events: number;
}

/** Events per half magnitude, from the lowest to the highest that occur. Events without a magnitude are not counted. Pure. */
export function magnitudes(events: readonly Quake[], width = 0.5): Bin[] {
  const counts = new Map<number, number>();
  for (const quake of events) {
    if (quake.mag === null) continue;
    // The source rounds to one or two digits: 4.5 must not fall into the bin below for a bit in the last place.
    const bin = Math.floor(quake.mag / width + 1e-9);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const low = Math.min(...counts.keys());
  const high = Math.max(...counts.keys());
  return Array.from({ length: high - low + 1 }, (_, index) => ({ from: (low + index) * width, to: (low + index + 1) * width, events: counts.get(low + index) ?? 0 }));
}

/** Finer where most events are; 70 and 300 km are the usual bounds of shallow, intermediate and deep. */
export const depthBounds = [0, 2, 5, 10, 20, 35, 70, 150, 300, 500] as const;

/** Events per depth. What lies above sea level counts into the first bin. Pure. */
export function depths(events: readonly Quake[]): Bin[] {
  const bins = depthBounds.map((from, index) => ({ from, to: depthBounds[index + 1] ?? Infinity, events: 0 }));
  for (const quake of events) {
    if (quake.depthKm === null) continue;
    const depth = quake.depthKm;
    const bin = bins.findLast((one) => depth >= one.from) ?? bins[0];
    if (bin !== undefined) bin.events++;
  }
  return bins;
}

/** The strongest event, the latest of equals. Pure. */
export const strongest = (events: readonly Quake[]): Quake | null =>
  events.reduce<Quake | null>((best, quake) => (quake.mag !== null && (best === null || quake.mag > (best.mag ?? -Infinity) || (quake.mag === best.mag && quake.time > best.time)) ? quake : best), null);
