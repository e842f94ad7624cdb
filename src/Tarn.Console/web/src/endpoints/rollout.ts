import type { Rollout, RolloutMetric, RolloutStatus, RolloutTest } from "../api/servingTypes";

export const statusWords: Record<RolloutStatus, string> = {
  running: "running",
  paused: "paused",
  promoting: "promoting",
  finished: "finished",
  rolled_back: "rolled back",
  aborted: "aborted",
};

export const metricWords: Record<RolloutMetric, string> = {
  errors: "Errors",
  slow_answers: "Slow answers",
  negative_feedback: "Negative feedback",
  disagreement: "Disagreement with the champion",
};

/** Whether a rollout goes on: then it decides the split, and nobody else does. */
export const rolloutSays = (rollout: Pick<Rollout, "status"> | null | undefined): rollout is Rollout => rollout !== null && rollout !== undefined && ["running", "paused", "promoting"].includes(rollout.status);

export type StepState = "done" | "now" | "next";

/** The stages as steps. Those of a rollout that went back stay as far as they came. */
export const stepsOf = (rollout: Pick<Rollout, "stages" | "stage" | "status">): { percent: number; state: StepState }[] =>
  rollout.stages.map((percent, index) => ({ percent, state: rollout.status === "finished" || index < rollout.stage ? "done" : index === rollout.stage ? "now" : "next" }));

/** The canary's share, in percent, at which what is shown was compared: in the last stage there is no control left, and the evidence is that of the stage before. Pure. */
export const comparedAt = (rollout: Pick<Rollout, "stages" | "stage">): number => rollout.stages[Math.max(0, Math.min(rollout.stage, rollout.stages.length - 2))] ?? 100;

/** What a rollout compares: "version 7", or its canary's name. Pure. */
export const canaryWords = (rollout: Pick<Rollout, "canary" | "canaryVersion">): string => (rollout.canaryVersion == null ? rollout.canary : `version ${rollout.canaryVersion}`);

/** What a rollout that ended came to. Pure. */
export function endWords(rollout: Pick<Rollout, "status" | "canary" | "canaryVersion" | "control" | "onSuccess">): string {
  if (rollout.status !== "finished") return `All requests went back to ${rollout.control}.`;
  const canary = canaryWords(rollout);
  const who = `${canary.slice(0, 1).toUpperCase()}${canary.slice(1)}`;
  return rollout.onSuccess === "promote_champion" ? `${who} became the model’s champion.` : `${who} keeps all requests under its own name; no alias changed.`;
}

/** What a test says now, and what follows from it. */
export function verdictWords(test: Pick<RolloutTest, "verdict" | "isGuardOnly">): string {
  if (test.verdict === "harm") return "does harm: goes back";
  if (test.verdict === "safe") return "keeps the margin";
  return test.isGuardOnly === true ? "open; not needed to go on" : "open: not enough seen yet";
}

/** What the margin means for the share that is looked at. */
export function marginWords(test: Pick<RolloutTest, "metric" | "margin" | "control" | "slowerThanMs">): string {
  const margin = `${Number((test.margin * 100).toPrecision(3))}`;
  if (test.metric === "disagreement") return `at most ${margin} %`;
  const most = test.control.rate === null || test.control.rate === undefined ? "" : `, so at most ${rateText(test.control.rate + test.margin)}`;
  return `at most ${margin} ${margin === "1" ? "point" : "points"} over the control${most}`;
}

/** A share of cases: "1.25 %"; "–" where there are none. */
export const rateText = (rate: number | null | undefined): string => (rate === null || rate === undefined ? "–" : `${Number((rate * 100).toPrecision(3))} %`);

/** An e-value for people: "0.03", "12", "2.4 × 10⁶". */
export function eText(e: number): string {
  if (!Number.isFinite(e)) return "∞";
  if (e >= 10_000 || (e > 0 && e < 0.001)) {
    const exponent = Math.floor(Math.log10(e));
    return `${(e / 10 ** exponent).toFixed(1)} × 10${superscript(exponent)}`;
  }
  return e >= 100 ? Math.round(e).toLocaleString("en") : String(Number(e.toPrecision(2)));
}

const superscript = (whole: number): string => [...String(whole)].map((digit) => (digit === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? ""))).join("");

/**
 * Where an e-value stands between nothing and its threshold, on a logarithmic scale: 0.01 is at 0, the threshold at 0.8, and what is over it up to 1.
 * 1, with which every test begins, is no evidence for either side.
 */
export function ePlace(e: number, needed: number): number {
  const low = Math.log(0.01);
  const high = Math.log(Math.max(needed, 1.1));
  return Math.min(1, Math.max(0, ((Math.log(Math.max(e, 1e-300)) - low) / (high - low)) * 0.8));
}

export interface StartDraft {
  canary: string;
  stages: string;
  samples: number | string;
  hours: number | string;
  metrics: Record<RolloutMetric, { on: boolean; percent: number | string }>;
  onSuccess: Rollout["onSuccess"];
  onExpiry: Rollout["onExpiry"];
  reason: string;
}

export const startDraft = (canary: string, hasFeedback: boolean): StartDraft => ({
  canary,
  stages: "1, 5, 25, 50, 100",
  samples: 500,
  hours: 24,
  metrics: { errors: { on: true, percent: 1 }, slow_answers: { on: true, percent: 5 }, negative_feedback: { on: hasFeedback, percent: 10 }, disagreement: { on: false, percent: 5 } },
  onSuccess: "promote_champion",
  onExpiry: "hold",
  reason: "",
});

/** The stages that a text means; null where it means none that are allowed. */
export function stagesOf(text: string): number[] | null {
  const stages = text.split(/[\s,;→%]+/).filter((part) => part !== "").map(Number);
  const isRising = stages.every((stage, index) => Number.isFinite(stage) && stage >= 0.01 && (index === 0 || stage > (stages[index - 1] ?? 0)));
  return stages.length >= 2 && stages.length <= 20 && isRising && stages.at(-1) === 100 ? stages : null;
}

/** What is wrong with a rollout that is to start, by field. Empty where it can. */
export function startFaults(draft: StartDraft): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  if (draft.canary.trim() === "") faults.set("canary", "Choose the version that is to take over.");
  if (stagesOf(draft.stages) === null) faults.set("stages", "2 to 20 rising percentages, the last 100.");
  if (!(Number.isInteger(Number(draft.samples)) && Number(draft.samples) >= 1)) faults.set("samples", "A whole number from 1.");
  if (draft.hours === "" || !(Number(draft.hours) > 0 && Number(draft.hours) <= 90 * 24)) faults.set("hours", "Over 0, up to 2,160 hours.");
  const chosen = Object.entries(draft.metrics).filter(([, metric]) => metric.on);
  if (chosen.length === 0) faults.set("metrics", "At least one is compared.");
  for (const [name, metric] of chosen) if (!(Number(metric.percent) > 0 && Number(metric.percent) <= 50)) faults.set(name, "Over 0, up to 50.");
  return faults;
}

/** What is sent for a draft without faults. */
export const startBody = (draft: StartDraft, revision: number): Record<string, unknown> => ({
  canary: /^\d+$/.test(draft.canary) ? Number(draft.canary) : draft.canary,
  stages: stagesOf(draft.stages),
  minSamplesPerStage: Number(draft.samples),
  maxStageMinutes: Number(draft.hours) * 60,
  metrics: (Object.keys(draft.metrics) as RolloutMetric[])
    .filter((name) => draft.metrics[name].on)
    .map((metric) => ({ metric, margin: Number(draft.metrics[metric].percent) / 100 })),
  onSuccess: draft.onSuccess,
  onExpiry: draft.onExpiry,
  revision,
  reason: draft.reason,
});
