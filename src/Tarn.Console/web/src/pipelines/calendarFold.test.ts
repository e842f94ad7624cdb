import { describe, expect, it } from "vitest";
import type { CalendarDay } from "../api/types";
import { addDays, dayCell, monthsOf, sumDays } from "./calendarFold";
import { startOfDay } from "./zoneDays";

const day = (more: Partial<CalendarDay>): CalendarDay => ({ date: "2026-11-22", total: 0, success: 0, failed: 0, cancelled: 0, none: 0, ...more });

describe("monthsOf", () => {
  it("has each day of the year once, in weeks from Monday", () => {
    const months = monthsOf(2024);
    const dates = months.flatMap((month) => month.weeks.flat()).filter((date) => date !== null);
    expect([months.length, dates.length, new Set(dates).size, dates[0], dates.at(-1)]).toEqual([12, 366, 366, "2024-01-01", "2024-12-31"]);
    expect(months.every((month) => month.weeks.every((week) => week.length === 7))).toBe(true);
    // 2026-11-01 is a Sunday.
    expect(monthsOf(2026)[10]?.weeks[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
  });
});

describe("dayCell", () => {
  it.each([
    [day({}), "empty"],
    [day({ total: 24, success: 24 }), "good"],
    [day({ total: 24, success: 20, notEnded: 4 }), "good"],
    [day({ total: 24, failed: 24 }), "bad"],
    [day({ total: 24, success: 23, failed: 1 }), "mixed"],
    [day({ total: 24, success: 12, none: 12 }), "part"],
    [day({ total: 24, none: 24 }), "missing"],
    [day({ total: 24, notEnded: 24 }), "future"],
  ])("tells days apart", (given, tone) => expect(dayCell(given).tone).toBe(tone));

  it("shows one failure of three hundred, and no more than the whole", () => {
    const cell = dayCell(day({ total: 288, success: 287, failed: 1 }));
    expect(cell.failed).toBeGreaterThanOrEqual(10);
    expect(cell.failed + cell.success).toBeLessThanOrEqual(100);
    expect(cell.text).toBe("288 intervals: 287 succeeded, 1 failed");
  });
});

describe("sumDays", () => {
  it("adds up", () => expect(sumDays([day({ total: 2, success: 2 }), day({ total: 3, failed: 1, none: 2 })])).toMatchObject({ total: 5, success: 2, failed: 1, none: 2 }));
});

describe("days", () => {
  it("go over months and leap days", () => expect([addDays("2024-02-28", 1), addDays("2026-01-01", -1)]).toEqual(["2024-02-29", "2025-12-31"]));

  it("begin in their zone, also where the clocks change", () => {
    expect(startOfDay("2026-11-22", "UTC")).toBe("2026-11-22T00:00:00.000Z");
    expect(startOfDay("2026-03-29", "Europe/Berlin")).toBe("2026-03-28T23:00:00.000Z");
    expect(startOfDay("2026-03-30", "Europe/Berlin")).toBe("2026-03-29T22:00:00.000Z");
    expect(startOfDay("2026-11-01", "America/New_York")).toBe("2026-11-01T04:00:00.000Z");
    expect(startOfDay("2026-11-02", "America/New_York")).toBe("2026-11-02T05:00:00.000Z");
  });
});
