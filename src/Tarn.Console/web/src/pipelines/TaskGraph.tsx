import { Button } from "@mantine/core";
import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { Link } from "wouter";
import { duration } from "../format/time";
import { StateMark, toneOf, wordOf } from "../ui/State";
import { layoutGraph } from "./graphLayout";
import { callsText, countStates, kindWords, summed, type TaskView } from "./tasks";
import styles from "./TaskGraph.module.css";

/** The line under a task's name. */
function said(task: TaskView): string {
  const parts = [wordOf(task.state)];
  if (task.calls !== null) parts.push(`${callsText(task.calls)} calls`);
  if (task.durationMs !== null) parts.push(duration(task.durationMs));
  if (task.calls === null && task.attempts > 1) parts.push(`${task.attempts} attempts`);
  return parts.join(", ");
}

const zooms = [0.4, 0.55, 0.7, 0.85, 1, 1.25];

/** What moves the view: dragging the ground with a mouse. A finger scrolls by itself. */
function usePan(): { onPointerDown: (event: PointerEvent<HTMLDivElement>) => void } {
  return {
    onPointerDown: (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0 || (event.target as Element).closest("a, button") !== null) return;
      const box = event.currentTarget;
      const from = { x: event.clientX + box.scrollLeft, y: event.clientY + box.scrollTop };
      const move = (moved: globalThis.PointerEvent): void => {
        box.scrollLeft = from.x - moved.clientX;
        box.scrollTop = from.y - moved.clientY;
      };
      const end = (): void => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", end);
        box.removeAttribute("data-panning");
      };
      box.setAttribute("data-panning", "true");
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end);
    },
  };
}

/** The tasks as a graph, groups as boxes, each task with the state it is in. A task leads to where `href` says. */
export default function TaskGraph({ tasks, href, chosen }: { tasks: readonly TaskView[]; href?: (task: TaskView) => string | null; chosen?: string | null }): ReactNode {
  const shape = tasks.map((task) => `${task.name}:${task.kind}:${task.group}:${task.after.join(",")}`).join("\n");
  // States change often, the shape hardly ever.
  const placed = useMemo(() => layoutGraph(tasks), [shape]);
  const byName = useMemo(() => new Map(tasks.map((task) => [task.name, task])), [tasks]);
  const [zoom, setZoom] = useState<number | null>(null);
  const [fit, setFit] = useState(1);
  const box = useRef<HTMLDivElement>(null);
  const pan = usePan();

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = (): void => {
      const whole = Math.min((element.clientWidth - 2) / placed.width, 640 / placed.height, 1);
      // What would be too small to read is scrolled instead.
      setFit(Math.max(whole, 0.85));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [placed]);

  const scale = zoom ?? fit;
  const step = (by: 1 | -1): void => {
    const sorted = by === 1 ? zooms : [...zooms].reverse();
    setZoom(sorted.find((one) => (by === 1 ? one > scale + 0.01 : one < scale - 0.01)) ?? scale);
  };
  return (
    <div className={styles.frame}>
      <div ref={box} className={styles.scroll} role="group" aria-label="Task graph" tabIndex={0} {...pan}>
        <div style={{ width: placed.width * scale, height: placed.height * scale }}>
          <div className={styles.graph} style={{ width: placed.width, height: placed.height, transform: `scale(${scale})` }}>
            {placed.boxes.map((group) => {
              const state = summed(countStates(tasks.filter((task) => task.group === group.name || task.group?.startsWith(`${group.name}.`)).map((task) => task.state)));
              return (
                <div key={group.name} className={styles.group} data-depth={group.depth % 2} style={{ left: group.x, top: group.y, width: group.width, height: group.height }}>
                  <span>
                    <StateMark state={state} /> {group.text}
                  </span>
                </div>
              );
            })}
            <svg width={placed.width} height={placed.height} aria-hidden>
              <defs>
                <marker id="arrow" viewBox="0 0 8 8" refX="5" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                  <path d="M1 1l5 3-5 3" fill="none" stroke="var(--faint)" strokeWidth="1.300" />
                </marker>
              </defs>
              {placed.edges.map((edge) => (
                <path key={`${edge.from}>${edge.to}`} d={edge.path} className={styles.edge} data-tone={toneOf(byName.get(edge.to)?.state)} data-skipped={byName.get(edge.to)?.state === "skipped" || undefined} markerEnd={edge.joins ? undefined : "url(#arrow)"} />
              ))}
            </svg>
            <ol>
              {placed.nodes.map(({ name, text, x, y, width, height }) => {
                const task = byName.get(name);
                if (task === undefined) return null;
                const to = href?.(task) ?? null;
                const kind = kindWords[task.kind];
                const content = (
                  <>
                    <StateMark state={task.state} />
                    <span className={styles.words}>
                      <b>{text}</b>
                      <small>{said(task)}</small>
                    </span>
                    {kind !== "" && <span className={styles.kind}>{kind}</span>}
                    <span className="visually-hidden">
                      {task.group !== null && `, in group ${task.group}`}, {task.after.length > 0 ? `after ${task.after.join(", ")}` : "first"}
                    </span>
                  </>
                );
                const title = `${name}: ${said(task)}${task.note ? `\n${task.note}` : ""}`;
                return (
                  <li key={name} style={{ left: x, top: y, width, height }} data-tone={toneOf(task.state)} data-state={task.state} data-kind={task.kind} data-chosen={chosen === name || undefined} title={title}>
                    {to === null ? <span className={styles.node}>{content}</span> : <Link href={to} className={styles.node}>{content}</Link>}
                    {task.subRun !== null && (
                      <Link href={`/runs/${encodeURIComponent(task.subRun)}`} className={styles.sub}>
                        its run<span className="visually-hidden"> of {task.name}</span>
                      </Link>
                    )}
                    {task.subRun === null && task.subPipeline !== null && (
                      <Link href={`/pipelines/${encodeURIComponent(task.subPipeline)}`} className={styles.sub}>
                        {task.subPipeline}
                      </Link>
                    )}
                  </li>
                );
              })}
            </ol>
          </div>
        </div>
      </div>
      <div className={styles.zoom} role="group" aria-label="Size of the graph">
        <Button variant="default" size="compact-xs" aria-label="Smaller" disabled={scale <= (zooms[0] ?? 0)} onClick={() => step(-1)}>
          −
        </Button>
        <Button variant="default" size="compact-xs" aria-label="Larger" disabled={scale >= (zooms.at(-1) ?? 1)} onClick={() => step(1)}>
          +
        </Button>
        <Button variant="default" size="compact-xs" disabled={zoom === null} onClick={() => setZoom(null)}>
          Fit
        </Button>
      </div>
    </div>
  );
}
