import type { ReactNode } from "react";
import { ago, dateTime } from "../format/time";
import { none } from "../format/numbers";
import { useNow } from "./clock";
import { useZone } from "./settings";

type Instant = string | number | null | undefined;

const iso = (at: Instant): string | undefined => {
  if (at === null || at === undefined) return undefined;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};

/** An instant as date and time in the chosen zone. */
export function At({ at, milliseconds = false }: { at: Instant; milliseconds?: boolean }): ReactNode {
  const zone = useZone();
  const machine = iso(at);
  if (machine === undefined) return none;
  return (
    <time dateTime={machine} title={machine} style={{ whiteSpace: "nowrap" }}>
      {dateTime(at, zone, milliseconds)}
    </time>
  );
}

/** An instant as its distance from now, kept current. */
export function Ago({ at }: { at: Instant }): ReactNode {
  const now = useNow();
  const zone = useZone();
  const machine = iso(at);
  if (machine === undefined) return none;
  return (
    <time dateTime={machine} title={`${dateTime(at, zone, true)} ${zone === "utc" ? "UTC" : "local time"}`} style={{ whiteSpace: "nowrap" }}>
      {ago(at, now)}
    </time>
  );
}
