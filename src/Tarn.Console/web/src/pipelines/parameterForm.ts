import type { PipelineParameter } from "../api/types";

export type FieldKind = "choice" | "flag" | "whole" | "number" | "text" | "date" | "time" | "json";

export interface ParameterField {
  name: string;
  kind: FieldKind;
  required: boolean;
  description: string | null;
  /** The text that the form starts with. */
  initial: string;
  /** Whether leaving it empty is a value of its own: null. */
  nullable: boolean;
  choices: { value: string; label: string }[];
  minimum?: number;
  maximum?: number;
}

const record = (value: unknown): Record<string, unknown> => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});

/** "string", or ["string", "null"] → the types. */
const typesOf = (schema: Record<string, unknown>): string[] => {
  const type = schema["type"];
  return typeof type === "string" ? [type] : Array.isArray(type) ? type.filter((one): one is string => typeof one === "string") : [];
};

function kindOf(schema: Record<string, unknown>): FieldKind {
  if (Array.isArray(schema["enum"])) return "choice";
  const types = typesOf(schema).filter((type) => type !== "null");
  // .NET says of a number that a text of it would do as well.
  const numeric = types.find((type) => type === "integer" || type === "number");
  if (numeric !== undefined && types.every((type) => type === numeric || type === "string")) return numeric === "integer" ? "whole" : "number";
  if (types.length !== 1) return "json";
  if (types[0] === "boolean") return "flag";
  if (types[0] !== "string") return "json";
  return schema["format"] === "date" ? "date" : schema["format"] === "date-time" ? "time" : "text";
}

/** A value as its field shows it. */
function shown(value: unknown, kind: FieldKind): string {
  if (value === undefined || value === null) return "";
  if (kind === "json" || kind === "choice") return JSON.stringify(value);
  if (kind === "flag") return value === true ? "true" : "false";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What a form asks for one parameter of a pipeline, by its JSON schema. */
export function fieldOf(parameter: PipelineParameter): ParameterField {
  const schema = record(parameter.schema);
  const kind = kindOf(schema);
  const choices = Array.isArray(schema["enum"]) ? schema["enum"] : [];
  const number = (name: string): number | undefined => (typeof schema[name] === "number" ? schema[name] : undefined);
  return {
    name: parameter.name,
    kind,
    required: parameter.required,
    description: parameter.description ?? (typeof schema["description"] === "string" ? schema["description"] : null),
    initial: shown(parameter.default ?? schema["default"], kind) || (kind === "flag" ? "false" : ""),
    nullable: typesOf(schema).includes("null"),
    choices: choices.map((choice) => ({ value: JSON.stringify(choice), label: typeof choice === "string" ? choice : JSON.stringify(choice) })),
    minimum: number("minimum"),
    maximum: number("maximum"),
  };
}

/** What is given of a field: a value, nothing (its default holds), or what is wrong with the text. */
export type Read = { value: unknown } | { missing: true } | { error: string };

export function read(field: ParameterField, text: string): Read {
  if (text.trim() === "" && !(field.kind === "text" && field.initial !== "" && !field.required)) {
    if (field.required) return { error: "It has to be given." };
    // An empty text is a text, where the default is another.
    return field.initial === "" ? { missing: true } : field.nullable ? { value: null } : { missing: true };
  }
  switch (field.kind) {
    case "flag":
      return { value: text === "true" };
    case "whole":
      return /^\s*[+-]?\d+\s*$/.test(text) ? { value: Number(text) } : { error: "It is a whole number." };
    case "number":
      return Number.isFinite(Number(text)) ? { value: Number(text) } : { error: "It is a number." };
    case "choice":
    case "json":
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return { error: "It is JSON." };
      }
    default:
      return { value: text };
  }
}

export interface FormResult {
  values: Record<string, unknown>;
  errors: Record<string, string>;
}

/** All fields: what to send, and what to mend before. */
export function readForm(fields: readonly ParameterField[], texts: Readonly<Record<string, string>>): FormResult {
  const result: FormResult = { values: {}, errors: {} };
  for (const field of fields) {
    const one = read(field, texts[field.name] ?? field.initial);
    if ("error" in one) result.errors[field.name] = one.error;
    else if ("value" in one) result.values[field.name] = one.value;
  }
  return result;
}

/**
 * The server's message, taken apart by parameter: "The parameters of pipeline 'p' have 2 error(s): the parameter 'a' is 3; it is one of [1,2]; the parameter 'b' has no default…".
 * What names no field stays as the rest.
 */
export function serverErrors(message: string, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  const marks = names.flatMap((name) => {
    const index = message.indexOf(`the parameter '${name}'`);
    return index < 0 ? [] : [{ name, index }];
  }).sort((a, b) => a.index - b.index);
  marks.forEach(({ name, index }, position) => {
    const end = marks[position + 1]?.index ?? message.length;
    found[name] = message.slice(index + `the parameter '${name}'`.length, end).replace(/^\s*(is|has)/, (word) => `It ${word.trim()}`).replace(/[;.\s]+$/, "").trim() + ".";
  });
  return found;
}
