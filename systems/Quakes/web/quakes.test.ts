import { describe, expect, it } from "vitest";
import { applyFilters, bounds, choices, parseFilters, sorted } from "./filters";
import { feedNow, isPlaced, regionOf, titleOf, type Quake, type QuakeVersion } from "./quake";
import { colorOf, luminance, sizeOf } from "./scale";
import { depths, magnitudes, strongest, timeline } from "./stats";
import { changes, distanceKm } from "./versions";

const quake = (change: Partial<Quake> = {}): Quake => ({
  id: "us1", time: "2026-11-22T08:10:00.000Z", updated: "2026-11-22T08:20:00.000Z", longitude: 10, latitude: 20, depthKm: 12, mag: 4.5, magType: "mb",
  place: "10 km S of Town, Chile", eventType: "earthquake", status: "automatic", tsunami: 0, sig: 300, net: "us", felt: null, cdi: null, mmi: null,
  alert: null, url: null, title: "M 4.5 - 10 km S of Town, Chile", isDeleted: false, revisions: 1, ...change,
});
const filters = (query: string) => parseFilters(new URLSearchParams(query));
const now = Date.parse("2026-11-22T09:00:00.000Z");

describe("parseFilters", () => {
  it("has defaults, and takes nonsense for nothing said", () => {
    const plain = { range: "7d", from: null, to: null, min: null, max: null, type: null, region: null, text: "", deleted: false, at: null };
    expect(filters("")).toEqual(plain);
    expect(filters("range=9y&min=x&max=99&at=then&from=&deleted=no")).toEqual(plain);
  });

  it("reads all of the address", () => {
    expect(filters("from=2026-11-01T00:00Z&min=2.5&max=6&type=quarry%20blast&region=Chile&q=town&deleted=1&at=2026-11-20T00:00:00Z")).toEqual({
      range: "custom", from: "2026-11-01T00:00:00.000Z", to: null, min: 2.5, max: 6, type: "quarry blast", region: "Chile", text: "town", deleted: true, at: "2026-11-20T00:00:00.000Z",
    });
  });

  it("turns a range into bounds", () => {
    expect(bounds(filters("range=1h"), now)).toEqual({ from: now - 3_600_000, to: now });
    expect(bounds(filters("range=1h&at=2026-11-22T08:30:00Z"), now)).toEqual({ from: now - 3_600_000, to: now });
    expect(bounds(filters("range=1h&at=2026-11-20T09:00:00Z"), now).to).toBe(Date.parse("2026-11-20T09:00:00Z"));
    expect(bounds(filters("to=2026-11-20T00:00:00Z"), now)).toEqual({ from: Date.parse("2026-11-13T00:00:00Z"), to: Date.parse("2026-11-20T00:00:00Z") });
  });
});

describe("applyFilters", () => {
  const none = filters("");
  it("includes both ends of a magnitude range, and drops what has none", () => {
    const events = [quake({ mag: 2.4 }), quake({ mag: 2.5 }), quake({ mag: 4 }), quake({ mag: 4.1 }), quake({ mag: null })];
    expect(applyFilters(events, { ...none, min: 2.5, max: 4 }).map((one) => one.mag)).toEqual([2.5, 4]);
    expect(applyFilters(events, none)).toHaveLength(5);
  });

  it("finds every word, in any order and case, in title, place, id and network", () => {
    expect(applyFilters([quake()], { ...none, text: "CHILE town us1" })).toHaveLength(1);
    expect(applyFilters([quake()], { ...none, text: "chile peru" })).toHaveLength(0);
  });

  it("filters by type and by region", () => {
    const events = [quake(), quake({ place: "5km W of Cobb, CA", eventType: "quarry blast" })];
    expect(applyFilters(events, { ...none, region: "California" })).toEqual([events[1]]);
    expect(applyFilters(events, { ...none, type: "earthquake" })).toEqual([events[0]]);
    expect(choices(events, (one) => regionOf(one.place))).toEqual([{ value: "California", count: 1 }, { value: "Chile", count: 1 }]);
  });
});

describe("feedNow", () => {
  it("is the feed's own time where the feed has one", () => {
    const generated = "2025-06-28T10:00:00.000Z";
    expect([feedNow({ kind: "replay", generated }, now), feedNow({ kind: "live", generated }, now), feedNow(undefined, now), feedNow({ kind: "simulated", generated: null }, now)]).toEqual([Date.parse(generated), now, now, now]);
  });
});

describe("names", () => {
  it.each([["12km N of Brooktrails, CA", "California"], ["South Sandwich Islands region", "South Sandwich Islands region"], ["3 km from X, Baja, MX", "Mexico"], [null, "unknown"], ["odd,", "odd,"]])(
    "%s lies in %s",
    (place, region) => expect(regionOf(place)).toBe(region),
  );
  it("makes a title where there is none", () => expect([titleOf(quake({ title: null })), titleOf(quake({ title: null, mag: null, place: null }))]).toEqual(["M 4.5 - 10 km S of Town, Chile", "M ? - us1"]));
});

describe("sorted", () => {
  it("puts what has no value last in both directions and breaks ties by time", () => {
    const events = [quake({ id: "a", mag: null }), quake({ id: "b", mag: 1 }), quake({ id: "c", mag: 3 }), quake({ id: "d", mag: 3, time: "2026-11-22T08:59:00.000Z" })];
    expect(sorted(events, { by: "mag", descending: true }).map((one) => one.id)).toEqual(["d", "c", "b", "a"]);
    expect(sorted(events, { by: "mag", descending: false }).map((one) => one.id)).toEqual(["b", "d", "c", "a"]);
  });
});

describe("timeline", () => {
  it("counts every hour, empty ones too, and marks the latest highest", () => {
    const at = (time: string) => quake({ time: `2026-11-22T${time}:00.000Z` });
    const line = timeline([at("05:00"), at("05:59"), at("07:30"), at("07:31"), at("08:00"), at("03:59")], Date.parse("2026-11-22T04:30:00Z"), now);
    expect(line.bars.map(([, count]) => count)).toEqual([0, 2, 0, 2, 1]);
    expect([line.highest, line.step]).toEqual([3, 3_600_000]);
  });

  it("counts by day where hours would be too many, and marks nothing where there is nothing", () => {
    const line = timeline([], now - 100 * 86_400_000, now);
    expect([line.step, line.highest, line.bars.length]).toEqual([86_400_000, -1, 101]);
  });
});

describe("histograms", () => {
  it("puts a magnitude on a bound into the bin above, and keeps negatives", () => {
    const bins = magnitudes([quake({ mag: 4.5 }), quake({ mag: 4.49 }), quake({ mag: 5.2 }), quake({ mag: null })]);
    expect(bins.map((bin) => [bin.from, bin.events])).toEqual([[4, 1], [4.5, 1], [5, 1]]);
    expect(magnitudes([quake({ mag: -0.4 })])[0]).toEqual({ from: -0.5, to: 0, events: 1 });
    expect(magnitudes([])).toEqual([]);
  });

  it("counts depths, those above the sea with the shallowest", () => {
    const bins = depths([quake({ depthKm: -1.5 }), quake({ depthKm: 0 }), quake({ depthKm: 35 }), quake({ depthKm: 612 }), quake({ depthKm: null })]);
    expect(bins.filter((bin) => bin.events > 0).map((bin) => [bin.from, bin.events])).toEqual([[0, 2], [35, 1], [500, 1]]);
  });

  it("finds the strongest, the latest of equals", () => {
    const later = quake({ id: "b", time: "2026-11-22T08:30:00.000Z" });
    expect(strongest([quake({ mag: 1 }), quake(), later, quake({ mag: null })])).toBe(later);
    expect(strongest([])).toBeNull();
  });
});

describe("scale", () => {
  const steps = Array.from({ length: 31 }, (_, index) => index / 4);
  it("grows darker on the light ground and lighter on the dark one, step by step", () => {
    const onLight = steps.map((mag) => luminance(colorOf(mag, false)));
    const onDark = steps.map((mag) => luminance(colorOf(mag, true)));
    expect(onLight).toEqual([...onLight].sort((a, b) => b - a));
    expect(onDark).toEqual([...onDark].sort((a, b) => a - b));
  });

  it("keeps to the ends, and to grey where there is no magnitude", () => {
    expect([colorOf(-1, false), colorOf(9, false)]).toEqual([colorOf(0, false), colorOf(7.5, false)]);
    expect(colorOf(null, true)).toMatch(/^#[0-9a-f]{6}$/);
  });

  it("grows in size with every step", () => {
    const sizes = steps.map(sizeOf);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizeOf(null)).toBe(sizeOf(0));
  });
});

describe("changes", () => {
  const version = (change: Partial<QuakeVersion> = {}): QuakeVersion => ({ ...quake(), validFrom: null, validTo: null, ...change });
  it("says what a revision changed and nothing else", () => {
    expect(changes(version(), version({ mag: 4.71, status: "reviewed", updated: "2026-11-22T08:50:00.000Z", sig: 310 }))).toEqual([
      { what: "magnitude", from: "4.50", to: "4.71" },
      { what: "status", from: "automatic", to: "reviewed" },
    ]);
    expect(changes(version(), version())).toEqual([]);
  });

  it("says how far it moved and when it was withdrawn", () => {
    expect(changes(version(), version({ latitude: 21, isDeleted: true }))).toEqual([
      { what: "deleted", from: "listed", to: "withdrawn" },
      { what: "position", from: "", to: "moved 111 km" },
    ]);
  });

  it("does without a place", () => {
    expect(isPlaced(quake({ longitude: null }))).toBe(false);
    expect(changes(version({ longitude: null }), version())).toEqual([]);
  });

  it("measures across the date line", () => expect(distanceKm({ latitude: 0, longitude: 179.5 }, { latitude: 0, longitude: -179.5 })).toBeCloseTo(111.2, 0));
});
