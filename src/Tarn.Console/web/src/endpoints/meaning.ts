import type { Meaning, VariantState } from "../api/servingTypes";
import { targetWords } from "./split";

/** What a variant comes to: the version that its target means now, or the cluster. Pure. */
export function meansText(one: Pick<Meaning, "target" | "version"> & { state?: VariantState }): string {
  if (one.target.remote) return targetWords(one.target);
  if (one.version === null || one.version === undefined) return `${targetWords(one.target)} means nothing yet`;
  return `version ${one.version}${one.state === "loading" ? ", being loaded" : ""}`;
}

export interface MeaningNotice {
  /** What passes by itself needs nobody. */
  tone: "busy" | "warn";
  text: string;
}

/** What a person should know of what a variant means: why it does not answer, or what is about to. Null where it answers and nothing is to come. Pure. */
export function meaningNotice(one: Meaning): MeaningNotice | null {
  const version = `version ${one.version}`;
  switch (one.state) {
    case "loading":
      return { tone: "busy", text: `${one.name}: ${version} is being loaded and answers in a moment.` };
    case "failed":
      return { tone: "warn", text: `${one.name}: ${version} could not be loaded. ${one.problem ?? ""}`.trim() };
    case "not_loaded":
      return { tone: "warn", text: `${one.name}: ${version} is not loaded.` };
    case "none":
      return { tone: "warn", text: `${one.name} means no version: its requests are refused until ${one.target.alias ?? "its target"} is given to one.` };
    case "unreachable":
      return { tone: "warn", text: `${one.name}: no instance of the cluster ${one.target.remote} can be asked. ${one.problem ?? ""}`.trim() };
    default:
      break;
  }
  if (one.next == null) return null;
  const next = `version ${one.next.version}`;
  if (one.next.state === "failed") return { tone: "warn", text: `${one.name} was given to ${next}, which could not be loaded; ${version} goes on answering. ${one.next.problem ?? ""}`.trim() };
  return { tone: "busy", text: `${one.name} was given to ${next}, which is being loaded; ${version} answers until then.` };
}
