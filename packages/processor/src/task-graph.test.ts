import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import fc from "fast-check";
import { type TaskId, taskId } from "./task.ts";
import { findCycle, TaskGraph } from "./task-graph.ts";

const ids = (...names: string[]): TaskId[] => names.map(taskId);

describe("TaskGraph", () => {
  test("releases a task when the last of its dependencies is completed", () => {
    const graph = new TaskGraph();
    graph.add(taskId("c"), new Set(ids("a", "b")));
    graph.add(taskId("d"), new Set(ids("a")));
    expect(graph.complete(taskId("a"))).toEqual(ids("d"));
    expect(graph.dependentsOf(taskId("b"))).toEqual(ids("c"));
    expect(graph.complete(taskId("b"))).toEqual(ids("c"));
    expect(graph.waitingCount).toBe(0);
    expect(graph.complete(taskId("b"))).toEqual([]);
  });

  test("forgets a task that came to nothing", () => {
    const graph = new TaskGraph();
    graph.add(taskId("c"), new Set(ids("a", "b")));
    graph.remove(taskId("c"));
    expect(graph.dependentsOf(taskId("a"))).toEqual([]);
    expect(graph.complete(taskId("a"))).toEqual([]);
    expect(graph.waitingCount).toBe(0);
  });

  test("refuses a task that waits for nothing, or twice", () => {
    const graph = new TaskGraph();
    expect(() => graph.add(taskId("a"), new Set())).toThrow(AssertionError);
    graph.add(taskId("a"), new Set(ids("b")));
    expect(() => graph.add(taskId("a"), new Set(ids("b")))).toThrow(AssertionError);
  });
});

describe("A cycle", () => {
  const batch = (links: Readonly<Record<string, readonly string[]>>) =>
    Object.entries(links).map(([id, after]) => ({ id: taskId(id), dependencies: after.map(taskId) }));

  test("is named from its first task round to its last", () => {
    expect(findCycle(batch({ a: ["b"], b: ["c", "d"], c: [], d: ["e"], e: ["b"] }))).toEqual(ids("b", "d", "e"));
    expect(findCycle(batch({ a: ["a"] }))).toEqual(ids("a"));
  });

  test("is not seen in a diamond, nor through tasks outside the batch", () => {
    expect(findCycle(batch({ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }))).toBeNull();
    expect(findCycle(batch({ a: ["outside"] }))).toBeNull();
  });

  test("is found exactly where no order puts every task behind what it waits for", () => {
    const links = fc
      .integer({ min: 1, max: 8 })
      .chain((count) =>
        fc.array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 3 }), { minLength: count, maxLength: count }),
      );
    fc.assert(
      fc.property(links, (after) => {
        const tasks = after.map((indices, i) => ({
          id: taskId(`${i}`),
          dependencies: indices.map((index) => taskId(`${index}`)),
        }));
        const cycle = findCycle(tasks);
        expect(cycle === null).toBe(canBeOrdered(after));
        for (const [i, id] of (cycle ?? []).entries()) {
          const next = cycle?.[(i + 1) % cycle.length];
          expect(tasks.find((task) => task.id === id)?.dependencies).toContain(next as TaskId);
        }
      }),
    );
  });
});

/** Kahn's way: takes away, again and again, what waits for nothing that is left. */
function canBeOrdered(after: readonly (readonly number[])[]): boolean {
  const left = new Set(after.keys());
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const i of left) if (!after[i]?.some((j) => left.has(j))) left.delete(i);
  }
  return left.size === 0;
}
