import { describe, expect, it } from "vitest";
import { answeringWords, isPizza, readinessOf, sureness, verdictOf } from "./verdict";

const counts = { requests: 0, errors: 0, positive: 0, negative: 0, agreed: 0, disagreed: 0 };
const variant = (name: string, version: number | null, share: number, isLoaded: boolean) => ({ name, version, target: { alias: name }, weight: share, share, isLoaded, counts });

describe("a verdict", () => {
  it("is a label in large words", () => {
    expect(["pizza", "not_pizza", "no_pizza", "tart", "black_forest_cake", "nottingham"].map(verdictOf)).toEqual(["It's pizza", "Not pizza", "Not pizza", "It's tart", "It's black forest cake", "It's nottingham"]);
    expect(["pizza", "Pizza", "not_pizza", "pizza_box"].map(isPizza)).toEqual([true, true, false, false]);
  });

  it("says how sure it is", () => {
    expect([0.99, 0.85, 0.7, 0.51].map(sureness)).toEqual(["very sure", "fairly sure", "not very sure", "hardly sure"]);
  });
});

describe("the page", () => {
  it("asks only where somebody answers", () => {
    expect(readinessOf({ variants: [variant("champion", null, 1, false)] })).toBe("untrained");
    expect(readinessOf({ variants: [variant("champion", 1, 1, false)] })).toBe("loading");
    expect(readinessOf({ variants: [variant("champion", 1, 1, true)] })).toBe("ready");
    // One that gets nothing answers nobody.
    expect(readinessOf({ variants: [variant("champion", null, 1, false), variant("v2", 2, 0, true)] })).toBe("untrained");
  });

  it("names the versions that answer, each once", () => {
    expect(answeringWords({ variants: [variant("a", 3, 1, true)] })).toBe("version 3");
    expect(answeringWords({ variants: [variant("a", 3, 0.5, true), variant("b", 4, 0.3, true), variant("c", 4, 0.2, true), variant("d", 5, 0, true)] })).toBe("versions 3 and 4");
  });
});
