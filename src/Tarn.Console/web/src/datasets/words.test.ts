import { describe, expect, it } from "vitest";
import { barsOf, checkWords, filterOf, filterWords, isRunId, share, thumbnail, versionOf } from "./words";

describe("datasets in words", () => {
  it("asks for a picture by its hash, at a version where one is looked at", () => {
    expect(thumbnail("silver.photos", "ab12", 224)).toBe("/api/v1/datasets/silver.photos/thumbnails/ab12?size=224");
    expect(thumbnail("silver.photos", "ab12", 224, "3")).toBe("/api/v1/datasets/silver.photos/thumbnails/ab12?size=224&version=3");
  });

  it("reads the version that a training run names", () => {
    expect([versionOf("version 12"), versionOf("7"), versionOf("a1b2c3"), versionOf("")]).toEqual([12, 7, undefined, undefined]);
    expect([isRunId("0191f0c2a4b07d3e8c55aa01bb02cc03"), isRunId("the gate")]).toEqual([true, false]);
  });

  it("draws classes beside the largest", () => {
    const [small, large] = [{ label: "a", train: 7, validation: 2, test: 1, all: 10 }, { label: "b", train: 14, validation: 3, test: 3, all: 20 }];
    expect(barsOf(small, [small, large])).toEqual({ train: 35, validation: 10, test: 5 });
    expect(barsOf({ ...small, all: 0, train: 0, validation: 0, test: 0 }, [])).toEqual({ train: 0, validation: 0, test: 0 });
    expect([share(7, 10), share(0, 0)]).toEqual(["70 %", ""]);
  });

  it("takes the filter from the address", () => {
    expect(filterOf(new URLSearchParams("label=pizza&split=&finding=any"))).toEqual({ label: "pizza", split: undefined, finding: "any", group: undefined });
    expect(filterWords({})).toBe("images");
    expect(filterWords({ label: "pizza", split: "test", finding: "near_duplicate" })).toBe("test images of pizza with near duplicate");
    expect(filterWords({ finding: "any", group: "ab" })).toBe("images with a finding of one group");
    expect(checkWords("single_image_class")).toBe("single image class");
  });
});
