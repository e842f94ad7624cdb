import { dateTime, none, type Zone } from "@tarn/console";
import { titleOf, type Quake } from "./quake";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text that comes from a feed, for HTML. Pure. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

export const magnitudeText = (quake: Pick<Quake, "mag" | "magType">): string => (quake.mag === null ? none : `${quake.mag.toFixed(quake.mag * 10 % 1 === 0 ? 1 : 2)}${quake.magType ? ` ${quake.magType}` : ""}`);

export const depthText = (depth: number | null): string => (depth === null ? none : `${depth.toFixed(depth < 10 ? 1 : 0)} km`);

/** "1 version", "4 versions". */
export const revisionsText = (revisions: number): string => (revisions === 1 ? "1 version" : `${revisions} versions`);

/** What a mark on the map tells of its event, as HTML. */
export function tooltipOf(quake: Quake, zone: Zone): string {
  const rows: [string, string][] = [
    ["Time", `${dateTime(quake.time, zone, true)}${zone === "utc" ? " UTC" : ""}`],
    ["Magnitude", magnitudeText(quake)],
    ["Depth", depthText(quake.depthKm)],
    ["Status", quake.isDeleted ? "withdrawn" : (quake.status ?? none)],
    ["Revisions", revisionsText(quake.revisions)],
  ];
  if (quake.eventType !== null && quake.eventType !== "earthquake") rows.splice(3, 0, ["Type", quake.eventType]);
  const lines = rows.map(([name, value]) => `<tr><th>${name}</th><td>${escape(value)}</td></tr>`).join("");
  return `<div class="quake-tip"><b>${escape(titleOf(quake))}</b><table>${lines}</table></div>`;
}
