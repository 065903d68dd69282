/**
 * What a bearing tracker knows of its tracks beside their estimates: score, age, who saw them, and how they are reported.
 */
import { type TrackState, type TrackUpdate, trackId } from "@skyvox/core";
import type { BearingPool } from "./bearing-pool.ts";

/** One entry per slot of the pool. */
export class BearingBook {
  /** Log-odds of "target" against "false bearings". */
  readonly scores: Float64Array;
  /** The highest score so far: deletion is judged by the fall from it. */
  readonly peakScores: Float64Array;
  readonly firstNs: BigInt64Array;
  readonly lastSeenNs: BigInt64Array;
  /** Groups of views in which at least one camera saw the track. */
  readonly seenCounts: Int32Array;
  /** Steps since then. */
  readonly missedCounts: Int32Array;
  /** Distinct cameras that ever saw it. */
  readonly cameraCounts: Int32Array;
  /** 0 until the track is seen a second time or confirmed. */
  readonly ids: Float64Array;
  readonly confirmed: Uint8Array;
  readonly removed: Uint8Array;
  readonly #seenBy: Uint8Array;
  readonly #cameraCount: number;

  constructor(capacity: number, cameraCount: number) {
    this.scores = new Float64Array(capacity);
    this.peakScores = new Float64Array(capacity);
    this.firstNs = new BigInt64Array(capacity);
    this.lastSeenNs = new BigInt64Array(capacity);
    this.seenCounts = new Int32Array(capacity);
    this.missedCounts = new Int32Array(capacity);
    this.cameraCounts = new Int32Array(capacity);
    this.ids = new Float64Array(capacity);
    this.confirmed = new Uint8Array(capacity);
    this.removed = new Uint8Array(capacity);
    this.#seenBy = new Uint8Array(capacity * cameraCount);
    this.#cameraCount = cameraCount;
  }

  /** Opens an entry for a track seen first at `timeNs`. */
  open(slot: number, timeNs: bigint, score: number): void {
    this.scores[slot] = score;
    this.peakScores[slot] = score;
    this.firstNs[slot] = timeNs;
    this.lastSeenNs[slot] = timeNs;
    this.seenCounts[slot] = 1;
    this.missedCounts[slot] = 0;
    this.cameraCounts[slot] = 0;
    this.ids[slot] = 0;
    this.confirmed[slot] = 0;
    this.removed[slot] = 0;
    const at = slot * this.#cameraCount;
    this.#seenBy.fill(0, at, at + this.#cameraCount);
  }

  /** Notes that a camera saw the track. */
  seenBy(slot: number, camera: number): void {
    const at = slot * this.#cameraCount + camera;
    if (this.#seenBy[at] === 0) this.cameraCounts[slot]!++;
    this.#seenBy[at] = 1;
  }

  /** Adds to the score of a track. */
  gain(slot: number, score: number): void {
    this.scores[slot]! += score;
    this.peakScores[slot] = Math.max(this.peakScores[slot]!, this.scores[slot]!);
  }

  /** Reports a track as a value of its own. */
  report(pool: BearingPool, slot: number, timeNs: bigint): TrackUpdate {
    const x = slot * 6;
    const s = pool.states;
    return {
      id: trackId(this.ids[slot]!),
      state: this.#stateOf(slot),
      timeNs,
      firstTimeNs: this.firstNs[slot]!,
      positionEnuM: [s[x]!, s[x + 1]!, s[x + 2]!],
      velocityEnuMps: [s[x + 3]!, s[x + 4]!, s[x + 5]!],
      covariance: pool.covariances.slice(slot * 36, slot * 36 + 36),
      score: this.scores[slot]!,
      detectionCount: this.seenCounts[slot]!,
      missedCount: this.missedCounts[slot]!,
    };
  }

  #stateOf(slot: number): TrackState {
    if (this.removed[slot] === 1) return "deleted";
    if (this.confirmed[slot] === 0) return "tentative";
    return this.missedCounts[slot]! > 0 ? "coasting" : "confirmed";
  }
}
