import { describe, expect, it } from "vitest";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import type { Rollout } from "../api/servingTypes";
import { LastRollout } from "./RolloutTab";
import { canaryWords, comparedAt, endWords, ePlace, eText, marginWords, rateText, rolloutSays, stagesOf, startBody, startDraft, startFaults, stepsOf, verdictWords } from "./rollout";

describe("steps", () => {
  it("are done, now or next", () => {
    const stages = [1, 5, 100];
    expect(stepsOf({ stages, stage: 1, status: "running" }).map((step) => step.state)).toEqual(["done", "now", "next"]);
    expect(stepsOf({ stages, stage: 1, status: "rolled_back" }).map((step) => step.state)).toEqual(["done", "now", "next"]);
    expect(stepsOf({ stages, stage: 2, status: "finished" }).map((step) => step.state)).toEqual(["done", "done", "done"]);
  });

  it("go on while it runs, is paused or promotes", () => {
    expect((["running", "paused", "promoting", "finished", "rolled_back", "aborted"] as const).map((status) => rolloutSays({ status }))).toEqual([true, true, true, false, false, false]);
    expect(rolloutSays(null)).toBe(false);
  });
});

describe("the end", () => {
  const ended = { status: "finished", canary: "canary", canaryVersion: 7, control: "champion", onSuccess: "promote_champion" } as const;

  it("says what became of the canary", () => {
    expect(endWords(ended)).toBe("Version 7 became the model’s champion.");
    expect(endWords({ ...ended, onSuccess: "keep_canary" })).toBe("Version 7 keeps all requests under its own name; no alias changed.");
    expect(endWords({ ...ended, status: "rolled_back" })).toBe("All requests went back to champion.");
    expect(canaryWords({ canary: "challenger", canaryVersion: null })).toBe("challenger");
  });

  it("has the evidence of the last stage with a control", () => {
    const stages = [1, 5, 50, 100];
    expect([0, 2, 3].map((stage) => comparedAt({ stages, stage }))).toEqual([1, 50, 50]);
  });

  it("stands first where it went back, with why", () => {
    const html = renderToStaticMarkup(createElement(LastRollout, { rollout: { ...ended, status: "rolled_back", reason: "Errors were 12 %.", endedAt: "2026-01-01T12:00:00Z" } as Rollout }));
    for (const text of ["rolled back", "version 7 against champion", "Errors were 12 %.", "All requests went back to champion.", 'data-tone="warn"']) expect(html).toContain(text);
  });
});

describe("e-values", () => {
  it("stand on a logarithmic scale on which the threshold has one place", () => {
    expect(ePlace(160, 160)).toBeCloseTo(0.8);
    expect(ePlace(20, 20)).toBeCloseTo(0.8);
    expect(ePlace(0, 160)).toBe(0);
    expect(ePlace(Infinity, 160)).toBe(1);
    const [one, four, sixteen] = [ePlace(1, 160), ePlace(4, 160), ePlace(16, 160)];
    expect(four - one).toBeCloseTo(sixteen - four);
  });

  it("are written short", () => {
    expect([0, 0.0312, 1, 12.34, 160, 9999, 2_400_000, 0.000012, Infinity].map(eText)).toEqual(["0", "0.031", "1", "12", "160", "9,999", "2.4 × 10⁶", "1.2 × 10⁻⁵", "∞"]);
  });
});

describe("words", () => {
  it("say what the margin comes to", () => {
    expect(marginWords({ metric: "errors", margin: 0.01, control: { n: 100, k: 2, rate: 0.02 } })).toBe("at most 1 point over the control, so at most 3 %");
    expect(marginWords({ metric: "errors", margin: 0.005, control: { n: 0, k: 0, rate: null } })).toBe("at most 0.5 points over the control");
    expect(marginWords({ metric: "disagreement", margin: 0.05, control: { n: 0, k: 0 } })).toBe("at most 5 %");
    expect(rateText(0.01234)).toBe("1.23 %");
  });

  it("say what follows from a verdict", () => {
    expect(verdictWords({ verdict: "harm" })).toMatch(/goes back/);
    expect(verdictWords({ verdict: "open", isGuardOnly: true })).toMatch(/not needed/);
    expect(verdictWords({ verdict: "open" })).toMatch(/not enough/);
  });
});

describe("a rollout that is to start", () => {
  it("has rising stages up to 100", () => {
    expect(stagesOf("1, 5 ,25;100")).toEqual([1, 5, 25, 100]);
    expect(stagesOf("10 % → 100 %")).toEqual([10, 100]);
    expect(["", "100", "5, 1, 100", "1, 50", "1, x, 100", "0, 100"].map(stagesOf)).toEqual([null, null, null, null, null, null]);
  });

  it("names each fault at its field", () => {
    const draft = startDraft("", false);
    expect([...startFaults({ ...draft, stages: "7", samples: 0, hours: "", metrics: { ...draft.metrics, errors: { on: true, percent: 60 } } }).keys()].sort()).toEqual(["canary", "errors", "hours", "samples", "stages"]);
    const off = { on: false, percent: 1 };
    expect(startFaults({ ...draft, canary: "4", metrics: { errors: off, slow_answers: off, negative_feedback: off, disagreement: off } }).has("metrics")).toBe(true);
    expect(startFaults(startDraft("4", true)).size).toBe(0);
  });

  it("sends numbers, shares and minutes", () => {
    expect(startBody({ ...startDraft("4", false), reason: "better" }, 9)).toEqual({
      canary: 4,
      stages: [1, 5, 25, 50, 100],
      minSamplesPerStage: 500,
      maxStageMinutes: 1440,
      metrics: [{ metric: "errors", margin: 0.01 }, { metric: "slow_answers", margin: 0.05 }],
      onSuccess: "promote_champion",
      onExpiry: "hold",
      revision: 9,
      reason: "better",
    });
    expect(startBody(startDraft("challenger", false), 9)["canary"]).toBe("challenger");
  });
});
