import { describe, expect, it } from "vitest";
import { appended } from "../api/logs";
import type { LogLine } from "../api/types";
import { matches, type LineFilter } from "./logFilter";
import { ordinal, scheduleWords } from "./schedule";

describe("scheduleWords", () => {
  it.each([
    [null, "on demand"],
    ["* * * * *", "every minute"],
    ["*/5 * * * *", "every 5 minutes"],
    ["0 * * * *", "every hour"],
    ["15 * * * *", "every hour at minute 15"],
    ["0 */6 * * *", "every 6 hours"],
    ["30 6 * * *", "every day at 06:30"],
    ["@daily", "every day at 00:00"],
    ["0 6,18 * * *", "every day at 06:00 and 18:00"],
    ["15 6 * * 1-5", "at 06:15 on weekdays"],
    ["0 9 * * MON,WED", "at 09:00 on Mondays and Wednesdays"],
    ["0 9 * * 0", "at 09:00 on Sundays"],
    ["0 4 22 * *", "at 04:00 on the 22nd of each month"],
    ["0 4 1 1 *", null],
    ["0 0 * * 5#2", null],
    ["every 1h30m", null],
    ["trading days of XNYS", null],
  ])("says %s as %s", (schedule, words) => expect(scheduleWords(schedule)).toBe(words));

  it("counts as people do", () => expect([1, 2, 3, 4, 11, 12, 13, 21, 31].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "31st"]));
});

const line = (more: Partial<LogLine>): LogLine => ({ seq: 1, at: "2026-11-22T08:00:00Z", task: "load", attempt: 1, level: "information", message: "Read 5 rows", ...more });
const all: LineFilter = { task: null, attempt: null, level: null, text: "" };

describe("matches", () => {
  it("takes the calls of a mapped task as its own", () => {
    expect([line({ task: "load[3]" }), line({ task: "loader" }), line({})].map((one) => matches(one, { ...all, task: "load" }))).toEqual([true, false, true]);
  });

  it("takes a level and those above, an attempt, and text in message or exception", () => {
    expect(["trace", "Debug", "information", "warning", "error", "critical"].map((level) => matches(line({ level }), { ...all, level: "warning" }))).toEqual([false, false, false, true, true, true]);
    expect([matches(line({ attempt: 2 }), { ...all, attempt: 2 }), matches(line({}), { ...all, attempt: 2 })]).toEqual([true, false]);
    expect([matches(line({}), { ...all, text: "ROWS" }), matches(line({ exception: "at Tarn.Rows" }), { ...all, text: "tarn" }), matches(line({}), { ...all, text: "x" })]).toEqual([true, true, false]);
  });
});

describe("appended", () => {
  it("takes no line twice, and is the same where nothing is new", () => {
    const lines = [line({ seq: 1 }), line({ seq: 2 })];
    expect(appended(lines, [line({ seq: 2 }), line({ seq: 3 })]).map((one) => one.seq)).toEqual([1, 2, 3]);
    expect(appended(lines, [line({ seq: 1 })])).toBe(lines);
  });
});
