/**
 * The pairs of truth and estimate closer than a cut-off, as the sparse edges that `solveAssignment` takes.
 *
 * A pair at distance d saves the price of one missed and one false: its edge costs d^p - c^p, below zero, against 0 for no pair.
 */
import { assert, distance, type Vec3 } from "@skyvox/core";
import { type Assignment, solveAssignment } from "../assignment.ts";

/** What a pair may be: closer than `cutoffM` metres, and the power its distance is raised to. */
export interface PairRule {
  readonly cutoffM: number;
  readonly order: 1 | 2;
}

/**
 * Finds the pairs of least cost, exactly.
 *
 * @returns for each truth point the index of its estimate, or -1.
 * @throws {AssertionError} when the cut-off is not above zero.
 */
export function pairClosest(truth: readonly Vec3[], estimates: readonly Vec3[], rule: PairRule): Int32Array {
  const { cutoffM, order } = rule;
  assert(cutoffM > 0, "the cut-off is positive");
  const limit = cutoffM ** order;
  const rowStart = new Int32Array(truth.length + 1);
  const columns: number[] = [];
  const costs: number[] = [];
  for (const [row, point] of truth.entries()) {
    for (const [column, estimate] of estimates.entries()) {
      if (Math.abs(point[0] - estimate[0]) >= cutoffM) continue;
      const apartM = distance(point, estimate);
      if (apartM >= cutoffM) continue;
      columns.push(column);
      costs.push(apartM ** order - limit);
    }
    rowStart[row + 1] = columns.length;
  }
  return cheapest({ rowStart, columns, costs, columnCount: estimates.length }).columnOfRow;
}

/** Sparse edges in the order of their rows; an edge costs less than zero, or it is never worth taking. */
export interface SparseEdges {
  /** Of `[rows + 1]`: where the edges of each row begin. */
  readonly rowStart: Int32Array;
  readonly columns: ArrayLike<number>;
  readonly costs: ArrayLike<number>;
  readonly columnCount: number;
}

/** Solves the assignment of rows to columns in which a row may stay alone at no cost. */
export function cheapest({ rowStart, columns, costs, columnCount }: SparseEdges): Assignment {
  return solveAssignment({
    rowCount: rowStart.length - 1,
    columnCount,
    rowStart,
    edgeColumn: Int32Array.from(columns),
    edgeCost: Float64Array.from(costs),
    unassignedCost: 0,
  });
}
