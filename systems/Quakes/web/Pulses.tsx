import type { EChartsType } from "@tarn/console/charts";
import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import type { Position, Quake } from "./quake";
import styles from "./quakes.module.css";
import { colorOf, sizeOf } from "./scale";

/**
 * Rings over the map around the latest events. They are elements moved by style alone, not marks of the chart:
 * a pulse drawn on the canvas would have the whole map drawn again for every frame.
 */
export function Pulses({ chart, quakes, scale, dark }: { chart: RefObject<EChartsType | null>; quakes: readonly (Quake & Position)[]; scale: number; dark: boolean }): ReactNode {
  const layer = useRef<HTMLDivElement>(null);
  const drawn = useRef<EChartsType | null>(null);

  useEffect(() => {
    const made = chart.current;
    if (made === null) return;
    const place = (): void => {
      drawn.current = made;
      const rings = layer.current?.children ?? [];
      quakes.forEach((quake, index) => {
        const ring = rings[index];
        if (!(ring instanceof HTMLElement)) return;
        const at = made.convertToPixel({ geoIndex: 0 }, [quake.longitude, quake.latitude]) as number[] | undefined;
        const [x, y] = at ?? [];
        ring.hidden = x === undefined || y === undefined || !Number.isFinite(x) || !Number.isFinite(y);
        if (!ring.hidden) ring.style.translate = `${x}px ${y}px`;
      });
    };
    // Before it is drawn for the first time, the map knows no places.
    if (drawn.current === made) place();
    // The chart renders when it is moved, resized or given new data, and else stands still.
    made.on("rendered", place);
    return () => {
      if (!made.isDisposed()) made.off("rendered", place);
    };
  }, [chart, quakes]);

  return (
    <div ref={layer} className={styles.pulses} aria-hidden>
      {quakes.map((quake) => {
        const size = sizeOf(quake.mag) * scale + 8;
        return (
          <span key={quake.id} style={{ width: size, height: size, margin: -size / 2, borderColor: colorOf(quake.mag, dark) }}>
            <i />
          </span>
        );
      })}
    </div>
  );
}
