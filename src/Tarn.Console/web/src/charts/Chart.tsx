import type { EChartsOption } from "echarts";
import type { EChartsType } from "echarts/core";
import { useEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { echarts } from "./echarts";

export type ChartEvents = Record<string, (event: never) => void>;

/**
 * A canvas chart that fills its box. `label` says in words what it shows: the canvas is one image to who cannot see it.
 * The option is merged, its series replaced, so that zoom and pan outlive new data.
 */
export function Chart({ option, label, height, events, chart: given, onKeyDown, className }: {
  option: EChartsOption;
  label: string;
  height?: number | string;
  events?: ChartEvents;
  chart?: RefObject<EChartsType | null>;
  onKeyDown?: (event: KeyboardEvent) => void;
  className?: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const own = useRef<EChartsType | null>(null);
  const chart = given ?? own;
  const handlers = useRef(events);
  handlers.current = events;
  const eventNames = Object.keys(events ?? {}).join(" ");

  useEffect(() => {
    if (box.current === null) return;
    const made = echarts.init(box.current, null, { renderer: "canvas" });
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize({ animation: { duration: 0 } }));
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, [chart]);

  useEffect(() => {
    chart.current?.setOption(option, { replaceMerge: ["series"], lazyUpdate: true });
  }, [chart, option]);

  useEffect(() => {
    const made = chart.current;
    if (made === null || eventNames === "") return;
    const all = eventNames.split(" ").map((name) => [name, (event: never) => handlers.current?.[name]?.(event)] as const);
    for (const [name, handler] of all) made.on(name, handler as never);
    return () => {
      if (made.isDisposed()) return;
      for (const [name, handler] of all) made.off(name, handler as never);
    };
  }, [chart, eventNames]);

  return (
    <div
      ref={box}
      className={className}
      role="img"
      aria-label={label}
      style={{ width: "100%", height }}
      {...(onKeyDown === undefined ? {} : { onKeyDown, tabIndex: 0 })}
    />
  );
}
