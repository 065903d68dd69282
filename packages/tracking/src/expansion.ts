/**
 * What a group of tracks may make of the detections of one step: the likeliest pairs of an earlier hypothesis and an assignment.
 *
 * Each earlier hypothesis names one slot per track; which detection each slot takes is an assignment problem, and its next best answers
 * come from Murty's ranking. The chance of a pair is that of the hypothesis times the likelihood of the assignment. Pairs below
 * `1 - MASS` of the best are never looked for; of the rest, the likeliest that hold `MASS` of all chance stay. The work is counted in
 * problems solved, never in time, so that it is the same everywhere: past the limit only the best pair found stays, which is what global
 * nearest neighbour decides.
 */
import { type AssignmentEdges, AssignmentSolver } from "./assignment.ts";
import type { GlobalHypotheses } from "./global-hypotheses.ts";
import { AssignmentRanking } from "./murty.ts";

/** Of all chance this share is kept. */
const MASS = 0.99;

/** What an explanation must not cost more than another to be in doubt with it: ln of the ratio of their chances. */
export const DOUBT = -Math.log(1 - MASS);

/** How much may be kept and done for one group. */
export interface ExpansionLimits {
  readonly hypothesesMax: number;
  readonly solvesMax: number;
}

/** Gated pairs of one step, and in which row of them each slot stands. */
export interface GatedSlots {
  readonly edges: AssignmentEdges;
  readonly rowOfSlot: Int32Array;
}

/** Expands the hypotheses of one group after another; results are borrowed until the next. */
export class HypothesisExpansion {
  /** How many pairs stay, likeliest first. */
  count = 0;
  /** False where the work was too much and only one pair stays. */
  isComplete = true;
  /** Of each pair: its earlier hypothesis and ln of its chance, the first 0. */
  priorOf = new Int32Array(0);
  logWeights = new Float64Array(0);
  /** `[count, tracks]`: the detection each track takes, -1 for none. */
  detectionOf = new Int32Array(0);

  readonly #ranking = new AssignmentRanking();
  readonly #solver = new AssignmentSolver();
  /** Column of each detection in the problem of this group, and back. */
  readonly #columnOf: Int32Array;
  readonly #detectionOfColumn: Int32Array;
  #columnCount = 0;
  #rowStart = new Int32Array(8);
  #edgeColumn = new Int32Array(32);
  #edgeCost = new Float64Array(32);
  #free = new Float64Array(8);
  /** All pairs found, in the order in which they were. */
  #foundCount = 0;
  #foundPrior = new Int32Array(64);
  #foundCost = new Float64Array(64);
  #foundDetection = new Int32Array(256);
  readonly #order: number[] = [];

  constructor(detectionsMax: number) {
    this.#columnOf = new Int32Array(detectionsMax).fill(-1);
    this.#detectionOfColumn = new Int32Array(detectionsMax);
  }

  /**
   * Finds the likeliest assignment of the first hypothesis of `prior` alone, and returns whether every other is beyond `DOUBT`.
   *
   * A choice costs more than the best by at least what the prices of the solution leave of any edge in it that the best has not.
   */
  decide(prior: GlobalHypotheses, gated: GatedSlots): boolean {
    const { trackCount } = prior;
    const edges = this.#edgesOf(prior, 0, gated);
    this.#solver.solve(edges, this.#free);
    this.#reserveKept(1, trackCount);
    this.count = 1;
    this.priorOf[0] = 0;
    this.logWeights[0] = 0;
    for (let track = 0; track < trackCount; track++) {
      const column = this.#solver.columnOfRow[track]!;
      this.detectionOf[track] = column < 0 ? -1 : this.#detectionOfColumn[column]!;
    }
    this.#forgetColumns();
    return this.#leastOther(edges) >= DOUBT;
  }

  /** Returns by how much any other choice costs more than that of the solver, at least. */
  #leastOther({ rowCount, rowStart, edgeColumn, edgeCost }: AssignmentEdges): number {
    const { columnOfRow, rowDual, columnDual } = this.#solver;
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rowCount; row++) {
      if (columnOfRow[row]! >= 0) least = Math.min(least, -rowDual[row]!);
      for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
        const column = edgeColumn[k]!;
        if (column !== columnOfRow[row]) least = Math.min(least, edgeCost[k]! - rowDual[row]! - columnDual[column]!);
      }
    }
    return least;
  }

  /** Finds the pairs for `prior`, whose first hypothesis is the likeliest. */
  expand(prior: GlobalHypotheses, gated: GatedSlots, limits: ExpansionLimits): void {
    this.#foundCount = 0;
    this.isComplete = true;
    let solvesLeft = limits.solvesMax;
    let best = Number.POSITIVE_INFINITY;
    for (let h = 0; h < prior.count && this.isComplete; h++) {
      const edges = this.#edgesOf(prior, h, gated);
      const priorCost = -prior.logWeights[h]!;
      this.#ranking.rank(edges, this.#free, {
        countMax: limits.hypothesesMax,
        costMax: best + DOUBT - priorCost,
        spanMax: DOUBT,
        solvesMax: solvesLeft,
      });
      solvesLeft -= this.#ranking.solveCount;
      this.#keepFound(h, prior.trackCount, priorCost);
      if (this.#ranking.count > 0) best = Math.min(best, priorCost + this.#ranking.costs[0]!);
      this.isComplete = this.#ranking.isComplete && (solvesLeft > 0 || h === prior.count - 1);
      this.#forgetColumns();
    }
    this.#select(prior.trackCount, this.isComplete ? limits.hypothesesMax : 1);
  }

  /** Builds the problem of hypothesis `h`: one row per track, columns numbered as they are met. */
  #edgesOf(prior: GlobalHypotheses, h: number, { edges, rowOfSlot }: GatedSlots): AssignmentEdges {
    const { trackCount } = prior;
    this.#reserveRows(trackCount);
    let edgeCount = 0;
    this.#columnCount = 0;
    for (let track = 0; track < trackCount; track++) {
      this.#rowStart[track] = edgeCount;
      const row = rowOfSlot[prior.slots[h * trackCount + track]!]!;
      const end = edges.rowStart[row + 1]!;
      this.#reserveEdges(edgeCount + end - edges.rowStart[row]!);
      for (let k = edges.rowStart[row]!; k < end; k++) {
        this.#edgeColumn[edgeCount] = this.#columnOfDetection(edges.edgeColumn[k]!);
        this.#edgeCost[edgeCount++] = edges.edgeCost[k]!;
      }
    }
    this.#rowStart[trackCount] = edgeCount;
    return {
      rowCount: trackCount,
      columnCount: this.#columnCount,
      rowStart: this.#rowStart,
      edgeColumn: this.#edgeColumn,
      edgeCost: this.#edgeCost,
    };
  }

  #columnOfDetection(detection: number): number {
    if (this.#columnOf[detection]! < 0) {
      this.#detectionOfColumn[this.#columnCount] = detection;
      this.#columnOf[detection] = this.#columnCount++;
    }
    return this.#columnOf[detection]!;
  }

  #forgetColumns(): void {
    for (let column = 0; column < this.#columnCount; column++) this.#columnOf[this.#detectionOfColumn[column]!] = -1;
  }

  #keepFound(h: number, trackCount: number, priorCost: number): void {
    const ranking = this.#ranking;
    this.#reserveFound(this.#foundCount + ranking.count, trackCount);
    for (let rank = 0; rank < ranking.count; rank++) {
      this.#foundPrior[this.#foundCount] = h;
      this.#foundCost[this.#foundCount] = priorCost + ranking.costs[rank]!;
      for (let track = 0; track < trackCount; track++) {
        const column = ranking.columnOfRow[rank * trackCount + track]!;
        this.#foundDetection[this.#foundCount * trackCount + track] =
          column < 0 ? -1 : this.#detectionOfColumn[column]!;
      }
      this.#foundCount++;
    }
  }

  /** Keeps the likeliest pairs, at most `countMax` and no more than hold `MASS` of all. */
  #select(trackCount: number, countMax: number): void {
    const order = this.#order;
    order.length = this.#foundCount;
    for (let k = 0; k < order.length; k++) order[k] = k;
    order.sort((a, b) => this.#foundCost[a]! - this.#foundCost[b]! || a - b);
    const least = this.#foundCost[order[0]!]!;
    let total = 0;
    for (const k of order) total += Math.exp(least - this.#foundCost[k]!);
    this.#reserveKept(Math.min(countMax, order.length), trackCount);
    this.count = 0;
    for (let held = 0; this.count < order.length && this.count < countMax && held < MASS * total; this.count++) {
      const k = order[this.count]!;
      this.priorOf[this.count] = this.#foundPrior[k]!;
      this.logWeights[this.count] = least - this.#foundCost[k]!;
      for (let track = 0; track < trackCount; track++) {
        this.detectionOf[this.count * trackCount + track] = this.#foundDetection[k * trackCount + track]!;
      }
      held += Math.exp(least - this.#foundCost[k]!);
    }
  }

  #reserveRows(count: number): void {
    if (this.#free.length > count) return;
    this.#rowStart = new Int32Array(2 * count + 1);
    this.#free = new Float64Array(2 * count + 1);
  }

  #reserveEdges(count: number): void {
    if (this.#edgeColumn.length >= count) return;
    const columns = new Int32Array(2 * count);
    columns.set(this.#edgeColumn);
    this.#edgeColumn = columns;
    const costs = new Float64Array(2 * count);
    costs.set(this.#edgeCost);
    this.#edgeCost = costs;
  }

  #reserveFound(count: number, trackCount: number): void {
    if (this.#foundPrior.length < count) {
      const priors = new Int32Array(2 * count);
      priors.set(this.#foundPrior);
      this.#foundPrior = priors;
      const costs = new Float64Array(2 * count);
      costs.set(this.#foundCost);
      this.#foundCost = costs;
    }
    if (this.#foundDetection.length < count * trackCount) {
      const detections = new Int32Array(2 * count * trackCount);
      detections.set(this.#foundDetection);
      this.#foundDetection = detections;
    }
  }

  #reserveKept(count: number, trackCount: number): void {
    if (this.priorOf.length < count) {
      this.priorOf = new Int32Array(2 * count);
      this.logWeights = new Float64Array(2 * count);
    }
    if (this.detectionOf.length < count * trackCount) this.detectionOf = new Int32Array(2 * count * trackCount);
  }
}
