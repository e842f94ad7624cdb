import { ago, dateTime, useZone, type Patch } from "@tarn/console";
import { Button, Slider } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useId, useState, type ReactNode } from "react";
import styles from "./quakes.module.css";

const minute = 60_000;

/** About four hundred steps over the range, on round minutes. */
export const stepOf = (length: number): number => Math.max(minute, Math.round(length / 400 / minute) * minute);

/** "What did we know at T": the end of the slider is now; before it, the page shows what was believed then. */
export function TimeTravel({ at, from, now, change }: { at: string | null; from: number; now: number; change: (patch: Patch) => void }): ReactNode {
  const zone = useZone();
  const label = useId();
  const chosen = at === null ? null : Date.parse(at);
  const start = Math.min(from, chosen ?? from);
  const step = stepOf(now - start);
  const steps = Math.max(1, Math.ceil((now - start) / step));
  const position = chosen === null ? steps : Math.max(0, Math.min(steps - 1, Math.round((chosen - start) / step)));
  const [value, setValue] = useState(position);
  useEffect(() => setValue(position), [position]);
  const instant = (index: number): number => start + index * step;
  const send = useDebouncedCallback((index: number) => change({ at: index >= steps ? null : new Date(instant(index)).toISOString() }), 250);
  const text = (index: number): string => (index >= steps ? "now" : `${dateTime(instant(index), zone).slice(0, 16)}${zone === "utc" ? " UTC" : ""}`);
  return (
    <div className={styles.travel} data-past={at !== null || undefined}>
      <span id={label} className={styles.label}>
        As known at
      </span>
      <Slider
        aria-labelledby={label}
        className={styles.slider}
        color={at === null ? undefined : "var(--past)"}
        min={0}
        max={steps}
        step={1}
        size={4}
        thumbSize={16}
        label={text}
        thumbLabel="As known at"
        thumbValueText={text}
        value={value}
        onChange={(index) => {
          setValue(index);
          send(index);
        }}
      />
      <output className={styles.travelText} aria-live="off">
        {at === null ? "now, live" : <b>{dateTime(at, zone)}{zone === "utc" ? " UTC" : ""}</b>}
        {at !== null && <small> ({ago(at, now)})</small>}
      </output>
      <Button variant={at === null ? "default" : "filled"} color="var(--past)" size="compact-sm" disabled={at === null} onClick={() => change({ at: null })}>
        Back to now
      </Button>
    </div>
  );
}
