/**
 * Which detections may belong to which tracks: gates and gains of one step.
 *
 * The gain of a pair is ln(Pd N(v; 0, S) / clutter) less the score of a miss: how much better "this target was seen here" explains the
 * detection than "clutter, and the target was missed". Gated pairs become edges whose cost is the gain with its sign turned, so that the
 * cheapest assignment is the likeliest. At most one detection per track and one track per detection.
 */
import type { AssignmentEdges } from "./assignment.ts";
import type { DetectionSet } from "./detection-set.ts";
import { chiSquareQuantile } from "./gate.ts";
import type { TrackPool } from "./track-pool.ts";
import type { TrackerOptions } from "./tracker-options.ts";

/** Which pairs become edges. */
export interface EdgeLimits {
  /** What one miss adds to a score; negative. */
  readonly missScore: number;
  /** Edges of this cost or more are left out. */
  readonly costMax: number;
  /** 1 for each detection that is not to be had. */
  readonly taken: Uint8Array;
}

/** Holds the growing edge lists and the constants of one tracker. */
export class Association {
  /** ln(Pd / clutter density), cubic metres. */
  readonly logDetectionOverClutter: number;
  readonly #gate: number;
  readonly #found: Int32Array;
  /** Half the sides of the box about the gate at hand, metres. */
  readonly #half = new Float64Array(3);
  readonly #rowStart: Int32Array;
  #edgeColumn = new Int32Array(EDGES_AT_START);
  #edgeCost = new Float64Array(EDGES_AT_START);
  #edgeCount = 0;

  /** `rowsMax` is the most slots that are gated at once. */
  constructor(options: TrackerOptions, rowsMax: number) {
    this.logDetectionOverClutter = Math.log(options.detectionProbability / options.clutterPerM3);
    this.#gate = chiSquareQuantile(options.gateProbability, 3);
    this.#found = new Int32Array(options.detectionsMax);
    this.#rowStart = new Int32Array(rowsMax + 1);
  }

  /** Sorts the detections of a step into cells as wide as the gates of the tracks alive. */
  begin(pool: TrackPool, detections: DetectionSet): void {
    let sum = 0;
    for (let k = 0; k < pool.aliveCount; k++) {
      for (let axis = 0; axis < 3; axis++) sum += this.#halfWidthM(pool, pool.alive[k]!, detections, axis);
    }
    detections.buildGrid(pool.aliveCount === 0 ? 1 : sum / (3 * pool.aliveCount));
  }

  /** Gates the first `rowCount` of `slots`, one row each. The lists are borrowed until the next call. */
  gate(
    pool: TrackPool,
    slots: Int32Array,
    rowCount: number,
    detections: DetectionSet,
    limits: EdgeLimits,
  ): AssignmentEdges {
    this.#edgeCount = 0;
    for (let row = 0; row < rowCount; row++) {
      this.#rowStart[row] = this.#edgeCount;
      this.#addEdges(pool, slots[row]!, detections, limits);
    }
    this.#rowStart[rowCount] = this.#edgeCount;
    return {
      rowCount,
      columnCount: detections.count,
      rowStart: this.#rowStart,
      edgeColumn: this.#edgeColumn,
      edgeCost: this.#edgeCost,
    };
  }

  /** Returns ln(Pd N(v; 0, S) / clutter) of a track and a detection, or -Infinity outside the gate. */
  pairScore(pool: TrackPool, slot: number, detections: DetectionSet, index: number): number {
    return this.logDetectionOverClutter + pool.filters.logLikelihood(slot, detections, index, this.#gate);
  }

  #addEdges(pool: TrackPool, slot: number, detections: DetectionSet, limits: EdgeLimits): void {
    const half = this.#half;
    const state = slot * 6;
    for (let axis = 0; axis < 3; axis++) half[axis] = this.#halfWidthM(pool, slot, detections, axis);
    const found = detections.near(
      pool.states[state]!,
      pool.states[state + 1]!,
      pool.states[state + 2]!,
      half[0]!,
      half[1]!,
      half[2]!,
      this.#found,
    );
    for (let k = 0; k < found; k++) {
      const index = this.#found[k]!;
      if (limits.taken[index] === 1 || !this.#isInBox(pool, slot, detections, index)) continue;
      const cost = limits.missScore - this.pairScore(pool, slot, detections, index);
      if (cost < limits.costMax) this.#push(index, cost);
    }
  }

  /** Cells reach beyond the box; what lies outside it is outside the gate. */
  #isInBox(pool: TrackPool, slot: number, detections: DetectionSet, index: number): boolean {
    for (let axis = 0; axis < 3; axis++) {
      const apart = detections.positions[index * 3 + axis]! - pool.states[slot * 6 + axis]!;
      if (Math.abs(apart) > this.#half[axis]!) return false;
    }
    return true;
  }

  /** Half the side of the box about the gate of a track, for the most uncertain detection. */
  #halfWidthM(pool: TrackPool, slot: number, detections: DetectionSet, axis: number): number {
    return pool.filters.reachM(slot, axis, detections.noiseMax[axis]!, this.#gate);
  }

  #push(column: number, cost: number): void {
    if (this.#edgeCount === this.#edgeColumn.length) {
      const wider = new Int32Array(this.#edgeCount * 2);
      wider.set(this.#edgeColumn);
      this.#edgeColumn = wider;
      const widerCost = new Float64Array(this.#edgeCount * 2);
      widerCost.set(this.#edgeCost);
      this.#edgeCost = widerCost;
    }
    this.#edgeColumn[this.#edgeCount] = column;
    this.#edgeCost[this.#edgeCount++] = cost;
  }
}

/** Grows by doubling, never past tracks times detections. */
const EDGES_AT_START = 4096;
