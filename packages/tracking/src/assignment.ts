/**
 * Optimal assignment of rows to columns by shortest augmenting paths (Jonker & Volgenant 1987; Crouse 2016), on sparse edges.
 *
 * Rows are added one at a time. Each searches, Dijkstra-wise on reduced costs, the cheapest alternating path to a free column or to a
 * row that had better stay unassigned; duals keep the reduced costs of the matching at zero. Only edges that exist are touched, so a
 * problem that falls apart into clusters costs the sum of its clusters and needs no splitting first. Ties fall to the lower index.
 */
import { assert } from "@skyvox/core";

/**
 * Rows, columns and the edges allowed between them; an absent edge is forbidden.
 *
 * The edges of row i are `edgeColumn[k]`, `edgeCost[k]` for `rowStart[i] <= k < rowStart[i + 1]`; costs are finite, of any sign.
 * Each row may instead stay unassigned at `unassignedCost`, a finite price in the same unit.
 */
export interface AssignmentProblem {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly rowStart: Int32Array;
  readonly edgeColumn: Int32Array;
  readonly edgeCost: Float64Array;
  readonly unassignedCost: number;
}

/** The least-cost choice: column of each row and row of each column, -1 where there is none, and the sum of all prices paid. */
export interface Assignment {
  readonly columnOfRow: Int32Array;
  readonly rowOfColumn: Int32Array;
  readonly cost: number;
}

/**
 * Solves the assignment problem exactly; deterministic.
 *
 * @throws {AssertionError} when the edge lists do not fit each other or the unassigned cost is not finite.
 */
export function solveAssignment(problem: AssignmentProblem): Assignment {
  const { rowCount, columnCount, rowStart, edgeColumn, edgeCost } = problem;
  assert(rowStart.length >= rowCount + 1, "rowStart has one entry per row and one more");
  assert(rowStart[rowCount]! <= Math.min(edgeColumn.length, edgeCost.length), "every edge has a column and a cost");
  assert(Number.isFinite(problem.unassignedCost), "the unassigned cost is finite");
  const search = newSearch(rowCount, columnCount);
  for (let row = 0; row < rowCount; row++) augment(problem, search, row);
  const { columnOfRow, rowOfColumn } = search;
  let cost = 0;
  for (let row = 0; row < rowCount; row++) {
    let paid = problem.unassignedCost;
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
      if (edgeColumn[k] === columnOfRow[row]) paid = edgeCost[k]!;
    }
    cost += paid;
  }
  return { columnOfRow, rowOfColumn, cost };
}

interface Search {
  readonly columnOfRow: Int32Array;
  readonly rowOfColumn: Int32Array;
  readonly rowDual: Float64Array;
  readonly columnDual: Float64Array;
  /** Shortest distance to each column found so far; infinite where not reached. */
  readonly distance: Float64Array;
  /** The row from which each reached column was reached. */
  readonly fromRow: Int32Array;
  readonly scanned: Uint8Array;
  /** Columns reached by the current search, and the rows in its tree with the distance at which each was entered. */
  readonly reached: Int32Array;
  readonly treeRow: Int32Array;
  readonly treeDistance: Float64Array;
}

function newSearch(rowCount: number, columnCount: number): Search {
  return {
    columnOfRow: new Int32Array(rowCount).fill(-1),
    rowOfColumn: new Int32Array(columnCount).fill(-1),
    rowDual: new Float64Array(rowCount),
    columnDual: new Float64Array(columnCount),
    distance: new Float64Array(columnCount).fill(Number.POSITIVE_INFINITY),
    fromRow: new Int32Array(columnCount),
    scanned: new Uint8Array(columnCount),
    reached: new Int32Array(columnCount),
    treeRow: new Int32Array(rowCount),
    treeDistance: new Float64Array(rowCount),
  };
}

/** Finds the cheapest way to add `start` to the matching, updates the duals and flips the path. */
function augment(problem: AssignmentProblem, search: Search, start: number): void {
  const { rowStart, edgeColumn, edgeCost, unassignedCost } = problem;
  const { rowOfColumn, rowDual, columnDual, distance, fromRow, scanned, reached, treeRow, treeDistance } = search;
  let reachedCount = 0;
  let treeCount = 0;
  let row = start;
  let entered = 0;
  let leastFree = Number.POSITIVE_INFINITY;
  let rowToFree = -1;
  let endColumn = -1;
  for (;;) {
    treeRow[treeCount] = row;
    treeDistance[treeCount++] = entered;
    const base = entered - rowDual[row]!;
    // A row's own "unassigned" place is a column that only it can reach; its dual is always 0.
    if (base + unassignedCost < leastFree) {
      leastFree = base + unassignedCost;
      rowToFree = row;
    }
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
      const column = edgeColumn[k]!;
      const through = base + edgeCost[k]! - columnDual[column]!;
      if (scanned[column] === 1 || through >= distance[column]!) continue;
      if (distance[column] === Number.POSITIVE_INFINITY) reached[reachedCount++] = column;
      distance[column] = through;
      fromRow[column] = row;
    }
    const nearest = nearestUnscanned(search, reachedCount);
    if (nearest < 0 || distance[nearest]! >= leastFree) break;
    entered = distance[nearest]!;
    if (rowOfColumn[nearest]! < 0) {
      endColumn = nearest;
      break;
    }
    scanned[nearest] = 1;
    row = rowOfColumn[nearest]!;
  }
  const length = endColumn >= 0 ? entered : leastFree;
  for (let k = 0; k < treeCount; k++) rowDual[treeRow[k]!]! += length - treeDistance[k]!;
  for (let k = 0; k < reachedCount; k++) {
    const column = reached[k]!;
    if (scanned[column] === 1) columnDual[column]! -= length - distance[column]!;
    scanned[column] = 0;
    distance[column] = Number.POSITIVE_INFINITY;
  }
  flip(search, start, endColumn, rowToFree);
}

/** Returns the reached, unscanned column at the least distance (the lowest index among equals), or -1. */
function nearestUnscanned(search: Search, reachedCount: number): number {
  const { distance, scanned, reached } = search;
  let nearest = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < reachedCount; k++) {
    const column = reached[k]!;
    if (scanned[column] === 1) continue;
    const found = distance[column]!;
    if (found < least || (found === least && column < nearest)) {
      least = found;
      nearest = column;
    }
  }
  return nearest;
}

/** Walks the path back from its end (a free column, or the row that gives up its column) and swaps the matching along it. */
function flip(search: Search, start: number, endColumn: number, rowToFree: number): void {
  const { columnOfRow, rowOfColumn, fromRow } = search;
  let column = endColumn;
  if (column < 0) {
    column = columnOfRow[rowToFree]!;
    columnOfRow[rowToFree] = -1;
    if (rowToFree === start) return;
  }
  for (;;) {
    const row = fromRow[column]!;
    const next = columnOfRow[row]!;
    columnOfRow[row] = column;
    rowOfColumn[column] = row;
    if (row === start) return;
    column = next;
  }
}
