import { expect, test } from "bun:test";
import fc from "fast-check";
import { SequenceWindow } from "./sequence-window.ts";

test("SequenceWindow counts what is skipped and takes it back when it comes late", () => {
  const window = new SequenceWindow();
  expect([0, 1, 4].map((sequence) => window.arrive(sequence))).toEqual(["new", "new", "new"]);
  expect(window.lostCount).toBe(2);
  expect(window.arrive(3)).toBe("late");
  expect(window.lostCount).toBe(1);
  expect(window.arrive(3)).toBe("duplicate");
  expect(window.arrive(4)).toBe("duplicate");
  expect(window.lostCount).toBe(1);
});

test("SequenceWindow remembers 1024 numbers and takes older ones for duplicates", () => {
  const window = new SequenceWindow();
  window.arrive(5000);
  expect(window.lostCount).toBe(5000);
  expect(window.arrive(5000 - 1023)).toBe("late");
  expect(window.arrive(5000 - 1024)).toBe("duplicate");
  expect(window.lostCount).toBe(4999);
});

test("SequenceWindow agrees with a set on any order within its window", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 600 }), (arrivals) => {
      const window = new SequenceWindow();
      const seen = new Set<number>();
      let highest = -1;
      for (const sequence of arrivals) {
        const wanted = seen.has(sequence) ? "duplicate" : sequence > highest ? "new" : "late";
        expect(window.arrive(sequence)).toBe(wanted);
        seen.add(sequence);
        highest = Math.max(highest, sequence);
        expect(window.lostCount).toBe(highest + 1 - seen.size);
      }
    }),
  );
});
