/**
 * What is known of position and velocity of every target: one state and covariance per slot, whatever models stand behind it.
 *
 * With the velocity model alone that is a six-component Kalman filter. With several models it is the mean of an interacting bank
 * (`imm.ts`), which a slot enters only when `wake` is called: of a target seen two or three times nothing is known of its turns, and
 * most of those are no targets.
 */
import type { DetectionSet } from "./detection-set.ts";
import { invertInnovation, logLikelihood, newInverseCovariance, squaredDistance } from "./gate.ts";
import { ModelBank } from "./imm.ts";
import { update } from "./kalman.ts";
import { type Manoeuvres, MOTION_MODELS, type MotionModelName } from "./manoeuvre-models.ts";
import { predict } from "./motion-model.ts";
import type { Column } from "./slot-columns.ts";

/** How targets are taken to move. */
export interface MotionOptions extends Manoeuvres {
  /** The models; in any order, each once. */
  readonly motionModels: readonly MotionModelName[];
  /** One standard deviation of the velocity of a target seen once, per axis, m/s. */
  readonly speedMps: number;
}

/** The filters of `capacity` targets. */
export class MotionFilters {
  /** `[capacity, 6]`: `[e, n, u, ve, vn, vu]` in metres and metres per second. */
  readonly states: Float64Array;
  /** `[capacity, 36]` row-major. */
  readonly covariances: Float64Array;
  /** The models behind them, or null where the velocity model is the only one. */
  readonly bank: ModelBank | null;
  /** 1 where the bank follows the slot; elsewhere the velocity model does alone. */
  readonly awake: Uint8Array;
  readonly #options: MotionOptions;
  readonly #inverse = newInverseCovariance();

  constructor(capacity: number, options: MotionOptions) {
    this.#options = options;
    this.states = new Float64Array(capacity * 6);
    this.covariances = new Float64Array(capacity * 36);
    this.awake = new Uint8Array(capacity);
    const models = MOTION_MODELS.filter((model) => options.motionModels.includes(model));
    this.bank = models.length === 1 && models[0] === "velocity" ? null : new ModelBank(capacity, models, options);
  }

  /** All that the slots hold. */
  get columns(): readonly Column[] {
    return [
      { values: this.states, width: 6 },
      { values: this.covariances, width: 36 },
      { values: this.awake, width: 1 },
      ...(this.bank?.columns ?? []),
    ];
  }

  /** Begins at a detection: known position, velocity 0 ± `speedMps`. */
  begin(slot: number, set: DetectionSet, index: number): void {
    const speedVariance = this.#options.speedMps * this.#options.speedMps;
    this.states.fill(0, slot * 6, slot * 6 + 6);
    this.covariances.fill(0, slot * 36, slot * 36 + 36);
    for (let i = 0; i < 3; i++) {
      this.states[slot * 6 + i] = set.positions[index * 3 + i]!;
      this.covariances[slot * 36 + (i + 3) * 7] = speedVariance;
      for (let j = 0; j < 3; j++) this.covariances[slot * 36 + i * 6 + j] = set.noise[index * 9 + i * 3 + j]!;
    }
    this.awake[slot] = 0;
    if (this.bank !== null && !this.bank.models.includes("velocity")) this.wake(slot);
  }

  /** Lets all models follow the slot from now on; nothing changes where they do already or there is but one. */
  wake(slot: number): void {
    if (this.bank === null || this.awake[slot] === 1) return;
    this.bank.begin(slot, this.states, this.covariances);
    this.awake[slot] = 1;
  }

  /** Lets `elapsedS` seconds pass. */
  predict(slot: number, elapsedS: number): void {
    if (this.bank !== null && this.awake[slot] === 1) {
      this.bank.predict(slot, elapsedS);
      this.bank.combine(slot, this.states, this.covariances);
      return;
    }
    const { accelerationMps2 } = this.#options;
    predict(this.states, this.covariances, slot, { elapsedS, accelerationMps2 });
  }

  /** Updates with detection `index`. */
  update(slot: number, set: DetectionSet, index: number): void {
    if (this.bank !== null && this.awake[slot] === 1) {
      this.bank.update(slot, set.positions, set.noise, index);
      this.bank.combine(slot, this.states, this.covariances);
      return;
    }
    update(this.states, this.covariances, slot, set.positions, set.noise, index);
  }

  /**
   * Returns ln of the density with which the detection was foreseen, per cubic metre; -Infinity where its squared distance, without unit,
   * exceeds `gate`. Of several models the nearest is gated, so that the first instants of a turn are not lost.
   */
  logLikelihood(slot: number, set: DetectionSet, index: number, gate: number): number {
    if (this.bank !== null && this.awake[slot] === 1) {
      return this.bank.logLikelihood(slot, set.positions, set.noise, index, gate);
    }
    invertInnovation(this.#inverse, this.covariances, slot, set.noise, index);
    const squared = squaredDistance(
      this.#inverse,
      set.positions[index * 3]! - this.states[slot * 6]!,
      set.positions[index * 3 + 1]! - this.states[slot * 6 + 1]!,
      set.positions[index * 3 + 2]! - this.states[slot * 6 + 2]!,
    );
    return squared > gate ? Number.NEGATIVE_INFINITY : logLikelihood(this.#inverse, squared);
  }

  /** Returns how far along an axis from its position a slot would take a detection of that variance (square metres), metres. */
  reachM(slot: number, axis: number, variance: number, gate: number): number {
    if (this.bank !== null && this.awake[slot] === 1) {
      return this.bank.reachM(slot, axis, this.states[slot * 6 + axis]!, variance, gate);
    }
    return Math.sqrt(gate * (this.covariances[slot * 36 + axis * 7]! + variance));
  }

  /** Copies a filter from one slot to another. */
  copy(from: number, to: number): void {
    this.states.copyWithin(to * 6, from * 6, from * 6 + 6);
    this.covariances.copyWithin(to * 36, from * 36, from * 36 + 36);
    this.awake[to] = this.awake[from]!;
    if (this.awake[from] === 1) this.bank?.copy(from, to);
  }
}
