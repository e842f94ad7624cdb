import { Select } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { useCurves } from "../api/queries";
import type { TrainingRun } from "../api/types";
import { Chart, usePalette, type EChartsOption, type Palette } from "../charts";
import { plural } from "../format/numbers";
import { Answer, Empty } from "../ui/Answer";
import { curveMetric, lineColours, metricNames, metricText, numberOf, parallelOf } from "./compare";
import styles from "./Experiments.module.css";

const tooltip = (palette: Palette) => ({
  backgroundColor: palette.raised,
  borderColor: palette.line,
  textStyle: { color: palette.ink, fontSize: 12.5 },
  confine: true,
});

/** Names come from programs: in a tooltip they are text, never markup. */
const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A line for each run through what was set and what came of it. */
export function ParallelChart({ runs }: { runs: readonly TrainingRun[] }): ReactNode {
  const palette = usePalette();
  const { axes, lines } = useMemo(() => parallelOf(runs), [runs]);
  const option = useMemo<EChartsOption>(() => {
    const colours = lineColours(palette.dark);
    return {
      animation: false,
      tooltip: { ...tooltip(palette), trigger: "item", formatter: (at: unknown) => escape(lines[(at as { seriesIndex: number }).seriesIndex]?.run.name ?? "") },
      parallel: { left: 60, right: 60, top: 46, bottom: 22, parallelAxisDefault: { nameLocation: "end", nameGap: 16 } },
      parallelAxis: axes.map((axis, dim) => ({
        dim,
        name: axis.name.length > 16 ? `${axis.name.slice(0, 15)}…` : axis.name,
        type: axis.categories === undefined ? ("value" as const) : ("category" as const),
        ...(axis.categories === undefined ? { scale: true } : { data: axis.categories }),
        nameTextStyle: { color: axis.kind === "metric" ? palette.accent : palette.muted, fontWeight: axis.kind === "metric" ? ("bold" as const) : ("normal" as const), fontSize: 12 },
        axisLine: { lineStyle: { color: palette.line, width: 1.5 } },
        axisTick: { lineStyle: { color: palette.line } },
        axisLabel: { color: palette.muted, fontSize: 11.5, formatter: (value: string | number) => (typeof value === "number" ? metricText(value) : value.length > 12 ? `${value.slice(0, 11)}…` : value) },
      })),
      series: lines.map((line, index) => ({
        type: "parallel" as const,
        name: line.run.name,
        // ECharts leaves out what is "-".
        data: [line.values.map((value) => value ?? "-")],
        lineStyle: { width: 2.200, opacity: 0.85, color: colours[index % colours.length] },
        emphasis: { lineStyle: { width: 4, opacity: 1 } },
        smooth: false,
      })),
    } as EChartsOption;
  }, [axes, lines, palette]);
  if (axes.length < 2) return <Empty title="Nothing to draw yet">Parallel coordinates need a param that varies or two metrics.</Empty>;
  return (
    <div className={styles.chartBox}>
      <div style={{ minWidth: Math.max(300, axes.length * 92) }}>
        <Chart option={option} height={300} label={`Parallel coordinates of ${plural(runs.length, "run")} over ${axes.map((axis) => axis.name).join(", ")}; the table below has the values.`} />
      </div>
    </div>
  );
}

/** One metric of several runs over its steps. */
export function CurveChart({ runs, metric, onMetric }: { runs: readonly TrainingRun[]; metric: string | undefined; onMetric: (metric: string) => void }): ReactNode {
  const palette = usePalette();
  const names = useMemo(() => metricNames(runs), [runs]);
  const shown = metric !== undefined && names.includes(metric) ? metric : curveMetric(runs);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const curves = useCurves(ids, shown);
  const option = useMemo<EChartsOption>(() => {
    const colours = lineColours(palette.dark);
    return {
      animation: false,
      grid: { left: 8, right: 16, top: 14, bottom: 4, containLabel: true },
      tooltip: {
        ...tooltip(palette),
        trigger: "axis",
        formatter: (at: unknown) => {
          const points = at as { marker: string; seriesName: string; value: [number, number] }[];
          return `step ${points[0]?.value[0] ?? ""}<br>${points.map((point) => `${point.marker}${escape(point.seriesName)} <b>${metricText(point.value[1])}</b>`).join("<br>")}`;
        },
      },
      xAxis: { type: "value", minInterval: 1, scale: true, axisLine: { lineStyle: { color: palette.line } }, axisLabel: { color: palette.muted }, splitLine: { show: false } },
      yAxis: { type: "value", scale: true, axisLabel: { color: palette.muted }, splitLine: { lineStyle: { color: palette["line-soft"] } } },
      series: runs.map((run, index) => {
        const points = curves.data?.find((curve) => curve.runId === run.id)?.points ?? [];
        return {
          type: "line" as const,
          name: run.name,
          data: points.map((point) => [point.step, Number.isFinite(numberOf(point.value)) ? numberOf(point.value) : null]),
          showSymbol: points.length < 40,
          symbol: "circle",
          symbolSize: points.length === 1 ? 9 : 5,
          lineStyle: { width: 2 },
          itemStyle: { color: colours[index % colours.length] },
          emphasis: { focus: "series" as const },
        };
      }),
    } as EChartsOption;
  }, [curves.data, palette, runs]);
  if (shown === undefined) return <Empty title="No metrics yet">They appear with the first that is logged.</Empty>;
  return (
    <>
      <div className={styles.chartHead}>
        <Select size="xs" label="Metric" data={names} value={shown} allowDeselect={false} searchable onChange={(name) => name !== null && onMetric(name)} />
      </div>
      <Answer of={curves} what="curves" rows={4}>
        {() => <Chart option={option} height={260} label={`${shown} over its steps, of ${runs.map((run) => run.name).join(", ")}.`} />}
      </Answer>
    </>
  );
}
