import { describe, expect, it } from "vitest";
import type { Window } from "../api/servingTypes";
import { agreementIn, errorShareIn, grid, latencyText, onGrid, rateIn, rateText, trafficOf, windowMs } from "./traffic";

const now = Date.parse("2026-01-01T12:00:03Z");
const window = (start: string, requests: number, errors = 0, more: Partial<Window> = {}): Window => ({ start, requests, errors, positive: 0, negative: 0, agreed: 0, disagreed: 0, ...more });

describe("the last hour", () => {
  it("ends with the last window that is over", () => {
    const instants = grid(now);
    expect(instants.length).toBe(360);
    expect(new Date(instants[359]!).toISOString()).toBe("2026-01-01T11:59:50.000Z");
    expect(instants[359]! - instants[0]!).toBe(3_600_000 - windowMs);
  });

  it("has 0 where nothing happened, and no error rate", () => {
    const windows = [window("2026-01-01T11:59:50Z", 20, 1)];
    expect(onGrid(windows, grid(now), windowMs, (inStep) => rateIn(inStep, windowMs)).slice(-2)).toEqual([0, 2]);
    expect(onGrid(windows, grid(now), windowMs, errorShareIn).slice(-2)).toEqual([null, 0.05]);
  });

  it("is summed over those who answer, not over shadows", () => {
    const windows = {
      variants: [
        { name: "a", windows: [window("2026-01-01T11:59:40Z", 60, 6), window("2026-01-01T11:30:00Z", 120)] },
        { name: "b", windows: [window("2026-01-01T11:59:10Z", 60)] },
        { name: "s", windows: [window("2026-01-01T11:59:40Z", 999, 999)] },
      ],
    };
    const traffic = trafficOf(windows, ["a", "b"], now);
    expect([traffic.now, traffic.requests, traffic.errorShare, traffic.perSecond.length, traffic.perSecond.at(-1)]).toEqual([2, 240, 6 / 240, 60, 2]);
    expect(trafficOf(undefined, ["a"], now)).toMatchObject({ now: 0, requests: 0, errorShare: null });
  });

  it("compares what shadows said", () => {
    expect(agreementIn([window("2026-01-01T11:59:40Z", 4, 0, { agreed: 3, disagreed: 1 })])).toBe(0.75);
    expect(agreementIn([])).toBe(null);
  });
});

describe("words", () => {
  it("are as precise as latencies and rates are worth", () => {
    expect([0.234, 4.56, 340.2, 1500, 12_000, null].map(latencyText)).toEqual(["0.23 ms", "4.6 ms", "340 ms", "1.5 s", "12 s", "–"]);
    expect([0, 0.017, 3.44, 15, 15.5, 1234].map(rateText)).toEqual(["0", "0.02/s", "3.4/s", "15/s", "15.5/s", "1,234/s"]);
  });
});
