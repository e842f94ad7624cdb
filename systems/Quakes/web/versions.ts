import { isPlaced, type Position, type QuakeVersion } from "./quake";

export interface Change {
  what: string;
  from: string;
  to: string;
}

const number = (value: number | null, digits: number, unit = ""): string => (value === null ? "none" : `${value.toFixed(digits)}${unit}`);

/** The distance of two points on the globe in kilometres. */
export function distanceKm(a: Position, b: Position): number {
  const rad = Math.PI / 180;
  const half = (angle: number): number => Math.sin((angle * rad) / 2) ** 2;
  const h = half(b.latitude - a.latitude) + Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * half(b.longitude - a.longitude);
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** What a version says that the one before did not. Pure. */
export function changes(before: QuakeVersion, after: QuakeVersion): Change[] {
  const found: Change[] = [];
  const say = (what: string, from: string, to: string): void => {
    if (from !== to) found.push({ what, from, to });
  };
  say("deleted", before.isDeleted ? "withdrawn" : "listed", after.isDeleted ? "withdrawn" : "listed");
  say("magnitude", number(before.mag, 2), number(after.mag, 2));
  say("magnitude type", before.magType ?? "none", after.magType ?? "none");
  say("depth", number(before.depthKm, 1, " km"), number(after.depthKm, 1, " km"));
  const moved = isPlaced(before) && isPlaced(after) ? distanceKm(before, after) : 0;
  if (moved >= 0.05) found.push({ what: "position", from: "", to: `moved ${moved < 10 ? moved.toFixed(1) : moved.toFixed(0)} km` });
  const later = Date.parse(after.time) - Date.parse(before.time);
  if (later !== 0) found.push({ what: "origin time", from: "", to: `${Math.abs(later / 1000).toFixed(2)} s ${later > 0 ? "later" : "earlier"}` });
  say("status", before.status ?? "none", after.status ?? "none");
  say("type", before.eventType ?? "none", after.eventType ?? "none");
  say("place", before.place ?? "none", after.place ?? "none");
  say("felt reports", String(before.felt ?? 0), String(after.felt ?? 0));
  say("alert", before.alert ?? "none", after.alert ?? "none");
  return found;
}
