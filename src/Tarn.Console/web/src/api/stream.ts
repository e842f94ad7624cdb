import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { initialLive, reduceLive, staleKeys, type LiveAction, type LiveState } from "./live";
import type { ServerEvents } from "./types";

const names = ["run", "attempt", "pipeline", "commit", "topic", "model", "endpoint", "status", "resync"] as const;

/** Events of one kind come in bursts: what they make stale is asked for once in this time. */
const debounceMs = 400;
const firstDelayMs = 1_000;
const longestDelayMs = 15_000;

let state: LiveState = initialLive;
const watchers = new Set<() => void>();
const handlers = new Map<keyof ServerEvents, Set<(data: never) => void>>();

function dispatch(action: LiveAction): void {
  state = reduceLive(state, action);
  for (const watcher of watchers) watcher();
}

/** Opens the event stream and keeps it open: each event folds into {@link LiveState} and makes what it touches stale. */
export function connect(queries: QueryClient): () => void {
  let source: EventSource | null = null;
  let delay = firstDelayMs;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const pending = new Map<string, readonly string[]>();
  let flush: ReturnType<typeof setTimeout> | undefined;

  const invalidate = (keys: readonly (readonly string[])[]): void => {
    for (const key of keys) pending.set(key.join("\n"), key);
    flush ??= setTimeout(() => {
      flush = undefined;
      for (const key of pending.values()) void queries.invalidateQueries({ queryKey: [...key] });
      pending.clear();
    }, debounceMs);
  };

  const open = (): void => {
    const opened = new EventSource("/api/v1/events");
    source = opened;
    opened.onopen = () => {
      delay = firstDelayMs;
      const again = state.opened > 0;
      dispatch({ type: "opened" });
      // What happened in between was not heard.
      if (again) void queries.invalidateQueries();
    };
    opened.onerror = () => {
      dispatch({ type: "lost" });
      opened.close();
      clearTimeout(retry);
      retry = setTimeout(open, delay);
      delay = Math.min(delay * 2, longestDelayMs);
    };
    for (const name of names) {
      opened.addEventListener(name, (message: MessageEvent<string>) => {
        const action = { type: "event", name, data: JSON.parse(message.data), at: new Date().toISOString() } as Extract<LiveAction, { type: "event" }>;
        dispatch(action);
        invalidate(staleKeys(action));
        for (const handler of handlers.get(name) ?? []) handler(action.data as never);
      });
    }
  };

  open();
  return () => {
    clearTimeout(retry);
    clearTimeout(flush);
    source?.close();
  };
}

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

/** What the event stream has told so far. */
export const useLive = (): LiveState => useSyncExternalStore(subscribe, () => state);

/** Calls the handler for each event of that name while the component is mounted. The handler must be stable. */
export function useServerEvent<K extends keyof ServerEvents>(name: K, handler: (data: ServerEvents[K]) => void): void {
  useEffect(() => {
    const set = handlers.get(name) ?? new Set();
    handlers.set(name, set);
    set.add(handler as (data: never) => void);
    return () => void set.delete(handler as (data: never) => void);
  }, [name, handler]);
}
