import { describe, expect, it } from "vitest";
import type { PipelineParameter } from "../api/types";
import { fieldOf, read, readForm, serverErrors } from "./parameterForm";

const parameter = (schema: PipelineParameter["schema"], more: Partial<PipelineParameter> = {}): PipelineParameter => ({ name: "p", required: false, schema, ...more });

describe("fieldOf", () => {
  it.each([
    [{ type: "integer" }, "whole"],
    [{ type: ["string", "integer"], pattern: "^-?\\d+$" }, "whole"],
    [{ type: ["string", "number", "null"] }, "number"],
    [{ type: "boolean" }, "flag"],
    [{ type: ["string", "null"] }, "text"],
    [{ type: "string", format: "date" }, "date"],
    [{ type: "string", format: "date-time" }, "time"],
    [{ type: "string", enum: ["a", "b"] }, "choice"],
    [{ type: "array", items: {} }, "json"],
    [{}, "json"],
    [true, "json"],
  ] as const)("reads the schema %j", (schema, kind) => expect(fieldOf(parameter(schema as never)).kind).toBe(kind));

  it("starts with the default, and has the choices by their JSON", () => {
    const field = fieldOf(parameter({ enum: ["full", 3], default: "full", description: "how" }, { default: "full" }));
    expect([field.initial, field.description, field.choices]).toEqual(['"full"', "how", [{ value: '"full"', label: "full" }, { value: "3", label: "3" }]]);
    expect(fieldOf(parameter({ type: "integer" }, { default: 0 })).initial).toBe("0");
  });
});

describe("read", () => {
  const of = (schema: Record<string, unknown>, text: string, more: Partial<PipelineParameter> = {}): unknown => read(fieldOf(parameter(schema, more)), text);

  it("makes the values that the schema wants", () => {
    expect(of({ type: "integer" }, "12")).toEqual({ value: 12 });
    expect(of({ type: "number" }, "1.5")).toEqual({ value: 1.5 });
    expect(of({ type: "boolean" }, "true")).toEqual({ value: true });
    expect(of({ enum: [1, 2] }, "2")).toEqual({ value: 2 });
    expect(of({ type: "array" }, "[1]")).toEqual({ value: [1] });
    expect(of({ type: "string" }, "12")).toEqual({ value: "12" });
  });

  it("says what is wrong", () => {
    expect(of({ type: "integer" }, "1.5")).toEqual({ error: "It is a whole number." });
    expect(of({ type: "number" }, "x")).toEqual({ error: "It is a number." });
    expect(of({}, "{")).toEqual({ error: "It is JSON." });
    expect(of({ type: "string" }, "", { required: true })).toEqual({ error: "It has to be given." });
  });

  it("leaves out what is left empty, but sends an empty text for another", () => {
    expect(of({ type: "integer" }, "", { default: 3 })).toEqual({ missing: true });
    expect(of({ type: ["integer", "null"] }, "", { default: 3 })).toEqual({ value: null });
    expect(of({ type: "string" }, "", { default: "x" })).toEqual({ value: "" });
    expect(of({ type: "string" }, "")).toEqual({ missing: true });
  });
});

describe("readForm", () => {
  it("sends defaults as they are shown and collects what is wrong", () => {
    const fields = [fieldOf({ name: "a", required: false, default: 2, schema: { type: "integer" } }), fieldOf({ name: "b", required: true, schema: { type: "string" } })];
    expect(readForm(fields, {})).toEqual({ values: { a: 2 }, errors: { b: "It has to be given." } });
    expect(readForm(fields, { a: "5", b: "x" })).toEqual({ values: { a: 5, b: "x" }, errors: {} });
  });
});

describe("serverErrors", () => {
  it("gives each field its own part of the message", () => {
    const message = "The parameters of pipeline 'p' have 2 error(s): the parameter 'size' is 900; it is 1 to 100; the parameter 'mode' has no default and has to be given.";
    expect(serverErrors(message, ["mode", "size", "other"])).toEqual({ size: "It is 900; it is 1 to 100.", mode: "It has no default and has to be given." });
    expect(serverErrors("The pipeline is not known.", ["mode"])).toEqual({});
  });
});
