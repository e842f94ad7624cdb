import { fromInput, toInput, useZone, type Patch } from "@tarn/console";
import { Button, RangeSlider, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useId, useMemo, useState, type ReactNode } from "react";
import { choices, highestMagnitude, lowestMagnitude, presets, type Filters, type Range } from "./filters";
import { regionOf, type Quake } from "./quake";
import styles from "./quakes.module.css";

const ranges: { value: Range; label: string }[] = [
  { value: "1h", label: "Hour" },
  { value: "24h", label: "Day" },
  { value: "7d", label: "Week" },
  { value: "30d", label: "30 days" },
  { value: "custom", label: "From–to" },
];

const marks = [0, 2, 4, 6, 8].map((value) => ({ value, label: String(value) }));
const magnitudeText = (value: number): string => (value <= lowestMagnitude ? "lowest" : value >= highestMagnitude ? "highest" : value.toFixed(1));

function Magnitudes({ filters, change }: { filters: Filters; change: (patch: Patch) => void }): ReactNode {
  const given: [number, number] = [filters.min ?? lowestMagnitude, filters.max ?? highestMagnitude];
  const [value, setValue] = useState(given);
  const label = useId();
  useEffect(() => setValue(given), [given[0], given[1]]);
  return (
    <div className={`${styles.magnitudes} ${styles.extra}`}>
      <span id={label} className={styles.label}>
        Magnitude <b>{filters.min === null && filters.max === null ? "any" : `${magnitudeText(value[0])} to ${magnitudeText(value[1])}`}</b>
      </span>
      <RangeSlider
        aria-labelledby={label}
        thumbFromLabel="Lowest magnitude"
        thumbToLabel="Highest magnitude"
        min={lowestMagnitude}
        max={highestMagnitude}
        step={0.5}
        minRange={0}
        size={4}
        thumbSize={16}
        label={null}
        marks={marks}
        value={value}
        onChange={setValue}
        onChangeEnd={([min, max]) => change({ min: min <= lowestMagnitude ? null : min, max: max >= highestMagnitude ? null : max })}
      />
    </div>
  );
}

function Words({ text, change }: { text: string; change: (patch: Patch) => void }): ReactNode {
  const [value, setValue] = useState(text);
  const send = useDebouncedCallback((next: string) => change({ q: next }), 200);
  useEffect(() => setValue(text), [text]);
  return (
    <TextInput
      className={`${styles.words} ${styles.extra}`}
      label="Text"
      placeholder="place, id or network"
      type="search"
      value={value}
      onChange={(event) => {
        setValue(event.currentTarget.value);
        send(event.currentTarget.value);
      }}
    />
  );
}

/** What is shown and what not. Each control writes to the address. */
export function FilterBar({ filters, events, from, to, change }: { filters: Filters; events: readonly Quake[]; from: number; to: number; change: (patch: Patch) => void }): ReactNode {
  const zone = useZone();
  const types = useMemo(() => choices(events, (quake) => quake.eventType), [events]);
  const regions = useMemo(() => choices(events, (quake) => regionOf(quake.place)), [events]);
  const options = (found: { value: string; count: number }[], chosen: string | null) => {
    const list = found.map(({ value, count }) => ({ value, label: `${value} (${count})` }));
    return chosen === null || found.some((one) => one.value === chosen) ? list : [{ value: chosen, label: `${chosen} (0)` }, ...list];
  };
  const pick = (range: string): void => {
    if (range === "custom") change({ range: null, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    else if (range in presets) change({ range: range === "7d" ? null : range, from: null, to: null });
  };
  const [open, setOpen] = useState(false);
  const active = [filters.min !== null || filters.max !== null, filters.type !== null, filters.region !== null, filters.text !== "", filters.deleted].filter(Boolean).length;
  const touched = active > 0 || filters.range === "custom";
  return (
    <section className={styles.filters} aria-label="Filters" data-open={open}>
      <div>
        <span className={styles.label} id="range-label">
          Time range
        </span>
        <SegmentedControl aria-labelledby="range-label" data={ranges} value={filters.range} onChange={pick} />
      </div>
      {filters.range === "custom" && (
        <div className={styles.custom}>
          <TextInput type="datetime-local" step={1} label={`From (${zone === "utc" ? "UTC" : "local"})`} value={toInput(filters.from ?? from, zone)} onChange={(event) => change({ from: fromInput(event.currentTarget.value, zone) })} />
          <TextInput type="datetime-local" step={1} label="To" value={toInput(filters.to ?? to, zone)} onChange={(event) => change({ to: fromInput(event.currentTarget.value, zone) })} />
        </div>
      )}
      <Button className={styles.more} variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Fewer filters" : active === 0 ? "More filters" : `More filters (${active} set)`}
      </Button>
      <Magnitudes filters={filters} change={change} />
      <Select className={`${styles.type} ${styles.extra}`} label="Type" placeholder="all types" clearable data={options(types, filters.type)} value={filters.type} onChange={(type) => change({ type })} comboboxProps={{ width: 220, position: "bottom-start" }} />
      <Select className={`${styles.region} ${styles.extra}`} label="Region" placeholder="all regions" clearable searchable limit={200} nothingFoundMessage="No such region in this range" data={options(regions, filters.region)} value={filters.region} onChange={(region) => change({ region })} comboboxProps={{ width: 260, position: "bottom-start" }} />
      <Words text={filters.text} change={change} />
      <Switch className={`${styles.deleted} ${styles.extra}`} label="Withdrawn too" checked={filters.deleted} onChange={(event) => change({ deleted: event.currentTarget.checked })} />
      <Button
        className={`${styles.reset} ${styles.extra}`}
        variant="subtle"
        size="compact-sm"
        disabled={!touched}
        onClick={() => change({ range: null, from: null, to: null, min: null, max: null, type: null, region: null, q: null, deleted: null })}
      >
        Reset
      </Button>
    </section>
  );
}
