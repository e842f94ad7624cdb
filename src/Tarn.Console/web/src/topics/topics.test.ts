import { describe, expect, it } from "vitest";
import { consumersOf } from "./consumers";
import { groupLags, newestRecord } from "./lag";
import { gist, parseSeek, pretty, seekParameters } from "./seek";

const parse = (query: string) => parseSeek(new URLSearchParams(query));

describe("parseSeek", () => {
  it("prefers the offset, then the time, then the end", () => {
    expect(parse("offset=12&time=2026-01-01T00:00:00Z")).toEqual({ kind: "offset", offset: 12 });
    expect(parse("time=2026-01-01T00:00:00Z")).toEqual({ kind: "time", time: "2026-01-01T00:00:00.000Z" });
    expect([parse(""), parse("offset=-4"), parse("time=never")]).toEqual([{ kind: "end" }, { kind: "end" }, { kind: "end" }]);
  });

  it("asks for the last so many at the end", () => {
    expect(seekParameters({ kind: "end" }, 50)).toEqual({ offset: -50, limit: 50 });
    expect(seekParameters({ kind: "offset", offset: 0 }, 50)).toEqual({ offset: 0, limit: 50 });
  });
});

describe("values", () => {
  it("indents objects, leaves text, cuts what is long", () => {
    expect(pretty({ a: 1 })).toBe('{\n  "a": 1\n}');
    expect([pretty("plain"), gist("x".repeat(9), 4), gist({ a: null })]).toEqual(["plain", "xxxx…", '{"a":null}']);
  });
});

describe("consumersOf", () => {
  it("finds the tables whose commits hold an offset of the topic", () => {
    const topic = { name: "quakes", partitions: [{ partition: 0, low: 0, high: 10, bytes: 1 }], groups: [{ group: "copy", partition: 0, committed: 4, lag: 6 }] };
    const tables = [
      { name: "silver.quakes", transactions: [{ appId: "quakes/0", version: 9 }, { appId: "usgs/updatedafter", version: 1795341867000 }] },
      { name: "silver.other", transactions: [{ appId: "quakes2/0", version: 3 }, { appId: "quakes/7", version: 3 }] },
    ];
    expect(consumersOf(topic, tables).map((one) => [one.name, one.table, one.lag])).toEqual([
      ["copy", null, 6],
      ["silver.quakes", "silver.quakes", 1],
    ]);
  });
});

describe("lag", () => {
  it("adds a group's partitions up and puts the greatest first", () => {
    const groups = [
      { group: "lake", partition: 0, committed: 5, lag: 0 },
      { group: "postgres", partition: 0, committed: 1, lag: 4 },
      { group: "postgres", partition: 1, committed: 1, lag: 6 },
    ];
    expect(groupLags({ groups })).toEqual([
      { group: "postgres", lag: 10, partitions: 2 },
      { group: "lake", lag: 0, partitions: 1 },
    ]);
  });

  it("finds the newest record of any partition", () => {
    const partition = (lastTimestamp: string | null) => ({ partition: 0, low: 0, high: 1, bytes: 1, lastTimestamp });
    expect(newestRecord({ partitions: [partition("2026-01-01T00:00:00Z"), partition(null), partition("2026-01-02T00:00:00Z")] })).toBe("2026-01-02T00:00:00Z");
    expect(newestRecord({ partitions: [] })).toBeNull();
  });
});
