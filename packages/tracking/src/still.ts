/**
 * The rival explanation of a track: something that stays where it is.
 *
 * Motion detectors also fire where nothing is any more: a target that stood in the first picture, or that hovered until it became
 * background, leaves a hole behind it when it moves off, and the hole is seen in the same place by every camera for seconds. Clutter that
 * is uniform and new in every step cannot explain that; a thing that hardly moves can. So each track carries, beside its own filter, one
 * of a still thing (position only, wandering by `STILL_DRIFT`) and the log-likelihood that this earns, and is scored against the
 * mixture of both kinds of clutter. A target earns its score as soon as it moves; a hole never does.
 */
import { assert } from "@skyvox/core";
import type { DetectionSet } from "./detection-set.ts";
import type { Column } from "./slot-columns.ts";

/** Still-thing filters of all slots of a pool: position and variance per axis, and log-likelihood ratio against uniform clutter. */
export class StillFilters {
  readonly #positions: Float64Array;
  readonly #variances: Float64Array;
  readonly #scores: Float64Array;

  constructor(capacity: number) {
    this.#positions = new Float64Array(capacity * 3);
    this.#variances = new Float64Array(capacity * 3);
    this.#scores = new Float64Array(capacity);
  }

  /** All that the slots hold. */
  get columns(): readonly Column[] {
    return [
      { values: this.#positions, width: 3 },
      { values: this.#variances, width: 3 },
      { values: this.#scores, width: 1 },
    ];
  }

  /** Begins at a detection. */
  begin(slot: number, set: DetectionSet, index: number): void {
    for (let axis = 0; axis < 3; axis++) {
      this.#positions[slot * 3 + axis] = set.positions[index * 3 + axis]!;
      this.#variances[slot * 3 + axis] = set.noise[index * 9 + axis * 4]!;
    }
    this.#scores[slot] = 0;
  }

  /** Lets `elapsedS` seconds pass. */
  predict(slot: number, elapsedS: number): void {
    for (let axis = 0; axis < 3; axis++) this.#variances[slot * 3 + axis]! += STILL_DRIFT * STILL_DRIFT * elapsedS;
  }

  /** Takes the detection that the track got; `logDetectionOverClutter` is ln(Pd / clutter density). Correlations between axes are left out. */
  update(slot: number, set: DetectionSet, index: number, logDetectionOverClutter: number): void {
    let gained = logDetectionOverClutter;
    for (let axis = 0; axis < 3; axis++) {
      const at = slot * 3 + axis;
      const variance = this.#variances[at]! + set.noise[index * 9 + axis * 4]!;
      assert(variance > 0, "a detection has a variance of more than 0 on every axis");
      const apart = set.positions[index * 3 + axis]! - this.#positions[at]!;
      gained -= 0.5 * (Math.log(2 * Math.PI * variance) + (apart * apart) / variance);
      const gain = this.#variances[at]! / variance;
      this.#positions[at]! += gain * apart;
      this.#variances[at]! *= 1 - gain;
    }
    this.#scores[slot] = this.#scores[slot]! + gained;
  }

  /** Takes a miss. */
  miss(slot: number, missScore: number): void {
    this.#scores[slot] = this.#scores[slot]! + missScore;
  }

  /** Copies a filter from one slot to another. */
  copy(from: number, to: number): void {
    this.#positions.copyWithin(to * 3, from * 3, from * 3 + 3);
    this.#variances.copyWithin(to * 3, from * 3, from * 3 + 3);
    this.#scores[to] = this.#scores[from]!;
  }

  /**
   * Returns ln((1 - share) + share · e^score): how well clutter of both kinds explains the track, against uniform clutter alone.
   *
   * The score is first cut to `targetScore`: having stood still for long is no head start against having set off (Page's test).
   */
  clutterScore(slot: number, targetScore: number, share: number): number {
    this.#scores[slot] = Math.min(this.#scores[slot]!, targetScore);
    const score = this.#scores[slot]! + Math.log(share);
    const most = Math.max(score, 0);
    return most + Math.log((1 - share) * Math.exp(-most) + Math.exp(score - most));
  }
}

/** How far a still thing wanders in one second, metres: the outline of a hole crumbles as the background fills it. */
const STILL_DRIFT = 0.25;
