import { describe, expect, it } from "vitest";
import { nextSort } from "./DataTable";
import { patched } from "./urlState";
import { isNumeric } from "./Value";

describe("patched", () => {
  it("changes only what is named and leaves out what is empty", () => {
    const next = patched(new URLSearchParams("a=1&b=2&c=3"), { a: null, b: 5, d: true, e: "", f: false });
    expect(next.toString()).toBe("b=5&c=3&d=1");
  });

  it("does not touch what it was given", () => {
    const search = new URLSearchParams("a=1");
    patched(search, { a: 2 });
    expect(search.get("a")).toBe("1");
  });
});

describe("nextSort", () => {
  it("turns the same column round and starts another as told", () => {
    expect(nextSort({ by: "mag", descending: true }, "mag", true)).toEqual({ by: "mag", descending: false });
    expect(nextSort({ by: "mag", descending: true }, "place", false)).toEqual({ by: "place", descending: false });
  });
});

describe("isNumeric", () => {
  it.each(["double", "BIGINT", "long", "DECIMAL(18,3)", "HUGEINT", "UINTEGER", "Int32"])("%s stands at the right", (type) => expect(isNumeric(type)).toBe(true));
  it.each(["string", "VARCHAR", "timestamp", "boolean", "interval"])("%s does not", (type) => expect(isNumeric(type)).toBe(false));
});
