import { describe, expect, it } from "vitest";
import type { Endpoint } from "@tarn/console";
import { answeringWords, isPizza, readinessOf, sureness, verdictOf } from "./verdict";

const counts = { requests: 0, errors: 0, positive: 0, negative: 0, agreed: 0, disagreed: 0 };
const variant = (name: string, version: number | null, share: number, state: Endpoint["variants"][number]["state"]) => ({ name, version, target: { alias: name }, weight: share, share, isLoaded: state === "loaded", state, counts });

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
  it("tells a model on its way from one that cannot be loaded, and from none", () => {
    expect(readinessOf({ variants: [variant("champion", null, 1, "none")] })).toBe("untrained");
    expect(readinessOf({ variants: [variant("champion", 1, 1, "loading")] })).toBe("loading");
    expect(readinessOf({ variants: [variant("champion", 1, 1, "loaded")] })).toBe("ready");
    expect(readinessOf({ variants: [variant("champion", 1, 1, "failed")] })).toBe("failed");
    expect(readinessOf({ variants: [variant("champion", null, 0.5, "none"), variant("v2", 2, 0.5, "loading")] })).toBe("loading");
    // One that gets nothing answers nobody.
    expect(readinessOf({ variants: [variant("champion", null, 1, "none"), variant("v2", 2, 0, "loaded")] })).toBe("untrained");
  });

  it("names the versions that answer, each once", () => {
    expect(answeringWords({ variants: [variant("a", 3, 1, "loaded")] })).toBe("version 3");
    expect(answeringWords({ variants: [variant("a", 3, 0.5, "loaded"), variant("b", 4, 0.3, "loaded"), variant("c", 4, 0.2, "loaded"), variant("d", 5, 0, "loaded")] })).toBe("versions 3 and 4");
  });
});
