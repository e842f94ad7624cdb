import type { EndpointWindows, Window } from "../api/servingTypes";

/** Windows are ten seconds long. */
export const windowMs = 10_000;
const hourMs = 3_600_000;

/** The instants of the last hour at which windows begin, oldest first; the window that goes on is left out, since it would look like a fall. */
export function grid(now: number, step = windowMs): number[] {
  const last = Math.floor(now / step) * step - step;
  return Array.from({ length: hourMs / step }, (_, index) => last - hourMs + (index + 1) * step);
}

/** A point for each instant: what was counted in the step that begins there, or null. */
export function onGrid(windows: readonly Window[], instants: readonly number[], step: number, value: (inStep: readonly Window[]) => number | null): (number | null)[] {
  const byStep = new Map<number, Window[]>();
  for (const window of windows) {
    const at = Math.floor(Date.parse(window.start) / step) * step;
    const there = byStep.get(at);
    if (there === undefined) byStep.set(at, [window]);
    else there.push(window);
  }
  return instants.map((at) => value(byStep.get(at) ?? []));
}

const sum = (windows: readonly Window[], of: (window: Window) => number): number => windows.reduce((total, window) => total + of(window), 0);

/** Requests in a second; 0 where there were none. */
export const rateIn = (windows: readonly Window[], step: number): number => sum(windows, (window) => window.requests) / (step / 1000);

/** The share of the requests that failed; null where there were none. */
export function errorShareIn(windows: readonly Window[]): number | null {
  const requests = sum(windows, (window) => window.requests);
  return requests === 0 ? null : sum(windows, (window) => window.errors) / requests;
}

/** The share of answers that agreed with the champion's; null where none was compared. */
export function agreementIn(windows: readonly Window[]): number | null {
  const compared = sum(windows, (window) => window.agreed + window.disagreed);
  return compared === 0 ? null : sum(windows, (window) => window.agreed) / compared;
}

export interface Traffic {
  /** Requests a second of each minute of the last hour, all variants together, without shadows. */
  perSecond: number[];
  /** Of the last minute. */
  now: number;
  requests: number;
  /** null where there were no requests. */
  errorShare: number | null;
}

/** The last hour of the variants that answer; shadows answer nobody. */
export function trafficOf(windows: EndpointWindows | undefined, variants: readonly string[], now: number): Traffic {
  const all = (windows?.variants ?? []).filter((one) => variants.includes(one.name)).flatMap((one) => one.windows);
  const minute = 60_000;
  const perSecond = onGrid(all, grid(now, minute), minute, (inStep) => rateIn(inStep, minute)).map((rate) => rate ?? 0);
  const end = Math.floor(now / windowMs) * windowMs;
  const last = all.filter((window) => Date.parse(window.start) >= end - minute && Date.parse(window.start) < end);
  return { perSecond, now: rateIn(last, minute), requests: sum(all, (window) => window.requests), errorShare: errorShareIn(all) };
}

/** "1.2 ms", "340 ms", "12 s": as precise as a latency is worth. */
export function latencyText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "–";
  if (ms === 0) return "0 ms";
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 100 ? Math.round(ms) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

/** Requests a second: "0", "0.02/s", "3.4/s", "1,200/s". */
export function rateText(rate: number): string {
  if (rate === 0) return "0";
  return rate >= 100 || (rate >= 10 && Number.isInteger(rate)) ? `${Math.round(rate).toLocaleString("en")}/s` : rate >= 1 ? `${rate.toFixed(1)}/s` : `${Number(rate.toPrecision(1))}/s`;
}
