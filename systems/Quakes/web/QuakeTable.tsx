import { Ago, ariaSort, dateTime, Empty, fixed, SortHead, useZone, type Sort } from "@tarn/console";
import { useComputedColorScheme } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import { titleOf, type Quake } from "./quake";
import styles from "./quakes.module.css";
import { colorOf } from "./scale";

const rowHeight = 31;

const heads = [
  { key: "mag", head: "Mag", right: true },
  { key: "time", head: "Time", right: false },
  { key: "place", head: "Place", right: false },
  { key: "depth", head: "Depth", right: true },
  { key: "type", head: "Type", right: false },
  { key: "status", head: "Status", right: false },
  { key: "revisions", head: "Versions", right: true },
  { key: "updated", head: "Updated", right: false },
] as const;

function Row({ quake, dark }: { quake: Quake; dark: boolean }): ReactNode {
  const time = dateTime(quake.time, useZone());
  return (
    <>
      <td data-right data-col="mag">
        <span className={styles.mag} style={{ borderColor: colorOf(quake.mag, dark) }}>
          {fixed(quake.mag, 1)}
        </span>
      </td>
      <td data-col="time">
        <time dateTime={quake.time} title={quake.time}>
          <span>{time.slice(0, 5)}</span>
          {time.slice(5, 16)}
          <span>{time.slice(16)}</span>
        </time>
      </td>
      <td data-col="place" title={titleOf(quake)}>
        {quake.isDeleted && <b className={styles.withdrawn}>withdrawn </b>}
        {quake.place ?? quake.id}
      </td>
      <td data-right data-col="depth">
        {fixed(quake.depthKm, 1)}
      </td>
      <td data-col="type">{quake.eventType}</td>
      <td data-col="status">{quake.status}</td>
      <td data-right data-col="revisions">
        {quake.revisions}
      </td>
      <td data-col="updated">
        <Ago at={quake.updated} />
      </td>
    </>
  );
}

/** The events as a table: the same as on the map, in words. Only the rows in sight are made. */
export function QuakeTable({ quakes, sort, onSort, selected, onSelect }: {
  quakes: readonly Quake[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  selected: string | null;
  onSelect: (id: string | null) => void;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const dark = useComputedColorScheme("light") === "dark";
  const rows = useVirtualizer({ count: quakes.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 12 });
  const at = quakes.findIndex((quake) => quake.id === selected);
  const items = rows.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = rows.getTotalSize() - (items.at(-1)?.end ?? 0);

  // What is chosen on the map comes into sight here.
  useEffect(() => {
    if (at >= 0) rows.scrollToIndex(at, { align: "auto" });
  }, [selected]);

  // A key that is held repeats faster than rows are made: each press goes on from where the last one leads.
  const cursor = useRef<number | null>(null);
  const focusRow = (index: number): void => {
    const next = Math.max(0, Math.min(quakes.length - 1, index));
    cursor.current = next;
    rows.scrollToIndex(next, { align: "auto" });
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[data-index="${cursor.current ?? next}"]`)?.focus({ preventScroll: true }));
  };
  const keys = (row: number, quake: Quake) => (event: KeyboardEvent): void => {
    const index = cursor.current ?? row;
    const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + 15, PageUp: index - 15, Home: 0, End: quakes.length - 1 };
    if (event.key === "Enter" || event.key === " ") onSelect(quake.id === selected ? null : quake.id);
    else if (moves[event.key] !== undefined) focusRow(moves[event.key]!);
    else return;
    event.preventDefault();
  };
  const entry = at >= 0 ? at : 0;

  if (quakes.length === 0) return <Empty title="No events">No event matches the filters.</Empty>;
  return (
    <div ref={box} className={styles.tableBox} role="group" aria-label="Events" tabIndex={0}>
      <table className={styles.table} aria-rowcount={quakes.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {heads.map((head) => (
              <th key={head.key} scope="col" data-col={head.key} data-right={head.right || undefined} aria-sort={ariaSort(head.key, sort)}>
                <SortHead field={{ ...head, right: head.right || head.key === "time" || head.key === "updated", sortable: true }} sort={sort} onSort={onSort} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {items.map((item) => {
            const quake = quakes[item.index]!;
            return (
              <tr
                key={quake.id}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                aria-selected={quake.id === selected}
                tabIndex={item.index === entry || (items.every((one) => one.index !== entry) && item === items[0]) ? 0 : -1}
                style={{ height: rowHeight }}
                onClick={() => onSelect(quake.id === selected ? null : quake.id)}
                onFocus={() => (cursor.current = item.index)}
                onKeyDown={keys(item.index, quake)}
              >
                <Row quake={quake} dark={dark} />
              </tr>
            );
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}
