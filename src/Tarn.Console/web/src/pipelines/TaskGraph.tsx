import dagre from "@dagrejs/dagre";
import { useMemo, type ReactNode } from "react";
import { Link } from "wouter";
import type { RunTask } from "../api/types";
import { duration } from "../format/time";
import { StateMark, toneOf, wordOf } from "../ui/State";
import styles from "./TaskGraph.module.css";

const height = 46;

interface Placed {
  width: number;
  height: number;
  nodes: { task: RunTask; x: number; y: number; width: number }[];
  edges: { key: string; path: string; tone: string }[];
}

/** The line under a task's name. */
function said(task: RunTask): string {
  const milliseconds = task.attempts.at(-1)?.durationMs;
  const parts = [wordOf(task.state)];
  if (milliseconds !== null && milliseconds !== undefined) parts.push(duration(milliseconds));
  if (task.attempts.length > 1) parts.push(`${task.attempts.length} attempts`);
  return parts.join(", ");
}

/** Where each task stands: what runs first at the left. */
function place(tasks: readonly RunTask[]): Placed {
  const graph = new dagre.graphlib.Graph().setGraph({ rankdir: "LR", nodesep: 14, ranksep: 46, marginx: 2, marginy: 2 }).setDefaultEdgeLabel(() => ({}));
  for (const task of tasks) graph.setNode(task.name, { width: Math.max(110, 52 + Math.max(task.name.length * 7.8, said(task).length * 6.9)), height });
  for (const task of tasks) for (const before of task.after) if (graph.hasNode(before)) graph.setEdge(before, task.name);
  dagre.layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: size.width ?? 200,
    height: size.height ?? height,
    nodes: tasks.map((task) => {
      const node = graph.node(task.name) as { x: number; y: number; width: number };
      return { task, x: node.x - node.width / 2, y: node.y - height / 2, width: node.width };
    }),
    edges: tasks.flatMap((task) =>
      task.after.filter((before) => graph.hasNode(before)).map((before) => {
        const from = graph.node(before) as { x: number; y: number; width: number };
        const to = graph.node(task.name) as { x: number; y: number; width: number };
        const [x1, x2] = [from.x + from.width / 2, to.x - to.width / 2];
        const middle = (x1 + x2) / 2;
        return { key: `${before}>${task.name}`, path: `M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2 - 5} ${to.y}`, tone: toneOf(task.state) };
      }),
    ),
  };
}

/** The tasks as a graph, each with the state it is in. A task leads to its attempts. */
export default function TaskGraph({ tasks, runId }: { tasks: readonly RunTask[]; runId?: string }): ReactNode {
  const placed = useMemo(() => place(tasks), [tasks]);
  return (
    <div className={styles.scroll} role="group" aria-label="Task graph" tabIndex={0}>
      <div className={styles.graph} style={{ width: placed.width, height: placed.height }}>
        <svg width={placed.width} height={placed.height} aria-hidden>
          <defs>
            <marker id="arrow" viewBox="0 0 8 8" refX="5" refY="4" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M1 1l5 3-5 3" fill="none" stroke="var(--faint)" strokeWidth="1.300" />
            </marker>
          </defs>
          {placed.edges.map((edge) => (
            <path key={edge.key} d={edge.path} className={styles.edge} data-tone={edge.tone} markerEnd="url(#arrow)" />
          ))}
        </svg>
        <ol>
          {placed.nodes.map(({ task, x, y, width }) => {
            const content = (
              <>
                <StateMark state={task.state} />
                <span>
                  <b>{task.name}</b>
                  <small>{said(task)}</small>
                </span>
              </>
            );
            return (
              <li key={task.name} style={{ left: x, top: y, width, height }} data-tone={toneOf(task.state)}>
                {runId === undefined ? <span>{content}</span> : <Link href={`/runs/${encodeURIComponent(runId)}?task=${encodeURIComponent(task.name)}`}>{content}</Link>}
                <span className="visually-hidden">{task.after.length > 0 ? `after ${task.after.join(", ")}` : "first"}</span>
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}
