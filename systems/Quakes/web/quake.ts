/** An earthquake, or what else shook the ground, as /api/v1/quakes/events gives it. */
export interface Quake {
  id: string;
  time: string;
  updated: string;
  longitude: number | null;
  latitude: number | null;
  depthKm: number | null;
  mag: number | null;
  magType: string | null;
  place: string | null;
  eventType: string | null;
  status: string | null;
  tsunami: number | boolean | null;
  sig: number | null;
  net: string | null;
  felt: number | null;
  cdi: number | null;
  mmi: number | null;
  alert: string | null;
  url: string | null;
  title: string | null;
  isDeleted: boolean;
  /** How many versions of it are known. */
  revisions: number;
}

/** One version of an event and the time in which it was the one believed. */
export interface QuakeVersion extends Quake {
  validFrom: string | null;
  validTo: string | null;
}

export interface QuakeAnswer {
  asKnownAt: string | null;
  total: number;
  events: Quake[];
}

export interface Feed {
  kind: "live" | "simulated" | "replay";
  url: string;
  state: "ok" | "failing" | "unknown";
  lastPollAt: string | null;
  lastSuccessAt: string | null;
  lastError?: string | null;
  cursor: string | number | null;
  generated: string | null;
  lagSeconds: number | null;
}

/** A place on the globe. */
export interface Position {
  longitude: number;
  latitude: number;
}

/** Whether an event has a place. */
export const isPlaced = <T extends Pick<Quake, "longitude" | "latitude">>(quake: T): quake is T & Position => quake.longitude !== null && quake.latitude !== null;

/** The present as the feed has it: a simulated or replayed feed runs on a time of its own, which its last answer tells. Pure. */
export function feedNow(feed: Pick<Feed, "kind" | "generated"> | undefined, now: number): number {
  if (feed === undefined || feed.kind === "live" || feed.generated === null) return now;
  const generated = Date.parse(feed.generated);
  return Number.isNaN(generated) ? now : generated;
}

const states: Record<string, string> = {
  AK: "Alaska",
  AZ: "Arizona",
  CA: "California",
  CO: "Colorado",
  HI: "Hawaii",
  ID: "Idaho",
  MT: "Montana",
  MX: "Mexico",
  NM: "New Mexico",
  NV: "Nevada",
  OK: "Oklahoma",
  OR: "Oregon",
  PR: "Puerto Rico",
  TX: "Texas",
  UT: "Utah",
  WA: "Washington",
  WY: "Wyoming",
};

/** The region in a place: "12km N of Brooktrails, CA" → "California"; what has no comma is a region itself. Pure. */
export function regionOf(place: string | null): string {
  if (place === null || place.trim() === "") return "unknown";
  const last = place.slice(place.lastIndexOf(",") + 1).trim();
  return states[last] ?? (last === "" ? place.trim() : last);
}

/** The name of an event, made up from magnitude and place where the source gives none. */
export const titleOf = (quake: Pick<Quake, "title" | "mag" | "place" | "id">): string =>
  quake.title ?? `M ${quake.mag === null ? "?" : quake.mag.toFixed(1)} - ${quake.place ?? quake.id}`;
