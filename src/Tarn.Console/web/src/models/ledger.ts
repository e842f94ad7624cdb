import type { LedgerEntry } from "../api/types";

export const ledgerWords: Record<LedgerEntry["kind"], string> = { set: "promoted", rolled_back: "rolled back", removed: "removed", kept: "kept" };

const version = (number: number | null | undefined): string => (number === null || number === undefined ? "none" : String(number));

/** From which version to which; of an alias that stayed, against which candidate. */
export const moveText = (entry: Pick<LedgerEntry, "kind" | "from" | "to" | "candidate">): string =>
  entry.kind === "kept" ? `${version(entry.to)}, not ${version(entry.candidate)}` : `${version(entry.from)} → ${version(entry.to)}`;

/** A file of a version that says something to people as text. */
export const isReadable = (path: string, size: number): boolean => /\.json$/i.test(path) && size <= 200_000;

/** The file to show first: the card, then the signature. */
export function firstReadable(files: readonly { path: string; size: number }[]): string | undefined {
  const readable = files.filter((file) => isReadable(file.path, file.size)).map((file) => file.path);
  return readable.find((path) => /(^|\/)card\.json$/.test(path)) ?? readable.find((path) => /(^|\/)signature\.json$/.test(path)) ?? readable[0];
}
