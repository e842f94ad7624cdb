import { useCallback, useMemo } from "react";
import { useSearchParams } from "wouter";

export type Patch = Record<string, string | number | boolean | null | undefined>;

/** The query text after a change: null, undefined, false and "" leave the name out; the rest stays. Pure. */
export function patched(search: URLSearchParams, patch: Patch): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === false || value === "") next.delete(name);
    else next.set(name, value === true ? "1" : String(value));
  }
  return next;
}

/** A page's state that lives in the address, so that a link carries it. Changes replace; the back button leaves the page. */
export function useUrlState(): readonly [URLSearchParams, (patch: Patch) => void] {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const kept = useMemo(() => new URLSearchParams(text), [text]);
  const change = useCallback((patch: Patch) => setSearch((now) => patched(now, patch), { replace: true }), [setSearch]);
  return [kept, change];
}
