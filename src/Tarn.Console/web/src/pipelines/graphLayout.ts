import dagre from "@dagrejs/dagre";
import type { TaskKind } from "../api/types";
import { ancestors, shortName } from "./tasks";

export interface GraphTask {
  name: string;
  after: readonly string[];
  group: string | null;
  kind: TaskKind;
}

export interface GraphNode {
  name: string;
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Point {
  x: number;
  y: number;
}

export interface GraphBox {
  name: string;
  text: string;
  depth: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface GraphLayout {
  width: number;
  height: number;
  /** In the order in which the keyboard goes through them: by column, then from above. */
  nodes: GraphNode[];
  boxes: GraphBox[];
  /** An edge that `joins` ends where several meet, before they part again. */
  edges: { from: string; to: string; joins: boolean; path: string }[];
}

const nodeHeight = 48;
const inside = 10;
const title = 20;
const margin = 4;

const widthOf = (text: string, kind: TaskKind): number => Math.min(300, Math.max(kind === "task" ? 136 : 168, Math.round(50 + text.length * 7.6)));

/** Where each task stands: what runs first at the left, groups as boxes around their tasks. Depends on names and order alone, so that states may change without a move. */
export function layoutGraph(tasks: readonly GraphTask[]): GraphLayout {
  const graph = new dagre.graphlib.Graph({ compound: true }).setGraph({ rankdir: "LR", nodesep: 16, ranksep: 44, marginx: margin, marginy: margin }).setDefaultEdgeLabel(() => ({}));
  const names = new Set(tasks.map((task) => task.name));
  const groups = new Set(tasks.flatMap((task) => ancestors(task.group)));
  const box = (group: string): string => `box ${group}`;
  for (const group of groups) graph.setNode(box(group), {});
  for (const group of groups) {
    const around = ancestors(group).at(-2);
    if (around !== undefined) graph.setParent(box(group), box(around));
  }
  for (const task of tasks) {
    graph.setNode(task.name, { width: widthOf(shortName(task.name, task.group), task.kind), height: nodeHeight });
    if (task.group !== null) graph.setParent(task.name, box(task.group));
  }
  const lines = linesOf(tasks, names);
  for (const { from, to } of lines) {
    for (const end of [from, to]) if (!names.has(end)) graph.setNode(end, { width: 2, height: 2 });
    graph.setEdge(from, to);
  }
  dagre.layout(graph);
  const routes = lines.map(({ from, to }) => ({ from, to, points: (graph.edge(from, to) as { points?: Point[] }).points ?? [] }));

  const placed = new Map<string, GraphNode>();
  for (const task of tasks) {
    const { x, y, width } = graph.node(task.name) as { x: number; y: number; width: number };
    placed.set(task.name, { name: task.name, text: shortName(task.name, task.group), x: x - width / 2, y: y - nodeHeight / 2, width, height: nodeHeight });
  }
  const junctions = new Map<string, GraphNode>();
  for (const end of new Set(lines.flatMap((line) => [line.from, line.to]))) {
    if (names.has(end)) continue;
    const { x, y } = graph.node(end) as { x: number; y: number };
    junctions.set(end, { name: end, text: "", x, y, width: 0, height: 0 });
  }
  const boxes = boxesAround(tasks, groups, placed);
  // The titles of boxes reach further than dagre knows: all is moved until nothing lies outside.
  const shapes = [...placed.values(), ...boxes];
  const bends = routes.flatMap((route) => route.points);
  const left = Math.min(margin, ...shapes.map((shape) => shape.x)) - margin;
  const top = Math.min(margin, ...shapes.map((shape) => shape.y), ...bends.map((point) => point.y - margin)) - margin;
  for (const shape of [...shapes, ...junctions.values()]) {
    shape.x -= left;
    shape.y -= top;
  }
  const at = (name: string): GraphNode => (placed.get(name) ?? junctions.get(name)) as GraphNode;
  return {
    width: Math.max(1, ...shapes.map((shape) => shape.x + shape.width)) + margin,
    height: Math.max(1, ...shapes.map((shape) => shape.y + shape.height), ...bends.map((point) => point.y - top + margin)) + margin,
    nodes: [...placed.values()].sort((a, b) => a.x + a.width / 2 - (b.x + b.width / 2) || a.y - b.y),
    boxes,
    edges: routes.map(({ from, to, points }) => ({
      from,
      to,
      joins: !names.has(to),
      path: curve(at(from), at(to), points.map((point) => ({ x: point.x - left, y: point.y - top }))),
    })),
  };
}

/** From this many on, lines between the same tasks are led through one point. */
const bundledFrom = 6;

/**
 * The lines to draw. Where several tasks are after the same several others, as a group after a group, each with each would be a thicket:
 * they meet in a point and part again from there.
 */
function linesOf(tasks: readonly GraphTask[], names: ReadonlySet<string>): { from: string; to: string }[] {
  const sets = new Map<string, { after: string[]; tasks: string[] }>();
  for (const task of tasks) {
    const after = [...new Set(task.after)].filter((before) => names.has(before) && before !== task.name).sort();
    const key = after.join("\n");
    const set = sets.get(key) ?? { after, tasks: [] };
    set.tasks.push(task.name);
    sets.set(key, set);
  }
  return [...sets].flatMap(([key, { after, tasks: next }]) => {
    if (after.length < 2 || next.length < 2 || after.length * next.length < bundledFrom) return next.flatMap((to) => after.map((from) => ({ from, to })));
    const point = `meet ${key}`;
    return [...after.map((from) => ({ from, to: point })), ...next.map((to) => ({ from: point, to }))];
  });
}

/** The boxes around the tasks of each group, outer ones first, with room for their titles. */
function boxesAround(tasks: readonly GraphTask[], groups: ReadonlySet<string>, placed: ReadonlyMap<string, GraphNode>): GraphBox[] {
  const made = new Map<string, GraphBox>();
  const deepestFirst = [...groups].sort((a, b) => b.split(".").length - a.split(".").length);
  for (const group of deepestFirst) {
    const nodes = tasks.filter((task) => task.group === group).map((task) => placed.get(task.name) as GraphNode);
    const inner = [...made.values()].filter((one) => ancestors(one.name).at(-2) === group);
    const shapes = [...nodes, ...inner];
    const x = Math.min(...shapes.map((shape) => shape.x)) - inside;
    const y = Math.min(...shapes.map((shape) => shape.y)) - title;
    made.set(group, {
      name: group,
      text: group.slice(group.lastIndexOf(".") + 1),
      depth: group.split(".").length,
      x,
      y,
      width: Math.max(...shapes.map((shape) => shape.x + shape.width)) + inside - x,
      height: Math.max(...shapes.map((shape) => shape.y + shape.height)) + inside - y,
    });
  }
  return [...made.values()].sort((a, b) => a.depth - b.depth);
}

/** Leaves and enters level, and goes through the points at which the layout leads it past other tasks. */
function curve(from: GraphNode, to: GraphNode, points: readonly Point[]): string {
  const [x2, y2] = [to.width === 0 ? to.x : to.x - 5, to.y + to.height / 2];
  // The first and the last point are where the line meets the two tasks; between neighbours there is nothing to be led past.
  const near = x2 - from.x - from.width < 130;
  const through = [...(near ? [] : points).slice(1, -1).filter((point) => point.x > from.x + from.width + 4 && point.x < x2 - 4), { x: x2, y: y2 }];
  let x = from.x + from.width;
  let y = from.y + from.height / 2;
  let path = `M${round(x)} ${round(y)}`;
  for (const point of through) {
    const middle = round((x + point.x) / 2);
    path += `C${middle} ${round(y)} ${middle} ${round(point.y)} ${round(point.x)} ${round(point.y)}`;
    ({ x, y } = point);
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
