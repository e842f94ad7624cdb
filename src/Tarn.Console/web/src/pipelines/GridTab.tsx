import { Button } from "@mantine/core";
import { useMemo, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { triggerWords } from "../api/live";
import { useGrid } from "../api/queries";
import type { Grid, GridCell, GridRun } from "../api/types";
import { clock, dateTime, duration } from "../format/time";
import { Answer, Empty } from "../ui/Answer";
import { useNow } from "../ui/clock";
import { useZone } from "../ui/settings";
import { StateMark, toneOf, wordOf } from "../ui/State";
import { useUrlState } from "../ui/urlState";
import { callsText, gridRows, kindWords, sumCells, type GridRow } from "./tasks";
import styles from "./Grid.module.css";

const shownRuns = 30;
const enc = encodeURIComponent;

/** Where the cell of a row and a run leads, and what it says. */
interface CellView {
  cell: GridCell;
  href: string;
  text: string;
}

function cellText(row: GridRow, cell: GridCell, at: string): string {
  const parts = [`${row.group ? `group ${row.text}` : row.tasks[0]} of ${at}: ${wordOf(cell.state)}`];
  if (cell.durationMs !== null && cell.durationMs !== undefined) parts.push(duration(cell.durationMs));
  if (cell.attempts > 0) parts.push(cell.attempts === 1 ? "1 attempt" : `${cell.attempts} attempts`);
  if (cell.calls && Object.keys(cell.calls).length > 0) parts.push(Object.entries(cell.calls).map(([state, count]) => `${count} ${wordOf(state)}`).join(" + "));
  if (cell.note) parts.push(cell.note);
  return parts.join(", ");
}

/** The one cell that the tab key reaches moves with the arrow keys. */
function moveFocus(event: KeyboardEvent<HTMLTableElement>): void {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const here = event.target as HTMLElement;
  if (step === undefined || here.dataset["row"] === undefined) return;
  const [row, column] = [Number(here.dataset["row"]) + (step[0] ?? 0), Number(here.dataset["column"]) + (step[1] ?? 0)];
  const next = event.currentTarget.querySelector<HTMLElement>(`a[data-row="${row}"][data-column="${column}"]`);
  if (next === null) return;
  event.preventDefault();
  here.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function Table({ grid }: { grid: Grid }): ReactNode {
  const zone = useZone();
  const now = useNow(60);
  const [, go] = useLocation();
  const [url, setUrl] = useUrlState();
  const closedText = url.get("closed") ?? "";
  const closed = useMemo(() => new Set(closedText.split(",").filter((one) => one !== "")), [closedText]);
  const rows = useMemo(() => gridRows(grid.tasks, closed), [grid.tasks, closed]);
  const runs = useMemo(() => [...grid.runs].reverse(), [grid.runs]);
  const cells = useMemo(() => runs.map((run) => new Map(run.tasks.map((cell) => [cell.name, cell]))), [runs]);
  const [told, setTold] = useState<string | null>(null);
  const longest = Math.max(1, ...runs.map((run) => run.durationMs ?? 0));

  const viewOf = (row: GridRow, run: GridRun, index: number): CellView | null => {
    const own = row.tasks.flatMap((name) => cells[index]?.get(name) ?? []);
    if (own.length === 0) return null;
    const cell = row.group ? sumCells(row.key, own) : (own[0] as GridCell);
    return { cell, href: row.group ? `/runs/${enc(run.id)}` : `/runs/${enc(run.id)}?task=${enc(row.tasks[0] ?? "")}`, text: cellText(row, cell, dateTime(run.logicalDate, zone)) };
  };
  const toggle = (group: string): void => {
    const next = new Set(closed);
    if (!next.delete(group)) next.add(group);
    setUrl({ closed: [...next].join(",") });
  };
  const open = (event: MouseEvent): void => {
    const link = (event.target as Element).closest("a[data-row]");
    if (link === null || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    go(link.getAttribute("href") ?? "");
  };
  const tell = (event: MouseEvent | FocusEvent): void => setTold((event.target as Element).closest("[data-says]")?.getAttribute("data-says") ?? null);
  return (
    <>
      <div className={styles.scroll} role="group" aria-label="Runs and tasks" tabIndex={0} ref={(box) => { if (box !== null && box.dataset["placed"] === undefined) { box.dataset["placed"] = "1"; box.scrollLeft = box.scrollWidth; } }}>
        <table className={styles.grid} onKeyDown={moveFocus} onClick={open} onMouseOver={tell} onFocus={tell} onMouseLeave={() => setTold(null)}>
          <thead>
            <tr>
              <th scope="col">
                <span className={styles.headWord}>Task</span>
              </th>
              {runs.map((run, column) => {
                const text = `Run of ${dateTime(run.logicalDate, zone)}: ${wordOf(run.state)}, ${triggerWords(run.trigger)}, ${duration(run.durationMs)}`;
                return (
                  <th scope="col" key={run.id}>
                    <Link href={`/runs/${enc(run.id)}`} className={styles.bar} data-tone={toneOf(run.state)} data-says={text} aria-label={text} data-row={0} data-column={column} tabIndex={column === runs.length - 1 ? 0 : -1}>
                      <span style={{ height: `${12 + 88 * Math.sqrt((run.durationMs ?? longest) / longest)}%` }} />
                    </Link>
                    <span className={styles.trigger} aria-hidden>
                      {run.trigger === "sub_pipeline" ? "P" : run.trigger.slice(0, 1).toUpperCase()}
                    </span>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={row.key} data-group={row.group || undefined}>
                <th scope="row" style={{ paddingLeft: 12 + row.depth * 14 }} title={row.tasks.length === 1 ? row.tasks[0] : undefined}>
                  {row.group ? (
                    <button type="button" aria-expanded={!closed.has(row.key.slice(0, -2))} onClick={() => toggle(row.key.slice(0, -2))}>
                      <span aria-hidden>{closed.has(row.key.slice(0, -2)) ? "▸" : "▾"}</span> {row.text} <small>{row.tasks.length}</small>
                    </button>
                  ) : (
                    <>
                      {row.text}
                      {kindWords[row.kind] !== "" && <small className={styles.kind}>{kindWords[row.kind]}</small>}
                    </>
                  )}
                </th>
                {runs.map((run, column) => {
                  const view = viewOf(row, run, column);
                  if (view === null) return <td key={run.id} />;
                  const several = !row.group && view.cell.calls && Object.keys(view.cell.calls).length > 0 ? callsText(view.cell.calls) : null;
                  return (
                    <td key={run.id}>
                      <a href={view.href} className={styles.cell} data-tone={toneOf(view.cell.state)} data-row={index + 1} data-column={column} data-says={view.text} aria-label={view.text} tabIndex={-1}>
                        <StateMark state={view.cell.state} />
                        {several !== null && <sub>{several.replace(" of ", "/")}</sub>}
                        {several === null && !row.group && view.cell.attempts > 1 && <sup>{view.cell.attempts}</sup>}
                      </a>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">Logical date</th>
              {runs.map((run) => (
                <td key={run.id}>
                  <span className={styles.date}>{clock(run.logicalDate, zone, now).replace(/^(\d\d:\d\d):\d\d$/, "$1")}</span>
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      <p className={styles.told} aria-hidden>
        {told ?? "Point at a cell, or go through them with the arrow keys. The letter under a bar says why the run was made: Scheduled, Manual, Backfill, Catch-up, Data, Repair, or by another Pipeline."}
      </p>
    </>
  );
}

/** Runs across, the newest at the right, tasks down: which task of which run failed, at a glance. */
export function GridTab({ pipeline }: { pipeline: string }): ReactNode {
  const [url, setUrl] = useUrlState();
  const before = url.get("before") ?? undefined;
  const grid = useGrid(pipeline, shownRuns, before);
  const oldest = grid.data?.runs.at(-1);
  return (
    <Answer of={grid} what="grid" rows={6} absent={<Empty title="This server has no grid">It is older than this console.</Empty>}>
      {(data) => (
        <>
          {data.runs.length === 0 ? <Empty title={before === undefined ? "No run yet" : "No older runs"} /> : <Table grid={data} />}
          <div className={styles.pager}>
            <Button variant="default" size="compact-sm" disabled={oldest === undefined || data.runs.length < shownRuns} loading={grid.isPlaceholderData} onClick={() => setUrl({ before: oldest?.id })}>
              Older runs
            </Button>
            <Button variant="default" size="compact-sm" disabled={before === undefined} onClick={() => setUrl({ before: null })}>
              Newest runs
            </Button>
          </div>
        </>
      )}
    </Answer>
  );
}
