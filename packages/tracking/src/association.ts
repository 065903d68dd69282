/**
 * Which detection belongs to which track: gates, gains and the best assignment of one step.
 *
 * The gain of a pair is ln(Pd N(v; 0, S) / clutter) less the score of a miss: how much better "this target was seen here" explains the
 * detection than "clutter, and the target was missed". Only gated pairs with a positive gain become edges; the assignment maximises
 * the sum of gains. At most one detection per track and one track per detection.
 */
import { type Assignment, solveAssignment } from "./assignment.ts";
import type { DetectionSet } from "./detection-set.ts";
import { chiSquareQuantile, invertInnovation, logLikelihood, newInverseCovariance, squaredDistance } from "./gate.ts";
import type { TrackPool } from "./track-pool.ts";
import type { TrackerOptions } from "./tracker-options.ts";

/** Holds the growing edge lists and the constants of one tracker. */
export class Association {
  /** ln(Pd / clutter density), cubic metres. */
  readonly logDetectionOverClutter: number;
  readonly #gate: number;
  readonly #found: Int32Array;
  readonly #rowStart: Int32Array;
  readonly #inverse = newInverseCovariance();
  #edgeColumn = new Int32Array(EDGES_AT_START);
  #edgeCost = new Float64Array(EDGES_AT_START);
  #edgeCount = 0;

  constructor(options: TrackerOptions) {
    this.logDetectionOverClutter = Math.log(options.detectionProbability / options.clutterPerM3);
    this.#gate = chiSquareQuantile(options.gateProbability, 3);
    this.#found = new Int32Array(options.detectionsMax);
    this.#rowStart = new Int32Array(options.tracksMax + 1);
  }

  /** Assigns detections to predicted tracks; rows are positions in `pool.alive`. `missScore` is what one miss adds to a score (negative). */
  solve(pool: TrackPool, detections: DetectionSet, missScore: number): Assignment {
    this.#edgeCount = 0;
    detections.buildGrid(this.#meanGateWidthM(pool, detections));
    for (let row = 0; row < pool.aliveCount; row++) {
      this.#rowStart[row] = this.#edgeCount;
      this.#addEdges(pool, pool.alive[row]!, detections, missScore);
    }
    this.#rowStart[pool.aliveCount] = this.#edgeCount;
    return solveAssignment({
      rowCount: pool.aliveCount,
      columnCount: detections.count,
      rowStart: this.#rowStart,
      edgeColumn: this.#edgeColumn,
      edgeCost: this.#edgeCost,
      unassignedCost: 0,
    });
  }

  /** Returns ln(Pd N(v; 0, S) / clutter) of a track and a detection, or -Infinity outside the gate. */
  pairScore(pool: TrackPool, slot: number, detections: DetectionSet, index: number): number {
    invertInnovation(this.#inverse, pool.covariances, slot, detections.noise, index);
    const squared = squaredDistance(
      this.#inverse,
      detections.positions[index * 3]! - pool.states[slot * 6]!,
      detections.positions[index * 3 + 1]! - pool.states[slot * 6 + 1]!,
      detections.positions[index * 3 + 2]! - pool.states[slot * 6 + 2]!,
    );
    if (squared > this.#gate) return Number.NEGATIVE_INFINITY;
    return this.logDetectionOverClutter + logLikelihood(this.#inverse, squared);
  }

  #addEdges(pool: TrackPool, slot: number, detections: DetectionSet, missScore: number): void {
    const x = slot * 6;
    const found = detections.near(
      pool.states[x]!,
      pool.states[x + 1]!,
      pool.states[x + 2]!,
      this.#halfWidthM(pool, slot, detections, 0),
      this.#halfWidthM(pool, slot, detections, 1),
      this.#halfWidthM(pool, slot, detections, 2),
      this.#found,
    );
    for (let k = 0; k < found; k++) {
      const index = this.#found[k]!;
      const gain = this.pairScore(pool, slot, detections, index) - missScore;
      if (gain > 0) this.#push(index, -gain);
    }
  }

  /** Half the side of the box about the gate of a track, for the most uncertain detection. */
  #halfWidthM(pool: TrackPool, slot: number, detections: DetectionSet, axis: number): number {
    return Math.sqrt(this.#gate * (pool.covariances[slot * 36 + axis * 7]! + detections.noiseMax[axis]!));
  }

  #meanGateWidthM(pool: TrackPool, detections: DetectionSet): number {
    let sum = 0;
    for (let row = 0; row < pool.aliveCount; row++) {
      for (let axis = 0; axis < 3; axis++) sum += this.#halfWidthM(pool, pool.alive[row]!, detections, axis);
    }
    return pool.aliveCount === 0 ? 1 : sum / (3 * pool.aliveCount);
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
