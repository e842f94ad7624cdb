/** Where the records of a view begin: at the end, at an offset, at a time. */
export type Seek = { kind: "end" } | { kind: "offset"; offset: number } | { kind: "time"; time: string };

/** Reads what the address says; what cannot be read means the end. Pure. */
export function parseSeek(url: URLSearchParams): Seek {
  const offset = url.get("offset");
  if (offset !== null && /^\d+$/.test(offset)) return { kind: "offset", offset: Number(offset) };
  const time = url.get("time");
  if (time !== null && !Number.isNaN(Date.parse(time))) return { kind: "time", time: new Date(time).toISOString() };
  return { kind: "end" };
}

/** The same as the records endpoint's parameters. */
export function seekParameters(seek: Seek, limit: number): { offset?: number; time?: string; limit: number } {
  if (seek.kind === "offset") return { offset: seek.offset, limit };
  if (seek.kind === "time") return { time: seek.time, limit };
  return { offset: -limit, limit };
}

/** A value as indented JSON where it is an object, else as it is. */
export const pretty = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "null");

/** One line that hints at a value. */
export function gist(value: unknown, length = 160): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "null";
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
