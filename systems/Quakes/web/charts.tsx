import { count, dateTime, useZone, type Zone } from "@tarn/console";
import { Chart, usePalette, type EChartsOption, type Palette } from "@tarn/console/charts";
import { useMemo, type ReactNode } from "react";
import type { Quake } from "./quake";
import { colorOf, sizeOf } from "./scale";
import { depths, magnitudes, timeline, type Timeline } from "./stats";
import { tooltipOf } from "./text";

const tooltip = (palette: Palette) => ({
  confine: true,
  transitionDuration: 0,
  backgroundColor: palette.raised,
  borderColor: palette.line,
  textStyle: { color: palette.ink, fontFamily: "var(--sans)", fontSize: 13 },
});

const axis = (palette: Palette) => ({
  axisLine: { lineStyle: { color: palette.line } },
  axisTick: { show: false },
  axisLabel: { color: palette.muted, fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif", fontSize: 12, hideOverlap: true },
  splitLine: { lineStyle: { color: palette["line-soft"] } },
  nameTextStyle: { color: palette.muted, fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif", fontSize: 12 },
});

/** Which bars of a timeline are named: days by their date, hours where a day is looked at closely. */
function labelled(line: Timeline, index: number, zone: Zone): string | null {
  const start = line.bars[index]?.[0];
  if (start === undefined) return null;
  const text = dateTime(start, zone);
  const hours = Number(text.slice(11, 13));
  if (line.step > 3_600_000) return index % Math.ceil(line.bars.length / 8) === 0 ? text.slice(0, 10) : null;
  if (line.bars.length > 24 * 10) return hours === 0 && Math.floor(start / 86_400_000) % Math.ceil(line.bars.length / 24 / 8) === 0 ? text.slice(5, 10) : null;
  if (line.bars.length > 24 * 3) return hours === 0 ? text.slice(5, 10) : null;
  if (line.bars.length > 12) return hours === 0 ? text.slice(5, 10) : hours % 6 === 0 ? text.slice(11, 16) : null;
  return text.slice(11, 16);
}

const label = (line: Timeline, start: number, zone: Zone): string => {
  const index = Math.round((start - (line.bars[0]?.[0] ?? start)) / line.step);
  return labelled(line, index, zone) ?? "";
};

const shortTime = (at: number, zone: Zone): string => dateTime(at, zone).slice(5, 16);

/** Events per hour; the highest bar is marked. A click on a bar chooses its hour. */
export function HourChart({ quakes, from, to, onHour }: { quakes: readonly Quake[]; from: number; to: number; onHour: (from: number, to: number) => void }): ReactNode {
  const zone = useZone();
  const palette = usePalette();
  const line = useMemo(() => timeline(quakes, from, to), [quakes, from, to]);
  const unit = line.step === 3_600_000 ? "hour" : "day";
  const top = line.bars[line.highest];
  const option = useMemo<EChartsOption>(() => ({
    animationDuration: 250,
    grid: { left: 36, right: 12, top: 26, bottom: 22 },
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (params: unknown) => {
        const bar = (params as { dataIndex: number }[])[0];
        const found = bar === undefined ? undefined : line.bars[bar.dataIndex];
        return found === undefined ? "" : `${shortTime(found[0], zone)}<br><b>${count(found[1])}</b> events in this ${unit}`;
      },
    },
    xAxis: {
      ...axis(palette),
      type: "category",
      data: line.bars.map(([start]) => String(start)),
      axisLabel: { ...axis(palette).axisLabel, interval: (index: number) => labelled(line, index, zone) !== null, formatter: (start: string) => label(line, Number(start), zone) },
      splitLine: { show: false },
    },
    yAxis: { ...axis(palette), type: "value", minInterval: 1, axisLine: { show: false }, splitNumber: 3 },
    series: [
      {
        type: "bar",
        data: line.bars.map(([, events], index) => ({ value: events, itemStyle: { color: index === line.highest ? palette.focus : palette.accent, opacity: index === line.highest ? 1 : 0.72 } })),
        barCategoryGap: line.bars.length > 120 ? "8%" : "18%",
        barMinHeight: 1,
        cursor: "pointer",
        markPoint: top === undefined ? undefined : {
          symbol: "circle",
          symbolSize: 1,
          animation: false,
          data: [{ name: "highest", coord: [line.highest, top[1]] }],
          label: {
            show: true,
            position: line.highest < line.bars.length * 0.2 ? "right" : line.highest > line.bars.length * 0.8 ? "left" : "top",
            formatter: `${count(top[1])} at ${shortTime(top[0], zone)}`,
            color: palette.focus,
            fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif",
            fontSize: 12.5,
            fontWeight: "bold",
          },
        },
      },
    ],
  }), [line, palette, zone, from, to, top, unit]);
  return (
    <Chart
      option={option}
      height={170}
      label={`Events per ${unit}. ${top === undefined ? "None." : `The highest ${unit}: ${count(top[1])} at ${shortTime(top[0], zone)}.`}`}
      events={{
        click: (params: never) => {
          const bar = line.bars[(params as { dataIndex: number }).dataIndex];
          if (bar !== undefined) onHour(bar[0], bar[0] + line.step);
        },
      }}
    />
  );
}

/** Events per half magnitude, in the colours of the map. */
export function MagnitudeChart({ quakes, onMagnitudes }: { quakes: readonly Quake[]; onMagnitudes: (min: number, max: number) => void }): ReactNode {
  const palette = usePalette();
  const bins = useMemo(() => magnitudes(quakes), [quakes]);
  const option = useMemo<EChartsOption>(() => ({
    animationDuration: 250,
    grid: { left: 36, right: 10, top: 20, bottom: 22 },
    tooltip: {
      ...tooltip(palette),
      formatter: (params: unknown) => {
        const bin = bins[(params as { dataIndex: number }).dataIndex];
        return bin === undefined ? "" : `Magnitude ${bin.from.toFixed(1)} to ${(bin.to - 0.01).toFixed(2)}<br><b>${count(bin.events)}</b> events`;
      },
    },
    xAxis: { ...axis(palette), type: "category", data: bins.map((bin) => bin.from.toFixed(1)), splitLine: { show: false } },
    yAxis: { ...axis(palette), type: "value", minInterval: 1, axisLine: { show: false }, splitNumber: 3 },
    series: [
      {
        type: "bar",
        barCategoryGap: "12%",
        barMinHeight: 2,
        cursor: "pointer",
        data: bins.map((bin) => ({ value: bin.events, itemStyle: { color: colorOf(bin.from + 0.25, palette.dark) } })),
        label: { show: true, position: "top", color: palette.muted, fontSize: 11, fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif", formatter: (params: unknown) => { const value = (params as { value: number }).value; return value > 0 && value < 10_000 ? String(value) : ""; } },
        labelLayout: { hideOverlap: true },
      },
    ],
  }), [bins, palette]);
  const most = bins.reduce((best, bin) => (bin.events > best.events ? bin : best), { from: 0, to: 0, events: 0 });
  return (
    <Chart
      option={option}
      height={150}
      label={`Events per half magnitude. ${bins.length === 0 ? "None." : `From ${bins[0]?.from.toFixed(1)} to ${bins.at(-1)?.to.toFixed(1)}, most (${count(most.events)}) from ${most.from.toFixed(1)} to ${most.to.toFixed(1)}.`}`}
      events={{
        click: (params: never) => {
          const bin = bins[(params as { dataIndex: number }).dataIndex];
          if (bin !== undefined) onMagnitudes(bin.from, bin.to);
        },
      }}
    />
  );
}

const namedDepths = [0, 10, 50, 100, 200, 400, 700];

/** How deep: counts per depth, or each event by magnitude and depth. The surface is at the top. */
export function DepthChart({ quakes, scatter, onSelect }: { quakes: readonly Quake[]; scatter: boolean; onSelect: (id: string) => void }): ReactNode {
  const palette = usePalette();
  const zone = useZone();
  const bins = useMemo(() => depths(quakes), [quakes]);
  const option = useMemo<EChartsOption>(() => {
    const name = (index: number): string => (bins[index]!.to === Infinity ? `${bins[index]!.from} +` : `${bins[index]!.from}–${bins[index]!.to}`);
    if (!scatter) {
      return {
        animationDuration: 250,
        grid: { left: 62, right: 40, top: 4, bottom: 4 },
        tooltip: { ...tooltip(palette), formatter: (params: unknown) => { const { dataIndex } = params as { dataIndex: number }; return `${name(dataIndex)} km deep<br><b>${count(bins[dataIndex]?.events)}</b> events`; } },
        xAxis: { ...axis(palette), type: "value", show: false },
        yAxis: { ...axis(palette), type: "category", inverse: true, data: bins.map((_, index) => `${name(index)} km`), axisLine: { show: false } },
        series: [{ type: "bar", id: "depths", barCategoryGap: "14%", data: bins.map((bin) => bin.events), itemStyle: { color: palette.accent, opacity: 0.8 }, label: { show: true, position: "right", color: palette.muted, fontSize: 11.5, fontFamily: "Atkinson Hyperlegible Next, system-ui, sans-serif", formatter: (params: unknown) => count((params as { value: number }).value) } }],
      } as EChartsOption;
    }
    return {
      animation: false,
      grid: { left: 54, right: 12, top: 8, bottom: 22 },
      tooltip: { ...tooltip(palette), formatter: (params: unknown) => tooltipOf((params as { data: { quake: Quake } }).data.quake, zone) },
      xAxis: { ...axis(palette), type: "value", min: (extent: { min: number }) => Math.floor(extent.min), axisLine: { show: false } },
      // A root widens the crust, where nearly all events are, and keeps 700 km in sight.
      yAxis: {
        ...axis(palette),
        type: "value",
        inverse: true,
        min: 0,
        max: Math.sqrt(700),
        axisLine: { show: false },
        splitLine: { show: false },
        axisLabel: { ...axis(palette).axisLabel, customValues: namedDepths.map(Math.sqrt), formatter: (root: number) => `${Math.round(root * root)} km` },
      },
      series: [{ type: "scatter", id: "depth-magnitude", data: quakes.filter((quake) => quake.mag !== null && quake.depthKm !== null).map((quake) => ({ value: [quake.mag, Math.sqrt(Math.max(0, quake.depthKm ?? 0))], quake })), symbolSize: ((_: unknown, { data }: { data: { quake: Quake } }) => Math.min(14, sizeOf(data.quake.mag))) as never, itemStyle: { color: ((params: { data: { quake: Quake } }) => colorOf(params.data.quake.mag, palette.dark)) as never, opacity: 0.6 } }],
    } as EChartsOption;
  }, [bins, scatter, quakes, palette, zone]);
  const deepest = quakes.reduce((deep, quake) => Math.max(deep, quake.depthKm ?? 0), 0);
  return (
    <Chart
      key={String(scatter)}
      option={option}
      height={210}
      label={`${scatter ? "Magnitude and depth of each event" : "Events per depth"}. The deepest: ${deepest.toFixed(0)} km.`}
      events={{
        click: (params: never) => {
          const id = (params as { data?: { quake?: Quake } }).data?.quake?.id;
          if (id !== undefined) onSelect(id);
        },
      }}
    />
  );
}
