import { describe, expect, it } from "vitest";
import { exampleOf, jsonFault, tensorWords } from "./example";
import { targetOptions, unusedOption, withChosen } from "./targets";

const served = { name: "m", versions: [{ version: 2, state: "available" as const, inputs: [], outputs: [] }, { version: 10, state: "available" as const, inputs: [], outputs: [] }], aliases: { challenger: 10, champion: 2 }, default: 2 };

describe("an example", () => {
  it("is a row of the only input", () => {
    expect(JSON.parse(exampleOf([{ name: "x", datatype: "FP32", shape: [-1, 3] }]) ?? "")).toEqual({ instances: [[0.5, 0.5, 0.5]] });
    expect(exampleOf([{ name: "x", datatype: "FP32", shape: [-1, 3] }])).toContain("[0.5, 0.5, 0.5]");
  });

  it("names the inputs where there are several", () => {
    expect(JSON.parse(exampleOf([{ name: "age", datatype: "INT64", shape: [-1] }, { name: "city", datatype: "BYTES", shape: [-1, 1] }]) ?? "")).toEqual({ instances: [{ age: 0, city: ["text"] }] });
  });

  it("has all of an input without rows", () => {
    expect(JSON.parse(exampleOf([{ name: "x", datatype: "BOOL", shape: [2, -1] }]) ?? "")).toEqual({ inputs: [[false], [false]] });
  });

  it("is none where nobody would read it", () => {
    expect(exampleOf([{ name: "x", datatype: "FP32", shape: [-1, 224, 224, 3] }])).toBe(null);
    expect(exampleOf([])).toBe(null);
  });

  it("is JSON, or what is wrong is said", () => {
    expect(jsonFault("{\"instances\": [1]}")).toBe(null);
    expect(jsonFault("{instances: 1}")).not.toBe(null);
    expect(tensorWords({ name: "x", datatype: "FP32", shape: [-1, 4] })).toBe("x: FP32, any × 4");
  });
});

describe("targets", () => {
  it("are aliases, the champion first, then versions, the newest first", () => {
    expect(targetOptions(undefined, served).map((option) => option.label)).toEqual(["champion, now version 2", "challenger, now version 10", "version 10, challenger", "version 2, champion"]);
  });

  it("propose a version that nobody has yet", () => {
    const options = targetOptions(undefined, served);
    expect(unusedOption(options, ["champion"])?.value).toBe("challenger");
    expect(unusedOption(options, ["champion", "10"])?.value).toBe("challenger");
    expect(unusedOption(targetOptions(undefined, { ...served, aliases: { champion: 2 } }), ["champion"])?.value).toBe("10");
    expect(unusedOption([], [])).toBe(undefined);
  });

  it("keep the chosen one that is gone", () => {
    expect(withChosen([], "7")).toEqual([{ value: "7", label: "version 7" }]);
    expect(withChosen([{ value: "7", label: "x" }], "7").length).toBe(1);
    expect(withChosen([], "")).toEqual([]);
  });
});
