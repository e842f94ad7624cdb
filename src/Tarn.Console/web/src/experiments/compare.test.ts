import { describe, expect, it } from "vitest";
import type { MetricNumber, TrainingRun } from "../api/types";
import { compareRows, curveMetric, metricNames, metricText, parallelOf, varyingParams } from "./compare";

const run = (id: string, params: Record<string, string>, metrics: Record<string, MetricNumber>): TrainingRun => ({
  id,
  experimentId: "1",
  name: id,
  user: "ada",
  status: "finished",
  state: "active",
  startedAt: "2026-01-01T00:00:00Z",
  params,
  metrics: Object.entries(metrics).map(([name, value]) => ({ name, value, step: 0, at: "2026-01-01T00:00:00Z" })),
  tags: {},
  inputs: [],
  artifactLocation: "",
});

const runs = [
  run("a", { lr: "0.1", head: "mlp", seed: "1" }, { accuracy: 0.9, loss: "NaN" }),
  run("b", { lr: "0.01", head: "linear", seed: "1" }, { accuracy: 0.95, loss: 0.25 }),
  run("c", { lr: "0.001", head: "mlp" }, { accuracy: "Infinity" }),
];

describe("comparing runs", () => {
  it("names what most runs have first", () => {
    expect(metricNames(runs)).toEqual(["accuracy", "loss"]);
    expect(varyingParams(runs)).toEqual(["head", "lr", "seed"]);
    expect(varyingParams(runs.slice(0, 1))).toEqual([]);
  });

  it("draws the metric that has steps before one that was measured once", () => {
    const stepped = { ...runs[0]!, metrics: [{ name: "accuracy", value: 1, step: 0, at: "" }, { name: "loss", value: 1, step: 7, at: "" }] };
    expect(curveMetric([stepped])).toBe("loss");
    expect(curveMetric(runs)).toBe("accuracy");
    expect(curveMetric([])).toBeUndefined();
  });

  it("gives params that are few or no numbers categories, in the order of their values", () => {
    const { axes, lines } = parallelOf(runs);
    expect(axes.map((axis) => axis.name)).toEqual(["head", "lr", "seed", "accuracy", "loss"]);
    expect(axes[1]?.categories).toEqual(["0.001", "0.01", "0.1"]);
    expect(lines[0]?.values).toEqual(["mlp", "0.1", "1", 0.9, null]);
    expect(lines[2]?.values).toEqual(["mlp", "0.001", null, null, null]);
  });

  it("gives params with many numbers a scale", () => {
    const many = Array.from({ length: 6 }, (_, i) => run(`r${i}`, { lr: String(i / 10) }, { accuracy: i }));
    expect(parallelOf(many).axes[0]).toEqual({ name: "lr", kind: "param" });
    expect(parallelOf(many).lines[5]?.values).toEqual([0.5, 5]);
  });

  it("keeps to so many axes, metrics among them", () => {
    const wide = [0, 1].map((i) => run(`r${i}`, Object.fromEntries(Array.from({ length: 20 }, (_, p) => [`p${p}`, `${i}`])), { accuracy: i, loss: 1 - i, ece: 0 }));
    const { axes } = parallelOf(wide, 8);
    expect(axes).toHaveLength(8);
    expect(axes.filter((axis) => axis.kind === "metric")).toHaveLength(2);
  });

  it("puts what differs first and marks the greatest", () => {
    const rows = compareRows(runs.slice(0, 2));
    expect(rows.map((row) => row.name)).toEqual(["head", "lr", "accuracy", "loss", "seed"]);
    expect(rows[2]?.greatest).toEqual([false, true]);
    expect(rows[3]?.values).toEqual(["NaN", "0.25"]);
  });

  it("writes numbers shortly", () => {
    expect([0.123456789, 12, 1e-9, 1234567.8, "NaN", "-Infinity", undefined].map((value) => metricText(value as MetricNumber))).toEqual(["0.12346", "12", "1.000e-9", "1.235e+6", "NaN", "−∞", "–"]);
  });
});
