import { useSyncExternalStore } from "react";

// One timer for all relative times of the page; it stands still while nobody looks.
const watchers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (document.hidden) return;
  now = Date.now();
  for (const watcher of watchers) watcher();
}

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  now = Date.now();
  timer ??= setInterval(tick, 1_000);
  return () => {
    watchers.delete(watcher);
    if (watchers.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
};

/** The present instant in milliseconds, in steps of so many seconds, kept current while the component is mounted. */
export function useNow(stepSeconds = 1): number {
  const read = (): number => Math.floor(now / (stepSeconds * 1000)) * stepSeconds * 1000;
  return useSyncExternalStore(subscribe, read, read);
}
