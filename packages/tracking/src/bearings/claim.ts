/**
 * Tracks claim bearings, camera by camera, before anything new may begin: gates, gains and the best assignment in one view.
 *
 * The gain of a pair is ln(Pd N(v; 0, S) / clutter) less the score of a miss. Only pairs inside the gate and with a gain are edges; the
 * assignment maximises the sum of gains, at most one bearing per track and one track per bearing. Candidates come from the hash of the
 * view, so a view costs its tracks and what lies in their gates. The caller lets sure tracks choose first: a guess takes no bearing from
 * what is known.
 */
import { AssignmentSolver } from "../assignment.ts";
import { chiSquareQuantile } from "../gate.ts";
import type { BearingOptions } from "./bearing-options.ts";
import type { BearingPool } from "./bearing-pool.ts";
import type { BearingSource } from "./bearing-update.ts";
import { gateHalf, meetSight, newSight, newSightMatch, predictSight } from "./sight.ts";
import type { SightLog } from "./sight-log.ts";
import type { Sky } from "./sky.ts";

/** Holds the growing edge lists and the constants of one tracker. */
export class Claims {
  /** `[capacity]`: the bearing each slot took in the last `claim` it had a part in, or -1. */
  readonly taken: Int32Array;
  /** `[capacity]`: 1 where the last view had the slot's predicted place in its picture. */
  readonly visible: Uint8Array;

  readonly #options: BearingOptions;
  readonly #gate: number;
  readonly #missScore: number;
  readonly #sight = newSight();
  readonly #match = newSightMatch();
  readonly #rowStart: Int32Array;
  readonly #nearest: Int32Array;
  readonly #nearestSquared: Float64Array;
  readonly #nearestRad: Float64Array;
  readonly #solver = new AssignmentSolver();
  /** Staying without a bearing costs nothing: gains count from there. */
  readonly #unassignedCosts: Float64Array;
  #found = new Int32Array(0);
  #edgeColumn = new Int32Array(EDGES_AT_START);
  #edgeCost = new Float64Array(EDGES_AT_START);
  #edgeSquared = new Float64Array(EDGES_AT_START);
  #edgeRad = new Float64Array(EDGES_AT_START);
  #edgeCount = 0;

  constructor(options: BearingOptions) {
    const capacity = options.tracksMax;
    this.#options = options;
    this.#gate = chiSquareQuantile(options.gateProbability, 2);
    this.#missScore = Math.log1p(-options.detectionProbability * options.gateProbability);
    this.taken = new Int32Array(capacity);
    this.visible = new Uint8Array(capacity);
    this.#unassignedCosts = new Float64Array(capacity);
    this.#rowStart = new Int32Array(capacity + 1);
    this.#nearest = new Int32Array(capacity);
    this.#nearestSquared = new Float64Array(capacity);
    this.#nearestRad = new Float64Array(capacity);
  }

  /**
   * Lets the tracks in `slots` (the first `count`) claim bearings of a view that nobody has yet. Sets `taken` and `visible` of each and
   * the owner of each bearing taken, as slot + 1.
   */
  claim(pool: BearingPool, slots: Int32Array, count: number, sky: Sky, source: BearingSource, log: SightLog): void {
    if (this.#found.length < sky.count) this.#found = new Int32Array(sky.rows.length);
    this.#edgeCount = 0;
    for (let row = 0; row < count; row++) {
      this.#rowStart[row] = this.#edgeCount;
      this.#addEdges(pool, slots[row]!, row, sky, source);
    }
    this.#rowStart[count] = this.#edgeCount;
    const edges = {
      rowCount: count,
      columnCount: sky.count,
      rowStart: this.#rowStart,
      edgeColumn: this.#edgeColumn,
      edgeCost: this.#edgeCost,
    };
    this.#solver.solve(edges, this.#unassignedCosts);
    const { columnOfRow } = this.#solver;
    for (let row = 0; row < count; row++) {
      this.taken[slots[row]!] = columnOfRow[row]!;
      if (columnOfRow[row]! >= 0) sky.owner[columnOfRow[row]!] = slots[row]! + 1;
    }
    for (let row = 0; row < count; row++) this.#explain(slots[row]!, row, sky, source.camera, log);
  }

  #addEdges(pool: BearingPool, slot: number, row: number, sky: Sky, source: BearingSource): void {
    const sight = this.#sight;
    const match = this.#match;
    this.#nearest[row] = -1;
    this.#nearestSquared[row] = Number.POSITIVE_INFINITY;
    const isVisible = sky.view !== null && predictSight(sight, pool, slot, sky.view, source);
    this.visible[slot] = isVisible ? 1 : 0;
    if (!isVisible) return;
    const { detectionProbability } = this.#options;
    const half = EXPLAINED_GATES * gateHalf(sight, this.#gate, sky.varianceMax);
    const found = sky.near(sight.axes[0]!, sight.axes[1]!, sight.axes[2]!, half, this.#found);
    for (let k = 0; k < found; k++) {
      const index = this.#found[k]!;
      meetSight(match, sight, sky.rows, index);
      if (match.squared < this.#nearestSquared[row]!) {
        this.#nearest[row] = index;
        this.#nearestSquared[row] = match.squared;
        this.#nearestRad[row] = Math.sqrt(match.a * match.a + match.b * match.b);
      }
      const gain = match.logLikelihood + Math.log(detectionProbability / sky.clutter[index]!) - this.#missScore;
      if (match.squared <= this.#gate && gain > 0 && sky.owner[index] === 0) this.#push(index, -gain);
    }
  }

  #explain(slot: number, row: number, sky: Sky, camera: number, log: SightLog): void {
    const pixelRad = sky.view?.pixelRad ?? 1;
    const taken = this.taken[slot]!;
    if (this.visible[slot] === 0) {
      log.note(slot, camera, "outside-picture", Number.NaN, Number.NaN, -1);
      return;
    }
    for (let k = this.#rowStart[row]!; k < this.#rowStart[row + 1]!; k++) {
      if (this.#edgeColumn[k] === taken) {
        log.note(slot, camera, "seen", this.#edgeRad[k]! / pixelRad, this.#edgeSquared[k]!, -1);
        return;
      }
    }
    const nearest = this.#nearest[row]!;
    if (nearest < 0) {
      log.note(slot, camera, "no-bearing", Number.NaN, Number.NaN, -1);
      return;
    }
    const squared = this.#nearestSquared[row]!;
    const isClaimed = squared <= this.#gate && sky.owner[nearest]! > 0;
    const rival = isClaimed ? sky.owner[nearest]! - 1 : -1;
    log.note(slot, camera, isClaimed ? "claimed" : "outside-gate", this.#nearestRad[row]! / pixelRad, squared, rival);
  }

  #push(column: number, cost: number): void {
    const at = this.#edgeCount++;
    if (at === this.#edgeColumn.length) {
      const wider = new Int32Array(at * 2);
      wider.set(this.#edgeColumn);
      this.#edgeColumn = wider;
      this.#edgeCost = doubled(this.#edgeCost);
      this.#edgeSquared = doubled(this.#edgeSquared);
      this.#edgeRad = doubled(this.#edgeRad);
    }
    this.#edgeColumn[at] = column;
    this.#edgeCost[at] = cost;
    this.#edgeSquared[at] = this.#match.squared;
    this.#edgeRad[at] = Math.sqrt(this.#match.a * this.#match.a + this.#match.b * this.#match.b);
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(values.length * 2);
  wider.set(values);
  return wider;
}

/** How many gates wide the box is that bearings are looked for in: one outside the gate explains why a track was not seen. */
const EXPLAINED_GATES = 3;
/** Grows by doubling, never past tracks times bearings. */
const EDGES_AT_START = 4096;
