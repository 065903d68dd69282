/**
 * Interacting multiple models: several filters per target, one per way of moving, that share what they know (Blom & Bar-Shalom 1988).
 *
 * Before each step every model begins from a mixture of all, weighed by how likely the target moved by each before and changes to this
 * one; the models are moved and updated on their own; how well each foresaw the detection says how likely it now is. What is gated and
 * reported is the mean and covariance of the mixture. The velocity model knows nothing of acceleration: where a model that has one takes
 * from it, that part stays its own (unbiased mixing, Yuan, Lesage, Harvey & others 2012), so a turn is not talked down to straight flight.
 *
 * All models hold the nine components of `manoeuvre-models.ts`. Chances of change follow a Markov chain in continuous time, so that they
 * hold at any frame rate.
 */
import { assert } from "@skyvox/core";
import { invertInnovation, logLikelihood, newInverseCovariance, squaredDistance } from "./gate.ts";
import { update } from "./kalman.ts";
import { type Manoeuvres, type MotionModelName, predictManoeuvre } from "./manoeuvre-models.ts";
import type { Column } from "./slot-columns.ts";

/** The filters of all models for `capacity` targets. */
export class ModelBank {
  readonly models: readonly MotionModelName[];
  /** `[capacity, models, 9]`: `[e, n, u, ve, vn, vu, ae, an, au]` in metres and seconds. */
  readonly states: Float64Array;
  /** `[capacity, models, 9, 9]`. */
  readonly covariances: Float64Array;
  /** `[capacity, models]`: how likely the target moves by each; they sum to 1. */
  readonly chances: Float64Array;

  readonly #manoeuvres: Manoeuvres;
  /** Of one target: chance of a change from model i to model j, and the share that model i has in what model j begins from. */
  readonly #change: Float64Array;
  readonly #share: Float64Array;
  readonly #mixedStates: Float64Array;
  readonly #mixedCovariances: Float64Array;
  readonly #logLikelihoods: Float64Array;
  readonly #inverse = newInverseCovariance();
  readonly #apart = new Float64Array(9);
  #changeElapsedS = -1;

  constructor(capacity: number, models: readonly MotionModelName[], manoeuvres: Manoeuvres) {
    const count = models.length;
    assert(count >= 1, "there is at least one model");
    this.models = models;
    this.#manoeuvres = manoeuvres;
    this.states = new Float64Array(capacity * count * 9);
    this.covariances = new Float64Array(capacity * count * 81);
    this.chances = new Float64Array(capacity * count);
    this.#change = new Float64Array(count * count);
    this.#share = new Float64Array(count * count);
    this.#mixedStates = new Float64Array(count * 9);
    this.#mixedCovariances = new Float64Array(count * 81);
    this.#logLikelihoods = new Float64Array(count);
  }

  /** All that the slots hold. */
  get columns(): readonly Column[] {
    const count = this.models.length;
    return [
      { values: this.states, width: count * 9 },
      { values: this.covariances, width: count * 81 },
      { values: this.chances, width: count },
    ];
  }

  /** Begins all models at the estimate `[e, n, u, ve, vn, vu]` with its `[6, 6]` covariance, row `slot` of each; no manoeuvre is known. */
  begin(slot: number, states: Float64Array, covariances: Float64Array): void {
    const count = this.models.length;
    for (let model = 0; model < count; model++) {
      const x = (slot * count + model) * 9;
      const p = (slot * count + model) * 81;
      this.states.fill(0, x, x + 9);
      this.covariances.fill(0, p, p + 81);
      for (let i = 0; i < 6; i++) {
        this.states[x + i] = states[slot * 6 + i]!;
        for (let j = 0; j < 6; j++) this.covariances[p + i * 9 + j] = covariances[slot * 36 + i * 6 + j]!;
      }
      const variance = this.models[model] === "velocity" ? 0 : this.#manoeuvres.manoeuvreMps2 ** 2;
      for (let i = 6; i < 9; i++) this.covariances[p + i * 10] = variance;
      this.chances[slot * count + model] = 1 / count;
    }
  }

  /** Lets `elapsedS` seconds pass: mixes, then moves every model. */
  predict(slot: number, elapsedS: number): void {
    const count = this.models.length;
    if (count > 1) this.#mix(slot, elapsedS);
    for (let model = 0; model < count; model++) {
      predictManoeuvre(
        this.states,
        this.covariances,
        slot * count + model,
        this.models[model]!,
        elapsedS,
        this.#manoeuvres,
      );
    }
  }

  /** Updates every model with measurement `index` of `positions` `[count, 3]` and `noise` `[count, 9]`, and weighs the models by it. */
  update(slot: number, positions: Float64Array, noise: Float64Array, index: number): void {
    const count = this.models.length;
    const total = this.logLikelihood(slot, positions, noise, index, Number.POSITIVE_INFINITY);
    for (let model = 0; model < count; model++) {
      const at = slot * count + model;
      this.chances[at] = this.chances[at]! * Math.exp(this.#logLikelihoods[model]! - total);
      update(this.states, this.covariances, at, positions, noise, index, 9);
    }
  }

  /**
   * Returns ln Σ chance · N(v; 0, S) per cubic metre of a measurement over the models; -Infinity where its squared distance exceeds
   * `gate` by every model.
   */
  logLikelihood(slot: number, positions: Float64Array, noise: Float64Array, index: number, gate: number): number {
    const count = this.models.length;
    let most = Number.NEGATIVE_INFINITY;
    let nearest = Number.POSITIVE_INFINITY;
    for (let model = 0; model < count; model++) {
      const at = slot * count + model;
      invertInnovation(this.#inverse, this.covariances, at, noise, index, 9);
      const squared = squaredDistance(
        this.#inverse,
        positions[index * 3]! - this.states[at * 9]!,
        positions[index * 3 + 1]! - this.states[at * 9 + 1]!,
        positions[index * 3 + 2]! - this.states[at * 9 + 2]!,
      );
      this.#logLikelihoods[model] = logLikelihood(this.#inverse, squared);
      most = Math.max(most, this.#logLikelihoods[model]!);
      nearest = Math.min(nearest, squared);
    }
    if (nearest > gate) return Number.NEGATIVE_INFINITY;
    let sum = 0;
    for (let model = 0; model < count; model++) {
      sum += this.chances[slot * count + model]! * Math.exp(this.#logLikelihoods[model]! - most);
    }
    return most + Math.log(sum);
  }

  /** Writes mean and covariance of the mixture to row `slot` of `states` `[capacity, 6]` and `covariances` `[capacity, 36]`. */
  combine(slot: number, states: Float64Array, covariances: Float64Array): void {
    const count = this.models.length;
    states.fill(0, slot * 6, slot * 6 + 6);
    covariances.fill(0, slot * 36, slot * 36 + 36);
    for (let model = 0; model < count; model++) {
      const at = slot * count + model;
      const chance = this.chances[at]!;
      for (let i = 0; i < 6; i++) states[slot * 6 + i]! += chance * this.states[at * 9 + i]!;
    }
    for (let model = 0; model < count; model++) {
      const at = slot * count + model;
      const chance = this.chances[at]!;
      for (let i = 0; i < 6; i++) this.#apart[i] = this.states[at * 9 + i]! - states[slot * 6 + i]!;
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          const spread = this.#apart[i]! * this.#apart[j]!;
          covariances[slot * 36 + i * 6 + j]! += chance * (this.covariances[at * 81 + i * 9 + j]! + spread);
        }
      }
    }
  }

  /** Returns how far along an axis from `positionM` any model would take a measurement of that variance. */
  reachM(slot: number, axis: number, positionM: number, variance: number, gate: number): number {
    const count = this.models.length;
    let reach = 0;
    for (let at = slot * count; at < (slot + 1) * count; at++) {
      const apart = Math.abs(this.states[at * 9 + axis]! - positionM);
      reach = Math.max(reach, apart + Math.sqrt(gate * (this.covariances[at * 81 + axis * 10]! + variance)));
    }
    return reach;
  }

  /** Copies all models from one slot to another. */
  copy(from: number, to: number): void {
    const count = this.models.length;
    this.states.copyWithin(to * count * 9, from * count * 9, (from + 1) * count * 9);
    this.covariances.copyWithin(to * count * 81, from * count * 81, (from + 1) * count * 81);
    this.chances.copyWithin(to * count, from * count, (from + 1) * count);
  }

  /** Lets every model begin from the mixture of all. */
  #mix(slot: number, elapsedS: number): void {
    const count = this.models.length;
    this.#setShares(slot, elapsedS);
    this.#mixedStates.fill(0);
    this.#mixedCovariances.fill(0);
    for (let to = 0; to < count; to++) {
      for (let from = 0; from < count; from++) this.#addState(slot, from, to);
      for (let from = 0; from < count; from++) this.#addCovariance(slot, from, to);
    }
    this.states.set(this.#mixedStates, slot * count * 9);
    this.covariances.set(this.#mixedCovariances, slot * count * 81);
  }

  /** Sets the chances of the models to those before the next detection, and the share of each in what each begins from. */
  #setShares(slot: number, elapsedS: number): void {
    const count = this.models.length;
    if (elapsedS !== this.#changeElapsedS) this.#setChange(elapsedS);
    for (let to = 0; to < count; to++) {
      let sum = 0;
      for (let from = 0; from < count; from++) {
        const chance = this.#change[from * count + to]! * this.chances[slot * count + from]!;
        this.#share[from * count + to] = chance;
        sum += chance;
      }
      for (let from = 0; from < count; from++) this.#share[from * count + to]! /= sum;
      this.#logLikelihoods[to] = sum;
    }
    for (let to = 0; to < count; to++) this.chances[slot * count + to] = this.#logLikelihoods[to]!;
  }

  /** Chance of each change within the time; models that are not here are left out. */
  #setChange(elapsedS: number): void {
    const count = this.models.length;
    this.#changeElapsedS = elapsedS;
    for (let from = 0; from < count; from++) {
      const next = NEXT[this.models[from]!];
      const leaves = -Math.expm1(-elapsedS / STAY_S[this.models[from]!]);
      const total = this.models.reduce((sum, model) => sum + next[model], 0);
      for (let to = 0; to < count; to++) {
        const changes = (leaves * next[this.models[to]!]) / total;
        this.#change[from * count + to] = from === to ? 1 - leaves : changes;
      }
    }
  }

  #addState(slot: number, from: number, to: number): void {
    const count = this.models.length;
    const share = this.#share[from * count + to]!;
    for (let i = 0; i < 9; i++) {
      const source = i < 6 ? from : this.#accelerationSource(from, to);
      this.#mixedStates[to * 9 + i]! += share * this.states[(slot * count + source) * 9 + i]!;
    }
  }

  #addCovariance(slot: number, from: number, to: number): void {
    const count = this.models.length;
    const share = this.#share[from * count + to]!;
    const source = this.#accelerationSource(from, to);
    const x = (slot * count + from) * 9;
    const own = (slot * count + source) * 9;
    for (let i = 0; i < 9; i++) {
      this.#apart[i] = this.states[(i < 6 ? x : own) + i]! - this.#mixedStates[to * 9 + i]!;
    }
    for (let i = 0; i < 9; i++) {
      for (let j = i; j < 9; j++) {
        // What is lent from another model goes with nothing of this one's.
        let value = this.#apart[i]! * this.#apart[j]!;
        if (j < 6) value += this.covariances[x * 9 + i * 9 + j]!;
        else if (i >= 6 || source === from) value += this.covariances[own * 9 + i * 9 + j]!;
        this.#mixedCovariances[to * 81 + i * 9 + j]! += share * value;
        if (i !== j) this.#mixedCovariances[to * 81 + j * 9 + i] = this.#mixedCovariances[to * 81 + i * 9 + j]!;
      }
    }
  }

  /** Whose acceleration model `to` takes where it takes from `from`: its own where that has none. */
  #accelerationSource(from: number, to: number): number {
    return this.models[from] === "velocity" ? to : from;
  }
}

/** For how long a target moves by one model at a time, on average, seconds. */
const STAY_S: Readonly<Record<MotionModelName, number>> = { velocity: 4, turn: 10, acceleration: 0.3 };

/** What follows on each: a manoeuvre begins with a short stretch of changing acceleration, then a turn goes on or the flight is steady. */
const NEXT: Readonly<Record<MotionModelName, Readonly<Record<MotionModelName, number>>>> = {
  velocity: { velocity: 0, turn: 0.02, acceleration: 0.98 },
  turn: { velocity: 0.95, turn: 0, acceleration: 0.05 },
  acceleration: { velocity: 0.02, turn: 0.98, acceleration: 0 },
};
