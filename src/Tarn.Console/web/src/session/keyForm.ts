export interface KeyDraft {
  name: string;
  role: "viewer" | "operator" | "admin";
  endpoint: string | null;
  /** By commas; null for all that the role may. */
  verbs: string | null;
  rate: number | string;
  perDay: number | string;
  /** A duration; "" for never. */
  expiresIn: string;
}

export const newDraft = (): KeyDraft => ({ name: "", role: "viewer", endpoint: null, verbs: null, rate: "", perDay: "", expiresIn: "90d" });

/** What is wrong with a key that is to be made, by field. Pure. */
export function draftFaults(draft: KeyDraft): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  if (draft.name !== "" && !/^[A-Za-z0-9._@-]{1,64}$/.test(draft.name.trim())) faults.set("name", "1 to 64 letters, digits, dots, underscores, dashes and @.");
  if (draft.rate !== "" && !(Number(draft.rate) > 0)) faults.set("rate", "Over 0, or empty.");
  if (draft.perDay !== "" && !(Number.isInteger(Number(draft.perDay)) && Number(draft.perDay) >= 1)) faults.set("perDay", "A whole number from 1, or empty.");
  return faults;
}

/** What is sent for it. Pure. */
export const keyBody = (draft: KeyDraft): Record<string, unknown> => ({
  name: draft.name.trim(),
  role: draft.role,
  ...(draft.endpoint === null ? {} : { endpoints: [draft.endpoint] }),
  ...(draft.verbs === null ? {} : { verbs: draft.verbs.split(",") }),
  ...(draft.rate === "" ? {} : { ratePerSecond: Number(draft.rate) }),
  ...(draft.perDay === "" ? {} : { requestsPerDay: Number(draft.perDay) }),
  ...(draft.expiresIn === "" ? {} : { expiresIn: draft.expiresIn }),
});
