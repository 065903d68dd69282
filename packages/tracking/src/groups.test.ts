import { expect, test } from "bun:test";
import fc from "fast-check";
import { Groups } from "./groups.ts";

function listOf(groups: Groups): number[][] {
  const count = groups.list();
  return Array.from({ length: count }, (_, group) => [
    ...groups.members.slice(groups.starts[group], groups.starts[group + 1]),
  ]);
}

test("Groups of things joined in a chain and of one alone", () => {
  const groups = new Groups();
  groups.begin(5);
  groups.join(4, 3);
  groups.join(3, 1);
  groups.join(1, 4);
  expect(listOf(groups)).toEqual([[0], [1, 3, 4], [2]]);
  groups.begin(2);
  expect(listOf(groups)).toEqual([[0], [1]]);
  groups.begin(0);
  expect(listOf(groups)).toEqual([]);
});

test("Groups are the sets of things that can be reached, in whatever order they were joined", () => {
  const pairs = fc.array(fc.tuple(fc.nat(19), fc.nat(19)), { maxLength: 25 });
  fc.assert(
    fc.property(pairs, (joined) => {
      const groups = new Groups();
      groups.begin(20);
      for (const [a, b] of joined) groups.join(a, b);
      const reached = Array.from({ length: 20 }, (_, k) => new Set([k]));
      for (let round = 0; round < 20; round++) {
        for (const [a, b] of joined) {
          const both = new Set([...(reached[a] ?? []), ...(reached[b] ?? [])]);
          for (const k of both) reached[k] = both;
        }
      }
      const wanted = new Map(reached.map((set) => [[...set].sort((a, b) => a - b).join(), set]));
      const byFirst = [...wanted.keys()]
        .map((key) => key.split(",").map(Number))
        .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
      expect(listOf(groups)).toEqual(byFirst);
    }),
    { numRuns: 100, seed: 5 },
  );
});
