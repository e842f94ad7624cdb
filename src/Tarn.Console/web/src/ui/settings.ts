import { useSyncExternalStore } from "react";
import type { Zone } from "../format/time";

const key = "tarn-zone";
const watchers = new Set<() => void>();

function kept(): Zone {
  try {
    return localStorage.getItem(key) === "local" ? "local" : "utc";
  } catch {
    return "utc";
  }
}

let zone: Zone = kept();

export function setZone(next: Zone): void {
  zone = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // Kept for this visit only, where the browser keeps nothing.
  }
  for (const watcher of watchers) watcher();
}

const subscribe = (watcher: () => void): (() => void) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};

/** The zone in which the user reads times: UTC unless chosen otherwise. */
export function useZone(): Zone {
  const read = (): Zone => zone;
  return useSyncExternalStore(subscribe, read, read);
}
