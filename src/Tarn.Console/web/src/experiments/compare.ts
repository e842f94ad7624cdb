import type { MetricNumber, TrainingRun } from "../api/types";

/** A metric's value as a number; what is none is NaN. */
export const numberOf = (value: MetricNumber | undefined): number => (value === undefined ? NaN : Number(value));

/** A metric's value for people: up to four significant decimals, and what is no number in its own words. */
export function metricText(value: MetricNumber | undefined): string {
  if (value === undefined) return "–";
  const number = numberOf(value);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "NaN" : number > 0 ? "∞" : "−∞";
  if (number === 0 || Number.isInteger(number)) return String(number);
  const size = Math.abs(number);
  return size >= 1e6 || size < 1e-4 ? number.toExponential(3) : String(Number(number.toPrecision(5)));
}

export const metricOf = (run: TrainingRun, name: string): MetricNumber | undefined => run.metrics.find((metric) => metric.name === name)?.value;

const namesOf = (runs: readonly TrainingRun[], of: (run: TrainingRun) => readonly string[]): string[] => {
  const seen = new Map<string, number>();
  for (const run of runs) for (const name of of(run)) seen.set(name, (seen.get(name) ?? 0) + 1);
  return [...seen].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([name]) => name);
};

/** The metrics of runs: those that most of them have first. */
export const metricNames = (runs: readonly TrainingRun[]): string[] => namesOf(runs, (run) => run.metrics.map((metric) => metric.name));

/** The metric whose curve says most: the first that has gone on beyond its first step. */
export const curveMetric = (runs: readonly TrainingRun[]): string | undefined => {
  const names = metricNames(runs);
  return names.find((name) => runs.some((run) => run.metrics.some((metric) => metric.name === name && metric.step > 0))) ?? names[0];
};

/** The params of runs: those that most of them have first. */
export const paramNames = (runs: readonly TrainingRun[]): string[] => namesOf(runs, (run) => Object.keys(run.params));

/** Params whose values are not the same in all runs: what a comparison is about. */
export const varyingParams = (runs: readonly TrainingRun[]): string[] => paramNames(runs).filter((name) => new Set(runs.map((run) => run.params[name])).size > 1);

export interface Axis {
  name: string;
  kind: "param" | "metric";
  /** Of a category axis: its values in their order. */
  categories?: string[];
}

export interface Parallel {
  axes: Axis[];
  /** For each run a value on each axis: a number, the text of a category, or null where it has none. */
  lines: { run: TrainingRun; values: (number | string | null)[] }[];
}

/** Numbers order as numbers, other texts as texts. */
const byValue = (a: string, b: string): number => (Number.isFinite(Number(a)) && Number.isFinite(Number(b)) ? Number(a) - Number(b) : a.localeCompare(b));

/**
 * What parallel coordinates show: params that vary, then metrics. A param all of whose values are numbers, more than four of them, has a scale; any other has its values as categories.
 */
export function parallelOf(runs: readonly TrainingRun[], mostAxes = 10): Parallel {
  const params = varyingParams(runs);
  const metrics = metricNames(runs).filter((name) => runs.some((run) => Number.isFinite(numberOf(metricOf(run, name)))));
  const shownMetrics = metrics.slice(0, Math.max(2, mostAxes - params.length));
  const axes: Axis[] = params.slice(0, mostAxes - Math.min(2, shownMetrics.length)).map((name) => {
    const values = [...new Set(runs.map((run) => run.params[name]).filter((value) => value !== undefined))].sort(byValue);
    const scaled = values.length > 4 && values.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
    return scaled ? { name, kind: "param" } : { name, kind: "param", categories: values };
  });
  axes.push(...shownMetrics.slice(0, mostAxes - axes.length).map((name): Axis => ({ name, kind: "metric" })));
  return {
    axes,
    lines: runs.map((run) => ({
      run,
      values: axes.map((axis) => {
        if (axis.kind === "metric") {
          const value = numberOf(metricOf(run, axis.name));
          return Number.isFinite(value) ? value : null;
        }
        const text = run.params[axis.name];
        return text === undefined ? null : axis.categories === undefined ? Number(text) : text;
      }),
    })),
  };
}

export interface CompareRow {
  kind: "param" | "metric";
  name: string;
  values: string[];
  differs: boolean;
  /** Of a metric: which runs have the greatest and the smallest value; empty where all are alike. */
  greatest: boolean[];
}

/** Params and metrics of runs side by side, those that differ first. */
export function compareRows(runs: readonly TrainingRun[]): CompareRow[] {
  const rows: CompareRow[] = [
    ...paramNames(runs).map((name): CompareRow => {
      const values = runs.map((run) => run.params[name] ?? "–");
      return { kind: "param", name, values, differs: new Set(values).size > 1, greatest: runs.map(() => false) };
    }),
    ...metricNames(runs).map((name): CompareRow => {
      const numbers = runs.map((run) => numberOf(metricOf(run, name)));
      const greatest = Math.max(...numbers.filter((number) => !Number.isNaN(number)));
      const values = runs.map((run) => metricText(metricOf(run, name)));
      const differs = new Set(values).size > 1;
      return { kind: "metric", name, values, differs, greatest: numbers.map((number) => differs && number === greatest) };
    }),
  ];
  return rows.map((row, index) => ({ row, index })).sort((a, b) => Number(b.row.differs) - Number(a.row.differs) || a.index - b.index).map(({ row }) => row);
}

/** Colours for lines that can be told apart on light and on dark ground. */
export const lineColours = (dark: boolean): string[] =>
  dark
    ? ["#64c6bf", "#f0a35e", "#8db4f5", "#e58fb1", "#b9d36a", "#c79bf2", "#e5d05c", "#f08a7a", "#7fd0f0", "#b7b7b7"]
    : ["#0c6469", "#b3541e", "#2563a8", "#a3316b", "#5c7a12", "#6a3f9c", "#8f6b00", "#b3321f", "#0e7490", "#5f6b6d"];
