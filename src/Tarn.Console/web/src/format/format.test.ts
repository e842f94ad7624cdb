import { describe, expect, it } from "vitest";
import { bytes, count, fixed, plural } from "./numbers";
import { ago, clock, dateTime, duration, fromInput, span, toInput } from "./time";

const at = "2026-11-22T08:57:03.120Z";
const now = Date.parse(at);

describe("numbers", () => {
  it("groups, and shows what is missing as a dash", () => {
    expect([count(11234), count(null), fixed(4.25, 1), fixed(undefined, 1), fixed(Number.NaN, 2)]).toEqual(["11,234", "–", "4.3", "–", "–"]);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1536, "1.5 kB"],
    [999_960, "1.0 MB"],
    [112_508_320, "113 MB"],
    [6.6e12, "6.6 TB"],
  ])("writes %d bytes as %s", (value, text) => expect(bytes(value)).toBe(text));

  it("tells one from many", () => expect([plural(1, "row"), plural(0, "row"), plural(2, "match", "matches")]).toEqual(["1 row", "0 rows", "2 matches"]));
});

describe("times", () => {
  it("writes UTC with and without milliseconds", () => {
    expect(dateTime(at, "utc")).toBe("2026-11-22 08:57:03");
    expect(dateTime(at, "utc", true)).toBe("2026-11-22 08:57:03.120");
    expect(dateTime("nonsense", "utc")).toBe("–");
  });

  it("adds the day where it is another", () => {
    expect(clock(at, "utc", now)).toBe("08:57:03");
    expect(clock("2026-11-20T01:02:03Z", "utc", now)).toBe("11-20 01:02");
  });

  it.each([
    [0, "now"],
    [-40_000, "40 s ago"],
    [180_000, "in 3 min"],
    [-7_200_000, "2 h ago"],
    [-172_800_000, "2 d ago"],
    [-10_000_000_000, "4 months ago"],
  ])("says a distance of %d ms as %s", (distance, text) => expect(ago(now + distance, now)).toBe(text));

  it.each([
    [0, "0 ms"],
    [840, "840 ms"],
    [1_250, "1.3 s"],
    [12_400, "12 s"],
    [61_000, "1 min 1 s"],
    [3_600_000, "1 h"],
    [93_600_000, "1 d 2 h"],
    [null, "–"],
  ])("says a duration of %s ms as %s", (value, text) => expect(duration(value)).toBe(text));

  it("reads .NET time spans", () => {
    expect([span("7.00:00:00"), span("01:30:00"), span(90), span(null), span("for ever")]).toEqual(["7 d", "1 h 30 min", "1 min 30 s", "kept for ever", "for ever"]);
  });

  it("goes through an input and back", () => {
    expect(toInput(at, "utc")).toBe("2026-11-22T08:57:03");
    expect(fromInput("2026-11-22T08:57", "utc")).toBe("2026-11-22T08:57:00.000Z");
    expect(fromInput(toInput(at, "local"), "local")).toBe("2026-11-22T08:57:03.000Z");
    expect([fromInput("", "utc"), fromInput("x", "utc")]).toEqual([null, null]);
  });
});
