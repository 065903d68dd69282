import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { AssignmentEdges } from "./assignment.ts";
import { AssignmentRanking } from "./murty.ts";

const X = Number.POSITIVE_INFINITY;
const everything = { countMax: 100_000, costMax: X, spanMax: X, solvesMax: 1_000_000 };

/** Builds edges from a dense matrix; infinite entries are left out. */
function edgesOf(costs: readonly (readonly number[])[]): AssignmentEdges {
  const edges = costs.map((row) => [...row.entries()].filter(([, cost]) => cost !== X));
  const rowStart = [0];
  for (const row of edges) rowStart.push((rowStart.at(-1) ?? 0) + row.length);
  return {
    rowCount: costs.length,
    columnCount: costs[0]?.length ?? 0,
    rowStart: Int32Array.from(rowStart),
    edgeColumn: Int32Array.from(edges.flat().map(([column]) => column)),
    edgeCost: Float64Array.from(edges.flat().map(([, cost]) => cost)),
  };
}

interface Choice {
  readonly cost: number;
  readonly columns: readonly number[];
}

/** Writes out every choice there is. */
function everyChoice(costs: readonly (readonly number[])[], unassigned: readonly number[], row = 0): Choice[] {
  const rest = costs[row];
  if (rest === undefined) return [{ cost: 0, columns: [] }];
  const later = everyChoice(costs, unassigned, row + 1);
  return [-1, ...rest.keys()].flatMap((column) => {
    const paid = column < 0 ? (unassigned[row] ?? X) : (rest[column] ?? X);
    if (paid === X) return [];
    return later
      .filter(({ columns }) => column < 0 || !columns.includes(column))
      .map(({ cost, columns }) => ({ cost: paid + cost, columns: [column, ...columns] }));
  });
}

function ranked(
  costs: readonly (readonly number[])[],
  unassigned: readonly number[],
  limits = everything,
  ranking = new AssignmentRanking(),
): Choice[] {
  ranking.rank(edgesOf(costs), Float64Array.from(unassigned), limits);
  return Array.from({ length: ranking.count }, (_, k) => ({
    cost: ranking.costs[k] ?? X,
    columns: [...ranking.columnOfRow.slice(k * costs.length, (k + 1) * costs.length)],
  }));
}

describe("Ranking", () => {
  test("of two tracks and two detections gives the seven explanations in order of cost", () => {
    // Rows -5 -3 / -4 -1, unassigned 0: (0,1) -6, (1,0) -7, (0,-) -5, (-,0) -4, (1,-) -3, (-,1) -1, (-,-) 0.
    expect(
      ranked(
        [
          [-5, -3],
          [-4, -1],
        ],
        [0, 0],
      ),
    ).toEqual([
      { cost: -7, columns: [1, 0] },
      { cost: -6, columns: [0, 1] },
      { cost: -5, columns: [0, -1] },
      { cost: -4, columns: [-1, 0] },
      { cost: -3, columns: [1, -1] },
      { cost: -1, columns: [-1, 1] },
      { cost: 0, columns: [-1, -1] },
    ]);
  });

  test("ends at the count, at the cost, and where nothing is left", () => {
    const costs = [[1, 2, 3]];
    expect(ranked(costs, [X], { ...everything, countMax: 2 }).map(({ cost }) => cost)).toEqual([1, 2]);
    expect(ranked(costs, [X], { ...everything, costMax: 2.5 }).map(({ cost }) => cost)).toEqual([1, 2]);
    expect(ranked(costs, [X], { ...everything, spanMax: 1 }).map(({ cost }) => cost)).toEqual([1, 2]);
    expect(ranked(costs, [X]).map(({ cost }) => cost)).toEqual([1, 2, 3]);
    expect(ranked([[X]], [X])).toEqual([]);
    expect(ranked([], [])).toEqual([{ cost: 0, columns: [] }]);
  });

  test("says that it gave up when too many problems had to be solved, and has the best of all the same", () => {
    const costs = Array.from({ length: 6 }, (_, row) => Array.from({ length: 6 }, (_, column) => (row * column) % 7));
    const ranking = new AssignmentRanking();
    const [first] = ranked(costs, Array(6).fill(9), { ...everything, solvesMax: 4 }, ranking);
    expect([ranking.isComplete, ranking.solveCount, ranking.count]).toEqual([false, 4, 1]);
    expect(first?.cost).toBe(Math.min(...everyChoice(costs, Array(6).fill(9)).map(({ cost }) => cost)));
    ranked(costs, Array(6).fill(9), { ...everything, countMax: 5 }, ranking);
    expect([ranking.isComplete, ranking.count]).toEqual([true, 5]);
  });

  test("equals the list of every choice, on random problems with ties, forbidden edges and prices per row", () => {
    const cost = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: -9, max: 9 }) },
      { weight: 1, arbitrary: fc.constant(X) },
    );
    const problem = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })).chain(([rows, columns]) =>
      fc.record({
        costs: fc.array(fc.array(cost, { minLength: columns, maxLength: columns }), {
          minLength: rows,
          maxLength: rows,
        }),
        unassigned: fc.array(cost, { minLength: rows, maxLength: rows }),
      }),
    );
    const ranking = new AssignmentRanking();
    fc.assert(
      fc.property(problem, ({ costs, unassigned }) => {
        const found = ranked(costs, unassigned, everything, ranking);
        const every = everyChoice(costs, unassigned);
        const byColumns = (a: Choice, b: Choice): number =>
          a.cost - b.cost || `${a.columns}`.localeCompare(`${b.columns}`);
        expect(found.toSorted(byColumns)).toEqual(every.toSorted(byColumns));
        expect(found.map((choice) => choice.cost)).toEqual(every.map((choice) => choice.cost).sort((a, b) => a - b));
      }),
      { numRuns: 300, seed: 11 },
    );
  });
});
