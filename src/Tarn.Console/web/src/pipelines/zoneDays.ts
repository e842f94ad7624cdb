/** How far a zone's clocks are ahead of UTC at an instant, in milliseconds. */
function ahead(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(at);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - Math.floor(at / 1_000) * 1_000;
}

/** The instant at which a day of a zone begins, as ISO in UTC: "2026-03-29" in Europe/Berlin → "2026-03-28T23:00:00.000Z". Pure. */
export function startOfDay(date: string, zone: string): string {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (zone === "UTC") return new Date(midnight).toISOString();
  // The offset at the guess may be that of the other side of a change of the clocks: it is asked for once more.
  const guess = midnight - ahead(midnight, zone);
  return new Date(midnight - ahead(guess, zone)).toISOString();
}
