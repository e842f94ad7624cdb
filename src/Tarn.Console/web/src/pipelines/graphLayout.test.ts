import { describe, expect, it } from "vitest";
import { layoutGraph, type GraphTask } from "./graphLayout";

const task = (name: string, after: string[] = [], group: string | null = null): GraphTask => ({ name, after, group, kind: "task" });

interface Shape {
  x: number;
  y: number;
  width: number;
  height: number;
}

const holds = (outer: Shape, inner: Shape): boolean =>
  inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
const meets = (a: Shape, b: Shape): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("layoutGraph", () => {
  it("puts what runs first at the left", () => {
    const { nodes } = layoutGraph([task("c", ["b"]), task("a"), task("b", ["a"])]);
    expect(nodes.map((node) => node.name)).toEqual(["a", "b", "c"]);
  });

  it("draws boxes around groups, inner ones within outer ones, and nothing else in them", () => {
    const layout = layoutGraph([task("start"), task("g.one", ["start"], "g"), task("g.h.two", ["g.one"], "g.h"), task("g.h.three", ["g.one"], "g.h"), task("beside", ["start"]), task("end", ["g.h.two", "g.h.three", "beside"])]);
    const node = (name: string): Shape => layout.nodes.find((one) => one.name === name) as Shape;
    const [outer, inner] = layout.boxes as Shape[] as [Shape, Shape];
    expect(layout.boxes.map((box) => [box.name, box.text])).toEqual([["g", "g"], ["g.h", "h"]]);
    expect([holds(outer, inner), holds(outer, node("g.one")), holds(inner, node("g.h.two")), holds(inner, node("g.h.three"))]).toEqual([true, true, true, true]);
    expect([meets(outer, node("start")), meets(outer, node("beside")), meets(outer, node("end")), meets(inner, node("g.one"))]).toEqual([false, false, false, false]);
    expect(holds({ x: 0, y: 0, width: layout.width, height: layout.height }, outer)).toBe(true);
  });

  it("places sixty tasks without overlaps", () => {
    const many = Array.from({ length: 60 }, (_, index) => {
      const row = index % 6;
      const column = Math.floor(index / 6);
      const group = column === 0 ? null : `stage${column}`;
      const before = column === 0 ? [] : [`${column === 1 ? "" : `stage${column - 1}.`}t${column - 1}x${row}`];
      return task(`${group === null ? "" : `${group}.`}t${column}x${row}`, before, group);
    });
    const { nodes, edges, boxes } = layoutGraph(many);
    expect([nodes.length, edges.length, boxes.length]).toEqual([60, 54, 9]);
    expect(nodes.some((a, index) => nodes.slice(index + 1).some((b) => meets(a, b)))).toBe(false);
  });

  it("lets the lines between two groups meet in one point", () => {
    const first = ["a", "b", "c"].map((name) => task(`one.${name}`, [], "one"));
    const second = ["a", "b", "c"].map((name) => task(`two.${name}`, first.map((one) => one.name), "two"));
    const { edges, nodes } = layoutGraph([...first, ...second]);
    expect([nodes.length, edges.length, edges.filter((edge) => edge.joins).length]).toEqual([6, 6, 3]);
    expect(nodes.slice(0, 3).every((node) => node.name.startsWith("one."))).toBe(true);
  });

  it("leaves out an edge to a task that is not there, and lives with no task at all", () => {
    expect(layoutGraph([task("b", ["gone"])]).edges).toEqual([]);
    expect(layoutGraph([]).nodes).toEqual([]);
  });
});
