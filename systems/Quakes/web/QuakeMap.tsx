import { ErrorNote, Loading, useZone } from "@tarn/console";
import { Chart, usePalette, type EChartsOption, type EChartsType } from "@tarn/console/charts";
import { ActionIcon } from "@mantine/core";
import { useElementSize, useReducedMotion } from "@mantine/hooks";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Legend } from "./Legend";
import { Pulses } from "./Pulses";
import { isPlaced, type Quake } from "./quake";
import styles from "./quakes.module.css";
import { colorOf, sizeOf } from "./scale";
import { tooltipOf } from "./text";
import { loadCoarse, loadFine, projection } from "./worldMap";

const recentMs = 3_600_000;
const mostPulses = 40;
const fineFrom = 2.5;

interface Mark {
  value: [number, number];
  quake: Quake;
}

const marksOf = (quakes: readonly Quake[]): Mark[] => quakes.filter(isPlaced).map((quake) => ({ value: [quake.longitude, quake.latitude], quake }));
const quakeOf = (params: unknown): Quake | undefined => (params as { data?: Partial<Mark> }).data?.quake;

/** Where it shook: size and colour tell the magnitude; the last hour's events pulse. */
export default function QuakeMap({ quakes, now, selected, onSelect }: { quakes: readonly Quake[]; now: number; selected: Quake | null; onSelect: (id: string | null) => void }): ReactNode {
  const chart = useRef<EChartsType | null>(null);
  const [map, setMap] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const zone = useZone();
  const palette = usePalette();
  const still = useReducedMotion() ?? false;
  const zoom = useRef(1);
  const frame = useElementSize();
  // On a small map the marks are smaller too.
  const scale = frame.width === 0 ? 1 : Math.min(1, Math.max(0.55, frame.width / 720));

  const load = (): void => {
    setError(null);
    loadCoarse().then((name) => setMap((loaded) => loaded ?? name), setError);
  };
  useEffect(load, []);

  const roam = (change: { zoom?: number; dx?: number; dy?: number }): void => {
    const made = chart.current;
    if (made === null) return;
    made.dispatchAction({ type: "geoRoam", componentType: "geo", geoIndex: 0, originX: made.getWidth() / 2, originY: made.getHeight() / 2, ...change } as never);
  };
  const onRoam = (event: { zoom?: number }): void => {
    zoom.current *= event.zoom ?? 1;
    // Coasts are drawn finer once one looks closely; without the finer map the coarse one stays.
    if (zoom.current >= fineFrom) loadFine().then(setMap, () => undefined);
  };
  const reset = (): void => {
    zoom.current = 1;
    chart.current?.setOption({ geo: { center: undefined, zoom: 1 } });
    roam({ zoom: 1 });
  };
  const keys = (event: KeyboardEvent): void => {
    const step = 60;
    const moves: Record<string, Parameters<typeof roam>[0]> = {
      ArrowLeft: { dx: step, dy: 0 },
      ArrowRight: { dx: -step, dy: 0 },
      ArrowUp: { dx: 0, dy: step },
      ArrowDown: { dx: 0, dy: -step },
      "+": { zoom: 1.5 },
      "=": { zoom: 1.5 },
      "-": { zoom: 1 / 1.5 },
    };
    const move = moves[event.key];
    if (move === undefined) {
      if (event.key === "0") reset();
      return;
    }
    event.preventDefault();
    roam(move);
  };

  const recent = useMemo(() => quakes.filter(isPlaced).filter((quake) => !quake.isDeleted && now - Date.parse(quake.time) < recentMs).slice(0, mostPulses), [quakes, now]);

  const option = useMemo<EChartsOption | null>(() => {
    if (map === null) return null;
    // The strong ones first, so that the weak ones lie on top of them and can be pointed at.
    const ordered = [...quakes].sort((a, b) => (b.mag ?? -9) - (a.mag ?? -9));
    const colour = (params: { data: unknown }): string => colorOf((params.data as Mark).quake.mag, palette.dark);
    const size = (more: number) => ((_: unknown, { data }: { data: Mark }) => sizeOf(data.quake.mag) * scale + more) as never;
    const shared = { coordinateSystem: "geo" as const, symbolSize: size(0) };
    return {
      animation: false,
      tooltip: {
        trigger: "item",
        confine: true,
        enterable: false,
        transitionDuration: still ? 0 : 0.15,
        backgroundColor: palette.raised,
        borderColor: palette.line,
        textStyle: { color: palette.ink, fontFamily: "var(--sans)", fontSize: 13 },
        formatter: (params: unknown) => {
          const quake = quakeOf(params);
          return quake === undefined ? "" : tooltipOf(quake, zone);
        },
      },
      geo: {
        map,
        projection: projection as never,
        roam: true,
        scaleLimit: { min: 0.9, max: 40 },
        silent: true,
        left: 6,
        right: 6,
        top: 6,
        bottom: -40,
        itemStyle: { areaColor: palette.dark ? "#1f3236" : "#fdfdfb", borderColor: palette.dark ? "#3a5258" : "#bcc8c4", borderWidth: 0.6 },
      },
      series: [
        {
          ...shared,
          id: "events",
          type: "scatter",
          data: marksOf(ordered.filter((quake) => !quake.isDeleted)),
          symbol: ((_: unknown, { data }: { data: Mark }) => (data.quake.eventType === "earthquake" || data.quake.eventType === null ? "circle" : "diamond")) as never,
          itemStyle: { color: colour as never, opacity: 0.82, borderColor: palette.dark ? "rgba(8,18,20,.75)" : "rgba(255,255,255,.8)", borderWidth: 0.7 },
          emphasis: { scale: 1.25, itemStyle: { opacity: 1, borderColor: palette.ink, borderWidth: 1.5 } },
          z: 3,
        },
        {
          ...shared,
          id: "withdrawn",
          type: "scatter",
          data: marksOf(ordered.filter((quake) => quake.isDeleted)),
          symbol: "path://M4 4l24 24M28 4L4 28",
          itemStyle: { color: "transparent", borderColor: palette.muted, borderWidth: 1.4 },
          z: 3,
        },
        {
          id: "selected",
          coordinateSystem: "geo",
          type: "scatter",
          data: selected === null ? [] : marksOf([selected]),
          silent: true,
          symbol: "circle",
          symbolSize: size(12),
          itemStyle: { color: "transparent", borderColor: palette.focus, borderWidth: 2.5 },
          zlevel: 2,
        },
      ],
    } as EChartsOption;
  }, [map, quakes, selected, palette, zone, still, scale]);

  if (error !== null) return <ErrorNote error={error} onRetry={load} />;
  if (option === null) return <div className={styles.map}><Loading rows={5} what="map" /></div>;
  return (
    <div className={styles.mapFrame} ref={frame.ref}>
      <Chart
        chart={chart}
        option={option}
        className={styles.map}
        label={`World map of ${quakes.length} events, as size and colour of their magnitudes. Arrow keys move it, plus and minus zoom, 0 shows all. The table below holds the same events.`}
        events={{
          click: (params: never) => {
            const quake = quakeOf(params);
            if (quake !== undefined) onSelect(quake.id);
          },
          georoam: onRoam as (event: never) => void,
        }}
        onKeyDown={keys}
      />
      <Pulses chart={chart} quakes={recent} scale={scale} dark={palette.dark} />
      <div className={styles.zoom}>
        <ActionIcon variant="default" aria-label="Zoom in" onClick={() => roam({ zoom: 1.6 })}>
          +
        </ActionIcon>
        <ActionIcon variant="default" aria-label="Zoom out" onClick={() => roam({ zoom: 1 / 1.6 })}>
          −
        </ActionIcon>
        <ActionIcon variant="default" aria-label="Show the whole world" onClick={reset}>
          <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden>
            <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.300" />
            <path d="M2 8h12M8 2c-4 4-4 8 0 12M8 2c4 4 4 8 0 12" fill="none" stroke="currentColor" strokeWidth="1.100" />
          </svg>
        </ActionIcon>
      </div>
      <Legend scale={scale} />
    </div>
  );
}
