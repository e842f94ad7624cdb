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

export type Readiness = "ready" | "loading" | "untrained";

/** Whether somebody answers: a variant with a share whose version is there, and loaded. Pure. */
export function readinessOf(endpoint: Pick<Endpoint, "variants">): Readiness {
  const answering = endpoint.variants.filter((variant) => variant.share > 0 && variant.version !== null && variant.version !== undefined);
  return answering.length === 0 ? "untrained" : answering.some((variant) => variant.isLoaded) ? "ready" : "loading";
}

/** Which versions answer: "version 3", "versions 3 and 4". Pure. */
export function answeringWords(endpoint: Pick<Endpoint, "variants">): string {
  const versions = [...new Set(endpoint.variants.filter((variant) => variant.share > 0 && variant.version != null).map((variant) => variant.version))];
  return versions.length === 1 ? `version ${versions[0]}` : `versions ${versions.slice(0, -1).join(", ")} and ${versions.at(-1)}`;
}
