/**
 * Optimal assignment of rows to columns by shortest augmenting paths (Jonker & Volgenant 1987; Crouse 2016), on sparse edges.
 *
 * Rows are added one at a time. Each searches, Dijkstra-wise on reduced costs, the cheapest alternating path to a free column or to a
 * row that had better stay unassigned; duals keep the reduced costs of the matching at zero. Only edges that exist are touched, so a
 * problem that falls apart into clusters costs the sum of its clusters and needs no splitting first. Ties fall to the lower index.
 */
import { assert } from "@skyvox/core";

/**
 * Rows, columns and the edges allowed between them; an absent edge, or one of infinite cost, is forbidden.
 *
 * The edges of row i are `edgeColumn[k]`, `edgeCost[k]` for `rowStart[i] <= k < rowStart[i + 1]`; costs are of any sign.
 */
export interface AssignmentEdges {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly rowStart: Int32Array;
  readonly edgeColumn: Int32Array;
  readonly edgeCost: Float64Array;
}

/** Edges, and the finite price in the same unit at which any row may stay unassigned instead. */
export interface AssignmentProblem extends AssignmentEdges {
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
  const { rowCount, columnCount, rowStart, edgeColumn, edgeCost, unassignedCost } = problem;
  assert(rowStart.length >= rowCount + 1, "rowStart has one entry per row and one more");
  assert(rowStart[rowCount]! <= Math.min(edgeColumn.length, edgeCost.length), "every edge has a column and a cost");
  assert(Number.isFinite(unassignedCost), "the unassigned cost is finite");
  const solver = new AssignmentSolver();
  const cost = solver.solve(problem, new Float64Array(rowCount).fill(unassignedCost));
  return {
    columnOfRow: solver.columnOfRow.slice(0, rowCount),
    rowOfColumn: solver.rowOfColumn.slice(0, columnCount),
    cost,
  };
}

/** Solves one problem after another in arrays that grow to the largest and are used again. The results are borrowed until the next one. */
export class AssignmentSolver {
  /** Column of each row and row of each column, -1 where there is none. */
  columnOfRow = new Int32Array(0);
  rowOfColumn = new Int32Array(0);
  /**
   * The prices that prove the optimum: cost - rowDual - columnDual is 0 on chosen edges and at least 0 on all others, and so is
   * unassigned cost - rowDual. What that leaves is the least by which any choice with the edge is dearer.
   */
  rowDual = new Float64Array(0);
  columnDual = new Float64Array(0);
  /** Shortest distance to each column found so far; infinite where not reached. */
  #distance = new Float64Array(0);
  /** The row from which each reached column was reached. */
  #fromRow = new Int32Array(0);
  #scanned = new Uint8Array(0);
  /** Columns reached by the current search, and the rows in its tree with the distance at which each was entered. */
  #reached = new Int32Array(0);
  #treeRow = new Int32Array(0);
  #treeDistance = new Float64Array(0);

  /**
   * Finds the least sum of prices, or infinity where no choice is allowed; then the arrays hold nothing of use.
   *
   * `unassignedCosts` is the price of each row for staying unassigned, infinite where it must not. Every edge list must fit `edges`.
   */
  solve(edges: AssignmentEdges, unassignedCosts: Float64Array): number {
    this.#reset(edges.rowCount, edges.columnCount);
    for (let row = 0; row < edges.rowCount; row++) {
      if (!this.#augment(edges, unassignedCosts, row)) return Number.POSITIVE_INFINITY;
    }
    let cost = 0;
    for (let row = 0; row < edges.rowCount; row++) {
      const column = this.columnOfRow[row]!;
      let paid = unassignedCosts[row]!;
      for (let k = edges.rowStart[row]!; column >= 0 && k < edges.rowStart[row + 1]!; k++) {
        if (edges.edgeColumn[k] === column) paid = edges.edgeCost[k]!;
      }
      cost += paid;
    }
    return cost;
  }

  #reset(rowCount: number, columnCount: number): void {
    if (this.columnOfRow.length < rowCount) {
      const length = Math.max(rowCount, 2 * this.columnOfRow.length);
      this.columnOfRow = new Int32Array(length);
      this.rowDual = new Float64Array(length);
      this.#treeRow = new Int32Array(length);
      this.#treeDistance = new Float64Array(length);
    }
    if (this.rowOfColumn.length < columnCount) {
      const length = Math.max(columnCount, 2 * this.rowOfColumn.length);
      this.rowOfColumn = new Int32Array(length);
      this.columnDual = new Float64Array(length);
      this.#distance = new Float64Array(length);
      this.#fromRow = new Int32Array(length);
      this.#scanned = new Uint8Array(length);
      this.#reached = new Int32Array(length);
    }
    this.columnOfRow.fill(-1, 0, rowCount);
    this.rowDual.fill(0, 0, rowCount);
    this.rowOfColumn.fill(-1, 0, columnCount);
    this.columnDual.fill(0, 0, columnCount);
    this.#distance.fill(Number.POSITIVE_INFINITY, 0, columnCount);
    this.#scanned.fill(0, 0, columnCount);
  }

  /** Finds the cheapest way to add `start` to the matching, updates the duals and flips the path; false where there is none. */
  #augment(edges: AssignmentEdges, unassignedCosts: Float64Array, start: number): boolean {
    const { rowStart, edgeColumn, edgeCost } = edges;
    const { rowOfColumn, rowDual, columnDual } = this;
    const distance = this.#distance;
    let reachedCount = 0;
    let treeCount = 0;
    let row = start;
    let entered = 0;
    let leastFree = Number.POSITIVE_INFINITY;
    let rowToFree = -1;
    let endColumn = -1;
    for (;;) {
      this.#treeRow[treeCount] = row;
      this.#treeDistance[treeCount++] = entered;
      const base = entered - rowDual[row]!;
      // A row's own "unassigned" place is a column that only it can reach; its dual is always 0.
      if (base + unassignedCosts[row]! < leastFree) {
        leastFree = base + unassignedCosts[row]!;
        rowToFree = row;
      }
      for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
        const column = edgeColumn[k]!;
        const through = base + edgeCost[k]! - columnDual[column]!;
        if (this.#scanned[column] === 1 || through >= distance[column]!) continue;
        if (distance[column] === Number.POSITIVE_INFINITY) this.#reached[reachedCount++] = column;
        distance[column] = through;
        this.#fromRow[column] = row;
      }
      const nearest = this.#nearestUnscanned(reachedCount);
      if (nearest < 0 || distance[nearest]! >= leastFree) break;
      entered = distance[nearest]!;
      if (rowOfColumn[nearest]! < 0) {
        endColumn = nearest;
        break;
      }
      this.#scanned[nearest] = 1;
      row = rowOfColumn[nearest]!;
    }
    const length = endColumn >= 0 ? entered : leastFree;
    if (length === Number.POSITIVE_INFINITY) return false;
    this.#updateDuals(length, treeCount, reachedCount);
    this.#flip(start, endColumn, rowToFree);
    return true;
  }

  #updateDuals(length: number, treeCount: number, reachedCount: number): void {
    for (let k = 0; k < treeCount; k++) this.rowDual[this.#treeRow[k]!]! += length - this.#treeDistance[k]!;
    for (let k = 0; k < reachedCount; k++) {
      const column = this.#reached[k]!;
      if (this.#scanned[column] === 1) this.columnDual[column]! -= length - this.#distance[column]!;
      this.#scanned[column] = 0;
      this.#distance[column] = Number.POSITIVE_INFINITY;
    }
  }

  /** Returns the reached, unscanned column at the least distance (the lowest index among equals), or -1. */
  #nearestUnscanned(reachedCount: number): number {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < reachedCount; k++) {
      const column = this.#reached[k]!;
      if (this.#scanned[column] === 1) continue;
      const found = this.#distance[column]!;
      if (found < least || (found === least && column < nearest)) {
        least = found;
        nearest = column;
      }
    }
    return nearest;
  }

  /** Walks the path back from its end (a free column, or the row that gives up its column) and swaps the matching along it. */
  #flip(start: number, endColumn: number, rowToFree: number): void {
    let column = endColumn;
    if (column < 0) {
      column = this.columnOfRow[rowToFree]!;
      this.columnOfRow[rowToFree] = -1;
      if (rowToFree === start) return;
    }
    for (;;) {
      const row = this.#fromRow[column]!;
      const next = this.columnOfRow[row]!;
      this.columnOfRow[row] = column;
      this.rowOfColumn[column] = row;
      if (row === start) return;
      column = next;
    }
  }
}
