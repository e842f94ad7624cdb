import { describe, expect, it } from "vitest";
import type { GridCell, RunTask } from "../api/types";
import { ancestors, callsText, foldTasks, gridRows, groupOf, shortName, sumCells, summed, withCalls } from "./tasks";

const task = (name: string, more: Partial<RunTask> = {}): RunTask => ({ name, after: [], attempts: [], state: "none", ...more });
const attempt = (from: string, to: string | null, state: "success" | "running" = "success") =>
  ({ number: 1, state, startedAt: `2026-11-22T08:00:${from}Z`, endedAt: to === null ? null : `2026-11-22T08:00:${to}Z`, durationMs: to === null ? null : (Number(to) - Number(from)) * 1000 });

describe("groups", () => {
  it("are read off the names", () => {
    expect([groupOf("fetch"), groupOf("load.rows"), groupOf("load.checks.rows[3]"), groupOf("fetch[1]")]).toEqual([null, "load", "load.checks", null]);
    expect(ancestors("a.b.c")).toEqual(["a", "a.b", "a.b.c"]);
    expect([shortName("a.b.c", "a.b"), shortName("x", null)]).toEqual(["c", "x"]);
  });
});

describe("summed", () => {
  it("shows what is wrong first, then what is under way", () => {
    expect(summed({ success: 5, failed: 1, running: 2 })).toBe("failed");
    expect(summed({ success: 5, running: 1 })).toBe("running");
    expect(summed({ success: 5, skipped: 1 })).toBe("success");
    expect(summed({})).toBe("none");
  });
});

describe("foldTasks", () => {
  it("counts the calls of a mapped task in it, with the time from the first to the last", () => {
    const folded = foldTasks([
      task("list", { state: "success", attempts: [attempt("01", "03")] }),
      task("load", { kind: "mapped", after: ["list"], state: "running" }),
      task("load[0]", { mappedTask: "load", item: 0, state: "success", attempts: [attempt("04", "09")] }),
      task("load[1]", { mappedTask: "load", item: 1, state: "success", attempts: [attempt("05", "11")] }),
    ]);
    expect(folded.map((one) => [one.name, one.durationMs, one.attempts])).toEqual([["list", 2000, 1], ["load", 7000, 2]]);
    expect(callsText(folded[1]?.calls ?? {})).toBe("2");
    expect(callsText({ success: 3, failed: 2 })).toBe("3 of 5");
  });

  it("leads to an order in which calls stand behind their task", () => {
    expect(withCalls([task("m", { kind: "mapped" }), task("after"), task("m[0]", { mappedTask: "m" }), task("m[1]", { mappedTask: "m" })]).map((one) => one.name)).toEqual(["m", "m[0]", "m[1]", "after"]);
  });

  it("has no time of calls of which one still runs", () => {
    const folded = foldTasks([task("m", { kind: "mapped" }), task("m[0]", { mappedTask: "m", attempts: [attempt("04", null, "running")] })]);
    expect(folded[0]?.durationMs).toBeNull();
  });
});

describe("gridRows", () => {
  const tasks = [{ name: "start" }, { name: "load.read", group: "load" }, { name: "end" }, { name: "load.checks.a", group: "load.checks" }, { name: "load.write", group: "load" }];

  it("puts a group's tasks under its heading, also where others stand between them", () => {
    expect(gridRows(tasks, new Set()).map((row) => `${" ".repeat(row.depth)}${row.text}${row.group ? `(${row.tasks.length})` : ""}`)).toEqual(["start", "load(3)", " read", " checks(1)", "  a", " write", "end"]);
  });

  it("leaves out what is in a closed group", () => {
    expect(gridRows(tasks, new Set(["load"])).map((row) => row.text)).toEqual(["start", "load", "end"]);
    expect(gridRows(tasks, new Set(["load.checks"])).map((row) => row.text)).toEqual(["start", "load", "read", "checks", "write", "end"]);
  });
});

describe("sumCells", () => {
  const cell = (state: GridCell["state"], startedAt: string | null, endedAt: string | null): GridCell => ({ name: "x", state, attempts: 1, startedAt, endedAt });

  it("spans the times and shows the state that counts", () => {
    const sum = sumCells("g", [cell("success", "2026-11-22T08:00:00Z", "2026-11-22T08:00:05Z"), cell("failed", "2026-11-22T08:00:02Z", "2026-11-22T08:00:09Z")]);
    expect([sum.state, sum.durationMs, sum.attempts]).toEqual(["failed", 9000, 2]);
  });

  it("has no end while one has none", () => expect(sumCells("g", [cell("success", "2026-11-22T08:00:00Z", "2026-11-22T08:00:05Z"), cell("running", "2026-11-22T08:00:02Z", null)]).durationMs).toBeNull());
});
