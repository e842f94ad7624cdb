import type { ServedTensor } from "../api/servingTypes";

/** So many numbers are written out; of larger inputs nobody edits an example by hand. */
const mostNumbers = 2_000;

const valueOf = (datatype: string): unknown => (datatype === "BYTES" ? "text" : datatype === "BOOL" ? false : /^(FP|BF)/.test(datatype) ? 0.5 : 0);

const nested = (shape: readonly number[], datatype: string): unknown =>
  shape.length === 0 ? valueOf(datatype) : Array.from({ length: shape[0] === -1 ? 1 : (shape[0] ?? 1) }, () => nested(shape.slice(1), datatype));

/**
 * A body that the inputs of a model allow: one row under "instances" where each input has a first dimension of any length, else all of them under "inputs".
 * null where it would be too large.
 */
export function exampleOf(inputs: readonly ServedTensor[]): string | null {
  const size = inputs.reduce((sum, input) => sum + input.shape.reduce((product, length) => product * (length === -1 ? 1 : length), 1), 0);
  if (inputs.length === 0 || size > mostNumbers) return null;
  const hasRows = inputs.every((input) => input.shape[0] === -1);
  const of = (input: ServedTensor): unknown => nested(hasRows ? input.shape.slice(1) : input.shape, input.datatype);
  const [only] = inputs;
  const value = inputs.length === 1 && only !== undefined ? of(only) : Object.fromEntries(inputs.map((input) => [input.name, of(input)]));
  return JSON.stringify(hasRows ? { instances: [value] } : { inputs: value }, null, 2).replace(/\[\s+([\d.,\s-]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`);
}

/** What is wrong with a body; null where it is JSON. */
export function jsonFault(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** An input in words: "x: FP32, any × 4". */
export const tensorWords = (tensor: ServedTensor): string => `${tensor.name}: ${tensor.datatype}${tensor.shape.length === 0 ? "" : `, ${tensor.shape.map((length) => (length === -1 ? "any" : length)).join(" × ")}`}`;
