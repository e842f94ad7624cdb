import { SegmentedControl } from "@mantine/core";
import { useMemo, useState, type ReactNode } from "react";
import { useEndpointWindows } from "../api/serving";
import type { Endpoint, Window } from "../api/servingTypes";
import { Chart, usePalette, type EChartsOption } from "../charts";
import { dateTime, type Zone } from "../format/time";
import { Answer } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { useZone } from "../ui/settings";
import { useVariantColours } from "./colours";
import { rateText as shareOfText } from "./rollout";
import { agreementIn, errorShareIn, grid, latencyText, onGrid, rateIn, rateText, windowMs } from "./traffic";
import styles from "./Endpoints.module.css";

const minuteMs = 60_000;

interface Line {
  name: string;
  values: (number | null)[];
}

/** Lines over the last hour, one for each variant, in the variants' colours. */
function HourLines({ lines, instants, text, label, isShare = false }: { lines: readonly Line[]; instants: readonly number[]; text: (value: number) => string; label: string; isShare?: boolean }): ReactNode {
  const palette = usePalette();
  const colour = useVariantColours();
  const zone: Zone = useZone();
  const option = useMemo<EChartsOption>(() => {
    // Nothing but zeros is no reason for a scale up to everything, and no share is over it.
    const highest = Math.max(0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)));
    const most = !isShare ? undefined : highest === 0 ? 0.01 : highest > 0.8 ? 1 : undefined;
    const font = { color: palette.muted, fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif", fontSize: 12 };
    return {
      animation: false,
      grid: { left: 4, right: 12, top: 12, bottom: 2, containLabel: true },
      tooltip: {
        trigger: "axis",
        confine: true,
        transitionDuration: 0,
        backgroundColor: palette.raised,
        borderColor: palette.line,
        textStyle: { color: palette.ink, fontFamily: "var(--sans)", fontSize: 13 },
        formatter: (at: unknown) => {
          const points = at as { marker: string; seriesName: string; value: [number, number | null] }[];
          const known = points.filter((point) => point.value[1] !== null);
          return `${dateTime(points[0]?.value[0], zone).slice(11)}<br>${known.length === 0 ? "nothing" : known.map((point) => `${point.marker}${point.seriesName} <b>${text(point.value[1] ?? 0)}</b>`).join("<br>")}`;
        },
      },
      xAxis: {
        type: "time",
        splitNumber: 4,
        min: instants[0],
        max: instants.at(-1),
        axisLine: { lineStyle: { color: palette.line } },
        axisTick: { show: false },
        axisLabel: { ...font, hideOverlap: true, formatter: (at: number) => dateTime(at, zone).slice(11, 16) },
        splitLine: { show: false },
      },
      yAxis: { type: "value", min: 0, max: most, interval: highest === 0 && isShare ? 0.005 : undefined, axisLabel: { ...font, formatter: text }, splitNumber: 3, splitLine: { lineStyle: { color: palette["line-soft"] } } },
      series: lines.map((line, place) => ({
        type: "line" as const,
        name: line.name,
        data: line.values.map((value, index) => [instants[index] ?? 0, value]),
        // A few alone have no line to be seen by.
        showSymbol: line.values.filter((value) => value !== null).length < 12,
        symbolSize: 5,
        symbol: "circle",
        connectNulls: true,
        lineStyle: { width: 1.8 },
        itemStyle: { color: colour(place) },
      })),
    } as EChartsOption;
  }, [lines, instants, palette, zone, text, isShare, colour]);
  return <Chart option={option} height={190} label={label} />;
}

const percentiles = { p50: (window: Window) => window.p50Ms, p95: (window: Window) => window.p95Ms, p99: (window: Window) => window.p99Ms } as const;
type Percentile = keyof typeof percentiles;

/** A lonely window has no line to be in: shares and latencies of a minute stand together. */
const worst = (windows: readonly Window[], of: (window: Window) => number | null | undefined): number | null => {
  const known = windows.flatMap((window) => of(window) ?? []);
  return known.length === 0 ? null : Math.max(...known);
};

/** Requests, errors, latencies and agreement over the last hour. */
export default function TrafficCharts({ endpoint, names }: { endpoint: Endpoint; names: readonly string[] }): ReactNode {
  const windows = useEndpointWindows(endpoint.name);
  const now = useNow(10);
  const [percentile, setPercentile] = useState<Percentile>("p95");
  const fine = useMemo(() => grid(now), [now]);
  const coarse = useMemo(() => grid(now, minuteMs), [now]);
  const key = names.join(" ");
  const lines = useMemo(() => {
    const of = (value: (inStep: readonly Window[]) => number | null, instants: readonly number[], step: number): Line[] =>
      names.map((name) => ({ name, values: onGrid(windows.data?.variants.find((one) => one.name === name)?.windows ?? [], instants, step, value) }));
    return {
      requests: of((inStep) => rateIn(inStep, windowMs), fine, windowMs),
      errors: of(errorShareIn, coarse, minuteMs),
      latency: of((inStep) => worst(inStep, percentiles[percentile]), coarse, minuteMs),
      agreement: of(agreementIn, coarse, minuteMs),
    };
  }, [windows.data, fine, coarse, percentile, key]);
  const compared = lines.agreement.some((line) => line.values.some((value) => value !== null));
  return (
    <Answer of={windows} what="charts" rows={6}>
      {() => (
        <div className={styles.charts}>
          <figure>
            <figcaption>Requests a second</figcaption>
            <HourLines lines={lines.requests} instants={fine} text={rateText} label={`Requests a second of ${names.join(", ")} over the last hour`} />
          </figure>
          <figure>
            <figcaption>
              Latency
              <SegmentedControl aria-label="Percentile" data={Object.keys(percentiles)} value={percentile} onChange={(value) => setPercentile(value as Percentile)} />
              <small>the worst ten seconds of each minute</small>
            </figcaption>
            <HourLines lines={lines.latency} instants={coarse} text={latencyText} label={`Latency (${percentile}) of ${names.join(", ")} over the last hour`} />
          </figure>
          <figure>
            <figcaption>Share of errors</figcaption>
            <HourLines lines={lines.errors} instants={coarse} text={shareOfText} label={`Share of errors of ${names.join(", ")} over the last hour`} isShare />
          </figure>
          {compared && (
            <figure>
              <figcaption>Agreement with the champion</figcaption>
              <HourLines lines={lines.agreement} instants={coarse} text={shareOfText} label={`Agreement with the champion of ${names.join(", ")} over the last hour`} isShare />
            </figure>
          )}
        </div>
      )}
    </Answer>
  );
}
