import { describe, expect, it } from "vitest";
import { metricWords } from "../format/words";
import { historyLimit, remembered, type PastQuery } from "./queryHistory";

const query = (sql: string, asOf?: string): PastQuery => ({ sql, asOf, at: "2026-11-22T09:00:00Z" });

describe("remembered", () => {
  it("moves the same query to the front, and tells versions apart", () => {
    const history = [query("select 1"), query("select 2")];
    expect(remembered(history, query(" select 2 ")).map((one) => one.sql)).toEqual([" select 2 ", "select 1"]);
    expect(remembered(history, query("select 2", "7"))).toHaveLength(3);
  });

  it("forgets the oldest", () => {
    const history = Array.from({ length: historyLimit }, (_, index) => query(`select ${index}`));
    const next = remembered(history, query("select x"));
    expect([next.length, next[0]?.sql, next.at(-1)?.sql]).toEqual([historyLimit, "select x", `select ${historyLimit - 2}`]);
  });
});

describe("metricWords", () => {
  it("turns Delta's names into words", () => {
    expect([metricWords("numTargetRowsInserted"), metricWords("numFiles"), metricWords("rows_added")]).toEqual(["target rows inserted", "files", "rows added"]);
  });
});
