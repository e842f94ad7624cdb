import { describe, expect, it } from "vitest";
import { activityLimit, initialLive, reduceLive, staleKeys, triggerWords, type LiveAction } from "./live";
import type { RunSummary } from "./types";

const at = "2026-11-22T09:00:00.000Z";
const run = (state: RunSummary["state"], id = "r1"): LiveAction => ({
  type: "event",
  name: "run",
  at,
  data: { id, pipeline: "earthquakes-minibatch", trigger: "Scheduled", state, logicalDate: at, queuedAt: at },
});
const commit = (version: number, time = at, table = "silver.earthquakes"): LiveAction => ({
  type: "event",
  name: "commit",
  at: time,
  data: { table, version, operation: "MERGE", timestamp: time },
});

describe("reduceLive", () => {
  it("tells a first opening from a later one", () => {
    const once = reduceLive(initialLive, { type: "opened" });
    const twice = reduceLive(reduceLive(once, { type: "lost" }), { type: "opened" });
    expect([once.connection, once.opened, twice.connection, twice.opened]).toEqual(["open", 1, "open", 2]);
  });

  it("stays the same object when a lost connection is lost again", () => {
    const lost = reduceLive(initialLive, { type: "lost" });
    expect(reduceLive(lost, { type: "lost" })).toBe(lost);
  });

  it("puts the newest first, a run once with its newest state, and leads to the thing", () => {
    const state = [run("queued"), run("running"), run("success"), commit(7)].reduce(reduceLive, initialLive);
    expect(state.activity.map((line) => [line.verb, line.count])).toEqual([
      ["merge", 1],
      ["succeeded", 1],
    ]);
    expect(state.activity[0]?.href).toBe("/tables/silver.earthquakes?tab=history");
    expect(state.activity[1]?.href).toBe("/runs/r1");
    expect(state.lastEventAt).toBe(at);
  });

  it("folds commits of one table within a minute into one line that shows the newest", () => {
    const state = [commit(7), commit(8), commit(3, at, "gold.hourly"), commit(9)].reduce(reduceLive, initialLive);
    expect(state.activity.map((line) => [line.subject, line.count, line.detail])).toEqual([
      ["silver.earthquakes", 3, "version 9"],
      ["gold.hourly", 1, "version 3"],
    ]);
  });

  it("does not fold what lies further apart, nor different runs", () => {
    const state = [commit(7), commit(8, "2026-11-22T09:02:00.000Z"), run("success", "a"), run("success", "b")].reduce(reduceLive, initialLive);
    expect(state.activity).toHaveLength(4);
  });

  it("keeps a bounded list with unique ids", () => {
    const state = Array.from({ length: 200 }, (_, index) => run("success", `r${index}`)).reduce(reduceLive, initialLive);
    expect(state.activity).toHaveLength(activityLimit);
    expect(new Set(state.activity.map((line) => line.id)).size).toBe(activityLimit);
  });

  it("shows nothing of a status, but knows that it came", () => {
    const state = reduceLive(initialLive, { type: "event", name: "status", at, data: {} });
    expect([state.activity.length, state.lastEventAt]).toEqual([0, at]);
  });
});

describe("triggerWords", () => {
  it("reads both ways to write it", () => expect([triggerWords("catch_up"), triggerWords("CatchUp"), triggerWords("Manual")]).toEqual(["catch-up", "catch-up", "manual"]));
});

describe("staleKeys", () => {
  it("makes everything stale after a resync", () => expect(staleKeys({ type: "event", name: "resync", at, data: {} })).toEqual([[]]));

  it("names what a commit and an attempt make stale", () => {
    expect(staleKeys(commit(1) as never)).toEqual([["tables"], ["table", "silver.earthquakes"], ["datasets"], ["dataset", "silver.earthquakes"]]);
    expect(staleKeys(commit(1, at, "silver.photos_quarantine") as never)).toContainEqual(["dataset", "silver.photos"]);
    expect(staleKeys({ type: "event", name: "attempt", at, data: { runId: "r9", task: "fetch", number: 1, state: "running" } })).toEqual([
      ["run", "r9"],
      ["logs", "r9"],
    ]);
  });
});
