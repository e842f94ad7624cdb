import { describe, expect, it } from "vitest";
import type { Attempt, Run } from "../api/types";
import { lanesOf, scaleOf, share, spanOf } from "./gantt";

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 22, 8, 0, seconds)).toISOString();
const time = (seconds: number): number => Date.parse(at(seconds));
const attempt = (number: number, from: number, to: number | null, state: Attempt["state"]): Attempt => ({ number, state, startedAt: at(from), endedAt: to === null ? null : at(to) });

const run = (tasks: Run["tasks"]): Pick<Run, "queuedAt" | "startedAt" | "tasks"> => ({ queuedAt: at(0), startedAt: at(2), tasks });

describe("lanesOf", () => {
  it("splits a task's time into waiting for a slot, attempts, and the delays between them", () => {
    const [, second] = lanesOf(run([
      { name: "a", after: [], state: "success", attempts: [attempt(1, 2, 5, "success")] },
      { name: "b", after: ["a"], state: "success", attempts: [attempt(1, 7, 8, "failed"), attempt(2, 18, 20, "success")] },
    ]), time(30));
    expect(second?.parts.map((part) => [part.kind, (part.from - time(0)) / 1000, (part.to - time(0)) / 1000, part.state])).toEqual([
      ["queued", 5, 7, "queued"],
      ["running", 7, 8, "failed"],
      ["delay", 8, 18, "queued"],
      ["running", 18, 20, "success"],
    ]);
  });

  it("goes on to now for what is under way, and for what waits", () => {
    const lanes = lanesOf(run([
      { name: "a", after: [], state: "running", attempts: [attempt(1, 2, null, "running")] },
      { name: "b", after: [], state: "up_for_retry", attempts: [attempt(1, 2, 4, "failed")] },
      { name: "c", after: ["a"], state: "none", attempts: [] },
    ]), time(10));
    expect(lanes.map((lane) => lane.parts.map((part) => [part.kind, (part.to - time(0)) / 1000]))).toEqual([[["running", 10]], [["running", 4], ["delay", 10]], []]);
  });

  it("lets the calls of a mapped task start when their task could", () => {
    const lanes = lanesOf(run([
      { name: "list", after: [], state: "success", attempts: [attempt(1, 2, 6, "success")] },
      { name: "m", after: ["list"], kind: "mapped", state: "success", attempts: [] },
      { name: "m[0]", after: [], mappedTask: "m", state: "success", attempts: [attempt(1, 9, 10, "success")] },
    ]), time(30));
    expect(lanes[2]?.parts.map((part) => [part.kind, (part.from - time(0)) / 1000])).toEqual([["queued", 6], ["running", 9]]);
    expect(lanes[1]?.parts.map((part) => [part.kind, (part.from - time(0)) / 1000, (part.to - time(0)) / 1000])).toEqual([["calls", 9, 10]]);
  });

  it("lets what comes after a task that never ran wait for those before that one", () => {
    const lanes = lanesOf(run([
      { name: "a", after: [], state: "failed", attempts: [attempt(1, 2, 8, "failed")] },
      { name: "b", after: ["a"], state: "upstream_failed", attempts: [] },
      { name: "clean", after: ["b"], kind: "teardown", state: "success", attempts: [attempt(1, 9, 10, "success")] },
    ]), time(30));
    expect(lanes[2]?.parts.map((part) => [part.kind, (part.from - time(0)) / 1000])).toEqual([["queued", 8], ["running", 9]]);
  });

  it("puts calls under their task, and lets what comes after it wait for the last of them", () => {
    const lanes = lanesOf(run([
      { name: "m", after: [], kind: "mapped", state: "success", attempts: [] },
      { name: "then", after: ["m"], state: "success", attempts: [attempt(1, 12, 13, "success")] },
      { name: "m[0]", after: [], mappedTask: "m", state: "success", attempts: [attempt(1, 2, 10, "success")] },
    ]), time(30));
    expect(lanes.map((lane) => lane.name)).toEqual(["m", "m[0]", "then"]);
    expect(lanes[2]?.parts.map((part) => [part.kind, (part.from - time(0)) / 1000])).toEqual([["queued", 10], ["running", 12]]);
  });
});

describe("scaleOf", () => {
  it.each([
    [time(0), time(60), ["08:00:00", "08:00:10", "08:00:20", "08:00:30", "08:00:40", "08:00:50", "08:01:00"]],
    [time(0), time(0) + 80, ["00.000", "00.010", "00.020", "00.030", "00.040", "00.050", "00.060", "00.070", "00.080"]],
    [time(-60), time(7 * 3600), ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]],
  ])("has round times", (from, to, texts) => expect(scaleOf(from, to, 8, "utc").ticks.map((tick) => tick.text)).toEqual(texts));

  it("survives a span of nothing, and one of years", () => {
    expect(scaleOf(5, 5, 8, "utc").to).toBe(6);
    expect(scaleOf(0, 3 * 365 * 86_400_000, 8, "utc").ticks.length).toBeLessThanOrEqual(9);
  });

  it("keeps shares within the width", () => {
    const scale = scaleOf(0, 100, 8, "utc");
    expect([share(scale, 50), share(scale, -5), share(scale, 500)]).toEqual([50, 0, 100]);
  });
});

describe("spanOf", () => {
  it("reaches from the first start to the last end, also of a retry after the run's first end", () => {
    const tasks: Run["tasks"] = [{ name: "a", after: [], state: "success", attempts: [attempt(1, 1, 90, "success")] }];
    const lanes = lanesOf(run(tasks), time(100));
    expect(spanOf({ ...run(tasks), endedAt: at(60) }, lanes, time(100))).toEqual([time(1), time(90)]);
  });
});
