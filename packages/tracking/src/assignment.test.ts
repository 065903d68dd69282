import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import fc from "fast-check";
import { type AssignmentProblem, solveAssignment } from "./assignment.ts";

/** Builds a problem from a dense matrix; infinite entries are forbidden. */
function dense(costs: readonly (readonly number[])[], columnCount: number, unassignedCost: number): AssignmentProblem {
  const rowStart = [0];
  const columns: number[] = [];
  const prices: number[] = [];
  for (const row of costs) {
    for (const [column, cost] of row.entries()) {
      if (cost === Number.POSITIVE_INFINITY) continue;
      columns.push(column);
      prices.push(cost);
    }
    rowStart.push(columns.length);
  }
  return {
    rowCount: costs.length,
    columnCount,
    rowStart: Int32Array.from(rowStart),
    edgeColumn: Int32Array.from(columns),
    edgeCost: Float64Array.from(prices),
    unassignedCost,
  };
}

/** Tries every choice of columns. */
function bruteForce(costs: readonly (readonly number[])[], unassignedCost: number, row = 0, taken = 0): number {
  const rest = costs[row];
  if (rest === undefined) return 0;
  let least = unassignedCost + bruteForce(costs, unassignedCost, row + 1, taken);
  for (const [column, cost] of rest.entries()) {
    if (cost === Number.POSITIVE_INFINITY || (taken >> column) & 1) continue;
    least = Math.min(least, cost + bruteForce(costs, unassignedCost, row + 1, taken | (1 << column)));
  }
  return least;
}

const X = Number.POSITIVE_INFINITY;

test("Assignment finds the optimum of a worked 3 by 3 case where greedy choice fails", () => {
  // Greedy takes (0,0)=1, (1,1)=4, (2,2)=9 = 14; best is (0,2)=3, (1,1)=4, (2,0)=3 = 10.
  const { columnOfRow, rowOfColumn, cost } = solveAssignment(
    dense(
      [
        [1, 2, 3],
        [2, 4, 6],
        [3, 6, 9],
      ],
      3,
      100,
    ),
  );
  expect([...columnOfRow]).toEqual([2, 1, 0]);
  expect([...rowOfColumn]).toEqual([2, 1, 0]);
  expect(cost).toBe(10);
});

test("Assignment leaves the row unassigned that costs least to leave", () => {
  const { columnOfRow, cost } = solveAssignment(dense([[-5], [-7], [-6]], 1, 0));
  expect([...columnOfRow]).toEqual([-1, 0, -1]);
  expect(cost).toBe(-7);
});

test("Assignment respects forbidden edges and empty rows", () => {
  const { columnOfRow, rowOfColumn } = solveAssignment(
    dense(
      [
        [X, 1],
        [X, X],
        [X, 0],
      ],
      2,
      10,
    ),
  );
  expect([...columnOfRow]).toEqual([-1, -1, 1]);
  expect([...rowOfColumn]).toEqual([-1, 2]);
});

test("Assignment of equal costs falls to the lower column", () => {
  expect([...solveAssignment(dense([[3, 3, 3]], 3, 9)).columnOfRow]).toEqual([0]);
});

test("Assignment of nothing is empty", () => {
  const { columnOfRow, rowOfColumn, cost } = solveAssignment(dense([], 2, 1));
  expect([columnOfRow.length, [...rowOfColumn], cost]).toEqual([0, [-1, -1], 0]);
  expect(solveAssignment(dense([[], []], 0, 1.5)).cost).toBe(3);
});

test("Assignment refuses an infinite price for staying unassigned", () => {
  expect(() => solveAssignment(dense([[1]], 1, X))).toThrow("unassigned cost is finite");
});

test("Assignment equals brute force on random problems of up to 7 by 7 with forbidden edges and ties", () => {
  const cost = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }) },
    { weight: 1, arbitrary: fc.constant(X) },
  );
  const problem = fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })).chain(([rows, columns]) =>
    fc.record({
      costs: fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
      unassigned: fc.integer({ min: -5, max: 25 }),
    }),
  );
  fc.assert(
    fc.property(problem, ({ costs, unassigned }) => {
      const columnCount = costs[0]?.length ?? 0;
      const found = solveAssignment(dense(costs, columnCount, unassigned));
      expect(found.cost).toBe(bruteForce(costs, unassigned));
      for (const [row, column] of found.columnOfRow.entries()) {
        if (column >= 0) expect(found.rowOfColumn[column]).toBe(row);
      }
      const pairs = found.columnOfRow.filter((column) => column >= 0).length;
      expect(found.rowOfColumn.filter((row) => row >= 0).length).toBe(pairs);
    }),
    { numRuns: 400, seed: 7 },
  );
});

test("Assignment of a dense 200 by 300 problem costs the same with its rows reversed and leaves no row out", () => {
  const prng = createPrng(3);
  const costs = Array.from({ length: 200 }, () => Array.from({ length: 300 }, () => prng.int(1_000_000)));
  const first = solveAssignment(dense(costs, 300, 1e9));
  const second = solveAssignment(dense(costs.toReversed(), 300, 1e9));
  expect(first.cost).toBe(second.cost);
  expect(first.columnOfRow.every((column) => column >= 0)).toBe(true);
  expect(new Set(first.columnOfRow).size).toBe(200);
});
