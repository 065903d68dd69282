import { type TrackState, type TrackUpdate, trackId } from "@skyvox/core";
import { StillFilters } from "./still.ts";

/**
 * All tracks of one tracker in preallocated arrays, one slot each.
 *
 * `alive` lists the slots in order of birth, oldest first; a slot is used again after its track is gone, an id never.
 */
export class TrackPool {
  readonly capacity: number;
  /** `[capacity, 6]`: `[e, n, u, ve, vn, vu]` in metres and metres per second. */
  readonly states: Float64Array;
  /** `[capacity, 36]` row-major. */
  readonly covariances: Float64Array;
  /** Log-likelihood ratio of target against all clutter: what confirms a track and is reported. */
  readonly scores: Float64Array;
  /** The same against uniform clutter alone. */
  readonly targetScores: Float64Array;
  /** The highest target score so far: deletion is judged by the fall from it. */
  readonly peakScores: Float64Array;
  /** The rival explanation of each track. */
  readonly still: StillFilters;
  readonly firstNs: BigInt64Array;
  readonly lastDetectionNs: BigInt64Array;
  readonly detectionCounts: Int32Array;
  readonly missedCounts: Int32Array;
  /** 0 until the second detection. */
  readonly ids: Float64Array;
  readonly confirmed: Uint8Array;
  readonly removed: Uint8Array;
  readonly alive: Int32Array;
  aliveCount = 0;

  readonly #free: Int32Array;
  #freeCount: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.states = new Float64Array(capacity * 6);
    this.covariances = new Float64Array(capacity * 36);
    this.scores = new Float64Array(capacity);
    this.targetScores = new Float64Array(capacity);
    this.peakScores = new Float64Array(capacity);
    this.still = new StillFilters(capacity);
    this.firstNs = new BigInt64Array(capacity);
    this.lastDetectionNs = new BigInt64Array(capacity);
    this.detectionCounts = new Int32Array(capacity);
    this.missedCounts = new Int32Array(capacity);
    this.ids = new Float64Array(capacity);
    this.confirmed = new Uint8Array(capacity);
    this.removed = new Uint8Array(capacity);
    this.alive = new Int32Array(capacity);
    this.#free = Int32Array.from({ length: capacity }, (_, index) => capacity - 1 - index);
    this.#freeCount = capacity;
  }

  /** Takes a free slot for a track seen once at `timeNs`, or returns -1 when the pool is full. State, covariance and still filter are left to fill. */
  take(timeNs: bigint): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount]!;
    this.alive[this.aliveCount++] = slot;
    this.scores[slot] = 0;
    this.targetScores[slot] = 0;
    this.peakScores[slot] = 0;
    this.firstNs[slot] = timeNs;
    this.lastDetectionNs[slot] = timeNs;
    this.detectionCounts[slot] = 1;
    this.missedCounts[slot] = 0;
    this.ids[slot] = 0;
    this.confirmed[slot] = 0;
    this.removed[slot] = 0;
    return slot;
  }

  /** Gives the slots of removed tracks back, keeping the others in order. */
  sweep(): void {
    let kept = 0;
    for (let k = 0; k < this.aliveCount; k++) {
      const slot = this.alive[k]!;
      if (this.removed[slot] === 1) this.#free[this.#freeCount++] = slot;
      else this.alive[kept++] = slot;
    }
    this.aliveCount = kept;
  }

  /** Copies what is known of the target, but not the identity, from one track to another. */
  copyEstimate(from: number, to: number): void {
    this.states.copyWithin(to * 6, from * 6, from * 6 + 6);
    this.covariances.copyWithin(to * 36, from * 36, from * 36 + 36);
    this.still.copy(from, to);
    this.scores[to] = Math.max(this.scores[to]!, this.scores[from]!);
    this.targetScores[to] = Math.max(this.targetScores[to]!, this.targetScores[from]!);
    this.peakScores[to] = Math.max(this.peakScores[to]!, this.targetScores[to]!);
    this.lastDetectionNs[to] = this.lastDetectionNs[from]!;
    this.detectionCounts[to] = this.detectionCounts[to]! + 1;
    this.missedCounts[to] = this.missedCounts[from]!;
    this.confirmed[to] = Math.max(this.confirmed[to]!, this.confirmed[from]!);
  }

  /** Reports a track as a value of its own. */
  update(slot: number, timeNs: bigint): TrackUpdate {
    const x = slot * 6;
    const s = this.states;
    return {
      id: trackId(this.ids[slot]!),
      state: this.#stateOf(slot),
      timeNs,
      firstTimeNs: this.firstNs[slot]!,
      positionEnuM: [s[x]!, s[x + 1]!, s[x + 2]!],
      velocityEnuMps: [s[x + 3]!, s[x + 4]!, s[x + 5]!],
      covariance: this.covariances.slice(slot * 36, slot * 36 + 36),
      score: this.scores[slot]!,
      detectionCount: this.detectionCounts[slot]!,
      missedCount: this.missedCounts[slot]!,
    };
  }

  #stateOf(slot: number): TrackState {
    if (this.removed[slot] === 1) return "deleted";
    if (this.confirmed[slot] === 0) return "tentative";
    return this.missedCounts[slot]! > 0 ? "coasting" : "confirmed";
  }
}
