import { expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import fc from "fast-check";
import { IndexedHeap } from "./indexed-heap.ts";

interface Item {
  readonly id: string;
  readonly rank: number;
}

test("IndexedHeap gives items in order, as a sorted list does, while others are removed", () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant("push" as const), rank: fc.integer({ min: 0, max: 20 }) }),
    fc.record({ do: fc.constant("pop" as const) }),
    fc.record({ do: fc.constant("remove" as const), at: fc.nat(60) }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const heap = new IndexedHeap<Item>((a, b) => a.rank < b.rank);
      let model: Item[] = [];
      for (const [turn, step] of commands.entries()) {
        if (step.do === "push") {
          const item = { id: `i${turn}`, rank: step.rank };
          heap.push(item);
          model.push(item);
        } else if (step.do === "remove") {
          const id = model[step.at]?.id ?? "none";
          expect(heap.remove(id)).toEqual(model[step.at]);
          model = model.filter((item) => item.id !== id);
        } else {
          const popped = heap.pop();
          expect(popped?.rank).toBe(model.length === 0 ? undefined : Math.min(...model.map(({ rank }) => rank)));
          model = model.filter((item) => item !== popped);
        }
        expect(heap.count).toBe(model.length);
      }
    }),
  );
});

test("IndexedHeap refuses an id twice", () => {
  const heap = new IndexedHeap<Item>((a, b) => a.rank < b.rank);
  heap.push({ id: "a", rank: 1 });
  expect(() => heap.push({ id: "a", rank: 2 })).toThrow(AssertionError);
  expect(heap.first).toEqual({ id: "a", rank: 1 });
});
