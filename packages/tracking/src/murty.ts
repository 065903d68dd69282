/**
 * The k best assignments of one problem, in order of cost (Murty 1968).
 *
 * The best is found by shortest augmenting paths. What remains of the choices is then cut into parts that do not overlap: in part i, rows
 * before i keep what they have and row i may have anything else. The best of each part is a candidate for the next place; the part it
 * came from is cut up in its turn. A part is the set of edges it still allows, so that it is solved by forbidding the others. Parts whose
 * best costs more than the limit are dropped at once. Equal costs come in the order in which they were found: no chance, no clock.
 */
import { assert } from "@skyvox/core";
import { type AssignmentEdges, AssignmentSolver } from "./assignment.ts";

/** How far to go. */
export interface RankingLimits {
  /** At most so many assignments. */
  readonly countMax: number;
  /** None dearer than this, nor by more than `spanMax` dearer than the best. */
  readonly costMax: number;
  readonly spanMax: number;
  /** At most so many problems are solved on the way. */
  readonly solvesMax: number;
}

/** Ranks the assignments of one problem after another in arrays that grow and are used again. Results are borrowed until the next one. */
export class AssignmentRanking {
  /** How many were found. */
  count = 0;
  /** How many problems were solved for it. */
  solveCount = 0;
  /** False where `solvesMax` ended the search before the other limits did. */
  isComplete = true;
  /** Cost of each, ascending. */
  costs = new Float64Array(0);
  /** `[count, rowCount]`: the column of each row, -1 for none. */
  columnOfRow = new Int32Array(0);

  readonly #solver = new AssignmentSolver();
  /** What may be chosen in each part: one byte per edge, then one per row for "unassigned". `[part, edgeCount + rowCount]`. */
  #allowed = new Uint8Array(0);
  /** The best choice of each part, `[part, rowCount]`, and its cost; infinite once it is ranked. */
  #choice = new Int32Array(0);
  #cost = new Float64Array(0);
  #partCount = 0;
  /** The problem of one part. */
  #edgeCost = new Float64Array(0);
  #unassigned = new Float64Array(0);

  /**
   * Finds the best assignments of `edges`, where row i may stay unassigned at `unassignedCosts[i]`.
   *
   * @throws {AssertionError} when a limit on counts is not at least 1.
   */
  rank(edges: AssignmentEdges, unassignedCosts: Float64Array, limits: RankingLimits): void {
    assert(limits.countMax >= 1, "at least one assignment is wanted");
    assert(limits.solvesMax >= 1, "at least one problem may be solved");
    this.#reset(edges, limits.countMax);
    this.#solvePart(edges, unassignedCosts, limits.costMax);
    if (this.#partCount === 0) return;
    const costMax = Math.min(limits.costMax, this.#cost[0]! + limits.spanMax);
    while (this.count < limits.countMax) {
      const part = this.#cheapestPart();
      if (part < 0) return;
      this.#rankPart(edges, part);
      if (this.count === limits.countMax) return;
      if (!this.#cut(edges, unassignedCosts, part, { ...limits, costMax })) return;
    }
  }

  #reset(edges: AssignmentEdges, countMax: number): void {
    const { rowCount, rowStart } = edges;
    const edgeCount = rowStart[rowCount]!;
    this.count = 0;
    this.solveCount = 0;
    this.isComplete = true;
    this.#partCount = 0;
    if (this.costs.length < countMax) this.costs = new Float64Array(countMax);
    if (this.columnOfRow.length < countMax * rowCount) this.columnOfRow = new Int32Array(countMax * rowCount);
    if (this.#edgeCost.length < edgeCount) this.#edgeCost = new Float64Array(2 * edgeCount);
    if (this.#unassigned.length < rowCount) this.#unassigned = new Float64Array(2 * rowCount);
    this.#reserve(edgeCount + rowCount, rowCount);
    this.#allowed.fill(1, 0, edgeCount + rowCount);
  }

  /** Makes room for one more part. */
  #reserve(width: number, rowCount: number): void {
    const parts = this.#partCount + 1;
    this.#allowed = wider(this.#allowed, parts * width, (length) => new Uint8Array(length));
    this.#choice = wider(this.#choice, parts * rowCount, (length) => new Int32Array(length));
    this.#cost = wider(this.#cost, parts, (length) => new Float64Array(length));
  }

  /** Solves the part whose allowed edges stand at the end of the list, and keeps it where it has a solution that is not too dear. */
  #solvePart(edges: AssignmentEdges, unassignedCosts: Float64Array, costMax: number): void {
    const { rowCount, columnCount, rowStart, edgeColumn } = edges;
    const edgeCount = rowStart[rowCount]!;
    const at = this.#partCount * (edgeCount + rowCount);
    for (let k = 0; k < edgeCount; k++) {
      this.#edgeCost[k] = this.#allowed[at + k] === 1 ? edges.edgeCost[k]! : Number.POSITIVE_INFINITY;
    }
    for (let row = 0; row < rowCount; row++) {
      const isAllowed = this.#allowed[at + edgeCount + row] === 1;
      this.#unassigned[row] = isAllowed ? unassignedCosts[row]! : Number.POSITIVE_INFINITY;
    }
    const cost = this.#solver.solve(
      { rowCount, columnCount, rowStart, edgeColumn, edgeCost: this.#edgeCost },
      this.#unassigned,
    );
    this.solveCount++;
    if (!(cost <= costMax) || cost === Number.POSITIVE_INFINITY) return;
    for (let row = 0; row < rowCount; row++) {
      this.#choice[this.#partCount * rowCount + row] = this.#solver.columnOfRow[row]!;
    }
    this.#cost[this.#partCount++] = cost;
  }

  #cheapestPart(): number {
    let cheapest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let part = 0; part < this.#partCount; part++) {
      if (this.#cost[part]! >= least) continue;
      least = this.#cost[part]!;
      cheapest = part;
    }
    return cheapest;
  }

  #rankPart({ rowCount }: AssignmentEdges, part: number): void {
    this.costs[this.count] = this.#cost[part]!;
    this.#cost[part] = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rowCount; row++) {
      this.columnOfRow[this.count * rowCount + row] = this.#choice[part * rowCount + row]!;
    }
    this.count++;
  }

  /** Cuts up what a ranked part holds beside its best; false where that would take more solutions than may be found. */
  #cut(edges: AssignmentEdges, unassignedCosts: Float64Array, part: number, limits: RankingLimits): boolean {
    const { rowCount, rowStart } = edges;
    const edgeCount = rowStart[rowCount]!;
    const width = edgeCount + rowCount;
    for (let row = 0; row < rowCount; row++) {
      if (!this.#hasOther(edges, part, row)) continue;
      if (this.solveCount === limits.solvesMax) {
        this.isComplete = false;
        return false;
      }
      this.#reserve(width, rowCount);
      const at = this.#partCount * width;
      this.#allowed.copyWithin(at, part * width, part * width + width);
      for (let before = 0; before < row; before++) this.#keepOnly(edges, part, before, at);
      this.#allowed[at + this.#chosen(edges, part, row)] = 0;
      this.#solvePart(edges, unassignedCosts, limits.costMax);
    }
    return true;
  }

  /** Where in the list of what may be chosen stands what `row` has in the best of `part`. */
  #chosen({ rowCount, rowStart, edgeColumn }: AssignmentEdges, part: number, row: number): number {
    const column = this.#choice[part * rowCount + row]!;
    for (let k = rowStart[row]!; column >= 0 && k < rowStart[row + 1]!; k++) {
      if (edgeColumn[k] === column) return k;
    }
    return rowStart[rowCount]! + row;
  }

  #hasOther(edges: AssignmentEdges, part: number, row: number): boolean {
    const { rowCount, rowStart } = edges;
    const edgeCount = rowStart[rowCount]!;
    const at = part * (edgeCount + rowCount);
    let count = this.#allowed[at + edgeCount + row]!;
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) count += this.#allowed[at + k]!;
    return count > 1;
  }

  /** In the list at `at`, leaves `row` nothing but what it has in the best of `part`. */
  #keepOnly(edges: AssignmentEdges, part: number, row: number, at: number): void {
    const { rowCount, rowStart } = edges;
    const chosen = this.#chosen(edges, part, row);
    this.#allowed.fill(0, at + rowStart[row]!, at + rowStart[row + 1]!);
    this.#allowed[at + rowStart[rowCount]! + row] = 0;
    this.#allowed[at + chosen] = 1;
  }
}

/** Returns the array, or one twice as long as is needed with its contents. */
function wider<Values extends Uint8Array | Int32Array | Float64Array>(
  values: Values,
  length: number,
  make: (length: number) => Values,
): Values {
  if (values.length >= length) return values;
  const grown = make(2 * length);
  grown.set(values);
  return grown;
}
