import type { Endpoint, LedgerRoute, Target } from "../api/servingTypes";

/** A row of the editor. Weights and fractions are what the inputs hold: a number, or text that is none yet. */
export interface DraftVariant {
  key: string;
  name: string;
  /** "3" for a version, else an alias. */
  target: string;
  weight: number | string;
}

export interface DraftShadow {
  key: string;
  name: string;
  target: string;
  /** In percent. */
  percent: number | string;
}

export interface Draft {
  /** The revision that the draft was made from. */
  revision: number;
  variants: DraftVariant[];
  shadows: DraftShadow[];
  stickyHeader: string;
}

export const targetText = (target: Target): string => target.remote ? `remote:${target.remote}` : target.version === null || target.version === undefined ? (target.alias ?? "") : String(target.version);

/** "version 3", "cluster west", or the alias as it is. */
export const targetWords = (target: Target): string => target.remote ? `cluster ${target.remote}` : target.version === null || target.version === undefined ? (target.alias ?? "nothing") : `version ${target.version}`;

const targetOf = (text: string): { version: number } | { alias: string } | { remote: string } => {
  const trimmed = text.trim();
  if (trimmed.startsWith("remote:")) return { remote: trimmed.slice("remote:".length) };
  return /^\d+$/.test(trimmed) ? { version: Number(text) } : { alias: trimmed };
};

/** Percent without the noise of binary fractions: 33.3, 0.05, 100. */
const percentOf = (fraction: number): number => Number((fraction * 100).toPrecision(6));

export const draftOf = (endpoint: Pick<Endpoint, "revision" | "variants" | "shadows" | "stickyHeader">): Draft => ({
  revision: endpoint.revision,
  variants: endpoint.variants.map((one) => ({ key: one.name, name: one.name, target: targetText(one.target), weight: one.weight })),
  shadows: endpoint.shadows.map((one) => ({ key: one.name, name: one.name, target: targetText(one.target), percent: percentOf(one.fraction) })),
  stickyHeader: endpoint.stickyHeader ?? "",
});

const numberIn = (value: number | string): number => (typeof value === "number" ? value : value.trim() === "" ? NaN : Number(value));

/** The part of the requests that each weight comes to, 0 to 1; what is no weight yet counts as 0. */
export function sharesOf(weights: readonly (number | string)[]): number[] {
  const numbers = weights.map((weight) => Math.max(0, Number.isFinite(numberIn(weight)) ? numberIn(weight) : 0));
  const sum = numbers.reduce((total, weight) => total + weight, 0);
  return numbers.map((weight) => (sum === 0 ? 0 : weight / sum));
}

/** A share for people: "90 %", "33.3 %", "0.05 %". What is little is not rounded away. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "under 0.01 %";
  const rounded = percent < 1 ? percent.toPrecision(2) : percent.toFixed(1);
  // 99.97 % is not everything.
  return `${Number(rounded) === 100 && share < 1 ? "99.9" : Number(rounded)} %`;
}

const name = /^[a-z0-9-]{1,64}$/;
const alias = /^[A-Za-z0-9_-]{1,255}$/;
const header = /^[A-Za-z0-9-]{1,64}$/;

const isTarget = (text: string): boolean => /^\d+$/.test(text.trim()) ? Number(text) >= 1 : alias.test(text.trim().replace(/^remote:/, ""));

/** What is wrong with a draft, by the key of its row; "" is for the whole. Empty where it can be saved. */
export function faultsOf(draft: Draft): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  const rows = [...draft.variants, ...draft.shadows];
  for (const row of rows) {
    if (!name.test(row.name)) faults.set(row.key, "A name has 1 to 64 lower-case letters, digits and hyphens.");
    else if (rows.some((other) => other !== row && other.name === row.name)) faults.set(row.key, "No two variants or shadows have one name.");
    else if (!isTarget(row.target)) faults.set(row.key, "Choose a version or an alias.");
  }
  for (const variant of draft.variants) {
    const weight = numberIn(variant.weight);
    if (!faults.has(variant.key) && !(weight === 0 || (weight >= 1e-9 && weight <= 1e6))) faults.set(variant.key, "A weight is 0 to 1,000,000.");
  }
  for (const shadow of draft.shadows) {
    const percent = numberIn(shadow.percent);
    if (!faults.has(shadow.key) && !(percent >= 0 && percent <= 100)) faults.set(shadow.key, "A shadow gets a copy of 0 to 100 % of the requests.");
  }
  if (draft.variants.length === 0) faults.set("", "An endpoint has at least one variant.");
  else if (!draft.variants.some((variant) => numberIn(variant.weight) > 0)) faults.set("", "At least one weight is over 0.");
  if (draft.stickyHeader !== "" && !header.test(draft.stickyHeader)) faults.set("sticky", "A header's name has 1 to 64 letters, digits and hyphens.");
  return faults;
}

/** What is sent for a draft without faults. */
export const bodyOf = (draft: Draft, reason: string): Record<string, unknown> => ({
  variants: draft.variants.map((one) => ({ name: one.name, ...targetOf(one.target), weight: numberIn(one.weight) })),
  shadows: draft.shadows.map((one) => ({ name: one.name, ...targetOf(one.target), fraction: numberIn(one.percent) / 100 })),
  stickyHeader: draft.stickyHeader,
  revision: draft.revision,
  reason,
});

export interface Change {
  what: string;
  from: string;
  to: string;
}

const absent = "not there";

function compared(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, of: string): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => ({ what: `${of}${key}`, from: before.get(key) ?? absent, to: after.get(key) ?? absent }))
    .filter((change) => change.from !== change.to);
}

const described = (draft: Draft): { variants: Map<string, string>; shadows: Map<string, string>; sticky: Map<string, string> } => {
  const shares = sharesOf(draft.variants.map((one) => one.weight));
  const words = (text: string): string => targetWords(isTarget(text) ? targetOf(text) : {});
  return {
    variants: new Map(draft.variants.map((one, index) => [one.name, `${shareText(shares[index] ?? 0)} to ${words(one.target)}`])),
    shadows: new Map(draft.shadows.map((one) => [one.name, `copies of ${shareText(numberIn(one.percent) / 100)} to ${words(one.target)}`])),
    sticky: new Map([["users stay by the header", draft.stickyHeader === "" ? "none" : draft.stickyHeader]]),
  };
};

/** What a draft would change of the split as it is, in words; empty where it changes nothing. */
export function changesOf(before: Draft, after: Draft): Change[] {
  const [was, is] = [described(before), described(after)];
  return [...compared(was.variants, is.variants, ""), ...compared(was.shadows, is.shadows, "shadow "), ...compared(was.sticky, is.sticky, "")];
}

/** A split in a line: "champion 90 %, canary 10 %; shadow next 5 %". */
export function routeWords(route: LedgerRoute | null | undefined): string {
  if (route === null || route === undefined) return "none";
  const shares = sharesOf(route.variants.map((one) => one.weight));
  const variants = route.variants.map((one, index) => `${one.name}${targetText(one.target) === one.name ? "" : ` (${targetWords(one.target)})`} ${shareText(shares[index] ?? 0)}`);
  const shadows = route.shadows.map((one) => `shadow ${one.name} ${shareText(one.fraction)}`);
  const sticky = route.stickyHeader ? [`users stay by ${route.stickyHeader}`] : [];
  return [variants.join(", "), ...shadows, ...sticky].join("; ");
}

/** A name for a new row that none has yet: the target's own where it can be. */
export function freeName(target: string, taken: readonly string[]): string {
  const plain = /^\d+$/.test(target) ? `v${target}` : target.toLowerCase().replace(/[^a-z0-9-]+/g, "-").slice(0, 60) || "variant";
  for (let number = 1; ; number++) {
    const made = number === 1 ? plain : `${plain}-${number}`;
    if (!taken.includes(made)) return made;
  }
}
