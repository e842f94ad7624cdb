/** One query that the user ran. */
export interface PastQuery {
  sql: string;
  asOf?: string;
  at: string;
  rows?: number;
  failed?: boolean;
}

export const historyLimit = 30;

/** The history after a query: the newest first, the same text once, no more than {@link historyLimit}. Pure. */
export function remembered(history: readonly PastQuery[], query: PastQuery): PastQuery[] {
  const same = (other: PastQuery): boolean => other.sql.trim() === query.sql.trim() && (other.asOf ?? "") === (query.asOf ?? "");
  return [query, ...history.filter((other) => !same(other))].slice(0, historyLimit);
}

const key = "tarn-queries";

export function readHistory(): PastQuery[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is PastQuery => typeof one?.sql === "string") : [];
  } catch {
    return [];
  }
}

export function writeHistory(history: readonly PastQuery[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(history));
  } catch {
    // A browser that keeps nothing has no history.
  }
}
