import { labelWords, type Endpoint } from "@tarn/console";

/** What a label says, in large words: "pizza" → "It's pizza", "not_pizza" → "Not pizza", "tart" → "It's tart". Pure. */
export function verdictOf(label: string): string {
  const other = /^not?[_ -]+(.+)$/i.exec(label);
  return other === null ? `It's ${labelWords(label)}` : `Not ${labelWords(other[1] ?? "")}`;
}

/** Whether a label says that the picture shows what the system is about. Pure. */
export const isPizza = (label: string): boolean => /^pizzas?$/i.test(label);

/** How sure the model is, in words beside the number. Pure. */
export function sureness(probability: number): string {
  if (probability >= 0.95) return "very sure";
  if (probability >= 0.8) return "fairly sure";
  if (probability >= 0.6) return "not very sure";
  return "hardly sure";
}

export type Readiness = "ready" | "loading" | "failed" | "untrained";

/** Whether somebody answers, or why nobody does: a model on its way is told from one that cannot be loaded, and from none. Pure. */
export function readinessOf(endpoint: Pick<Endpoint, "variants">): Readiness {
  const states = endpoint.variants.filter((variant) => variant.share > 0).map((variant) => variant.state);
  if (states.includes("loaded")) return "ready";
  if (states.includes("loading")) return "loading";
  return states.every((state) => state === "none") ? "untrained" : "failed";
}

/** Which versions answer: "version 3", "versions 3 and 4". Pure. */
export function answeringWords(endpoint: Pick<Endpoint, "variants">): string {
  const versions = [...new Set(endpoint.variants.filter((variant) => variant.share > 0 && variant.version != null).map((variant) => variant.version))];
  return versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.slice(0, -1).join(", ")} and ${versions.at(-1)}`;
}
