import { describe, expect, it } from "vitest";
import { bodyOf, changesOf, draftOf, faultsOf, freeName, routeWords, sharesOf, shareText, type Draft } from "./split";

const counts = { requests: 0, errors: 0, positive: 0, negative: 0, agreed: 0, disagreed: 0 };
const endpoint = {
  revision: 7,
  variants: [
    { name: "champion", version: 3, target: { alias: "champion" }, weight: 90, share: 0.9, isLoaded: true, state: "loaded" as const, counts },
    { name: "v4", version: 4, target: { version: 4 }, weight: 10, share: 0.1, isLoaded: true, state: "loaded" as const, counts },
  ],
  shadows: [{ name: "next", version: 5, target: { alias: "challenger" }, fraction: 0.05, isLoaded: true, state: "loaded" as const, counts }],
  stickyHeader: null,
};
const draft = (change: Partial<Draft> = {}): Draft => ({ ...draftOf(endpoint), ...change });

describe("shares", () => {
  it("are the weights' parts of their sum", () => {
    expect(sharesOf([90, 10])).toEqual([0.9, 0.1]);
    expect(sharesOf([1, 1, 2])).toEqual([0.25, 0.25, 0.5]);
  });

  it("are 0 where no weight is over 0, or is no number yet", () => {
    expect(sharesOf([0, 0])).toEqual([0, 0]);
    expect(sharesOf(["", 5, "-"])).toEqual([0, 1, 0]);
    expect(sharesOf([-3, 5])).toEqual([0, 1]);
  });

  it("are not rounded to nothing or to everything", () => {
    expect([1, 0.9, 1 / 3, 0.005, 0.0005, 0.00001, 0, 0.9999].map(shareText)).toEqual(["100 %", "90 %", "33.3 %", "0.5 %", "0.05 %", "under 0.01 %", "0 %", "99.9 %"]);
  });
});

describe("a draft", () => {
  it("of an endpoint is without faults, changes nothing, and sends what was there", () => {
    expect(faultsOf(draft()).size).toBe(0);
    expect(changesOf(draft(), draft())).toEqual([]);
    expect(bodyOf(draft(), "because")).toEqual({
      variants: [{ name: "champion", alias: "champion", weight: 90 }, { name: "v4", version: 4, weight: 10 }],
      shadows: [{ name: "next", alias: "challenger", fraction: 0.05 }],
      stickyHeader: "",
      revision: 7,
      reason: "because",
    });
  });

  it("says what it changes: of one weight, the shares of all", () => {
    const [first, second] = draft().variants;
    const after = draft({ variants: [{ ...first!, weight: 50 }, { ...second!, weight: 50 }, { key: "n", name: "v6", target: "6", weight: 0 }], shadows: [], stickyHeader: "X-User" });
    expect(changesOf(draft(), after)).toEqual([
      { what: "champion", from: "90 % to champion", to: "50 % to champion" },
      { what: "v4", from: "10 % to version 4", to: "50 % to version 4" },
      { what: "v6", from: "not there", to: "0 % to version 6" },
      { what: "shadow next", from: "copies of 5 % to challenger", to: "not there" },
      { what: "users stay by the header", from: "none", to: "X-User" },
    ]);
  });

  it("is refused with the rule at the row that breaks it", () => {
    const [first, second] = draft().variants;
    expect(faultsOf(draft({ variants: [{ ...first!, name: "Champion" }, second!] })).get("champion")).toMatch(/lower-case/);
    expect(faultsOf(draft({ variants: [{ ...first!, name: "v4" }, second!] })).get("champion")).toMatch(/No two/);
    expect(faultsOf(draft({ variants: [{ ...first!, name: "next" }, second!] })).get("next")).toMatch(/No two/);
    expect(faultsOf(draft({ variants: [{ ...first!, target: "" }, second!] })).get("champion")).toMatch(/version or an alias/);
    expect(faultsOf(draft({ variants: [{ ...first!, target: "0" }, second!] })).get("champion")).toMatch(/version or an alias/);
    expect(faultsOf(draft({ variants: [{ ...first!, weight: "" }, second!] })).get("champion")).toMatch(/weight/);
    expect(faultsOf(draft({ variants: [{ ...first!, weight: 2e6 }, second!] })).get("champion")).toMatch(/weight/);
    expect(faultsOf(draft({ shadows: [{ key: "s", name: "s", target: "2", percent: 101 }] })).get("s")).toMatch(/0 to 100/);
    expect(faultsOf(draft({ stickyHeader: "X User" })).get("sticky")).toMatch(/header/);
  });

  it("has a variant that answers", () => {
    const [first] = draft().variants;
    expect(faultsOf(draft({ variants: [] })).get("")).toMatch(/at least one variant/);
    expect(faultsOf(draft({ variants: [{ ...first!, weight: 0 }] })).get("")).toMatch(/over 0/);
  });
});

describe("words", () => {
  it("say a split in a line", () => {
    expect(routeWords({ variants: [{ name: "champion", target: { alias: "champion" }, weight: 95 }, { name: "canary", target: { version: 4 }, weight: 5 }], shadows: [{ name: "s", target: { version: 5 }, fraction: 0.1 }], stickyHeader: "X-User" })).toBe(
      "champion 95 %, canary (version 4) 5 %; shadow s 10 %; users stay by X-User",
    );
    expect(routeWords(null)).toBe("none");
  });

  it("find a free name", () => {
    expect(freeName("4", [])).toBe("v4");
    expect(freeName("challenger", ["challenger"])).toBe("challenger-2");
    expect(freeName("Old_One", [])).toBe("old-one");
  });
});
