import { createElement, Fragment } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { ledgerFields, nextLimit, type LedgerRow } from "./Ledger";

interface Entry extends LedgerRow {
  kind: string;
  move: string;
}

const fields = ledgerFields<Entry>("Entry", [
  { key: "what", head: "What", cell: (entry) => entry.kind },
  { key: "move", head: "Version", cell: (entry) => entry.move },
]);
const entry: Entry = { number: 7, at: "2026-11-22T08:00:00Z", who: "ada", reason: "better", verdict: { passed: true }, kind: "promoted", move: "1 → 2" };
const drawn = (key: string, of: Entry): string => renderToStaticMarkup(createElement(Fragment, null, fields.find((field) => field.key === key)!.cell(of)));

describe("a ledger's columns", () => {
  it("have its own between when and who", () => {
    expect(fields.map((field) => field.key)).toEqual(["number", "at", "what", "move", "who", "why"]);
    expect(fields.map((field) => field.head)).toEqual(["Entry", "When", "What", "Version", "Who", "Why"]);
    expect(fields.filter((field) => field.wide).map((field) => field.key)).toEqual(["number", "who", "why"]);
    expect(ledgerFields("Entry", []).map((field) => field.key)).toEqual(["number", "at", "who", "why"]);
  });

  it("say why, with the verdict", () => {
    expect(drawn("why", entry)).toMatch(/^better<details.*<summary>Verdict<\/summary>.*passed.*true/s);
    expect(drawn("why", { ...entry, verdict: null })).toBe("better");
  });

  it("say who and why below the last of its own, for where the columns have no room", () => {
    expect(drawn("what", entry)).toBe("promoted");
    expect(drawn("move", entry)).toMatch(/^1 → 2<div.*ada.*“better”.*Verdict/s);
    expect(drawn("move", { ...entry, reason: "", verdict: undefined })).not.toMatch(/“|Verdict/);
  });
});

describe("older entries", () => {
  it("are asked for four times as many at once, while there may be some", () => {
    expect(nextLimit(50, 50)).toBe(200);
    expect(nextLimit(49, 50)).toBeUndefined();
    expect(nextLimit(800, 800)).toBe(1000);
    expect(nextLimit(1000, 1000)).toBeUndefined();
  });
});
