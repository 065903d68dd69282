/**
 * The path of a track once all is recorded: every place from what came before and after it (Rauch, Tung & Striebel 1965).
 *
 * A filter's error has a part that passes (noise and manoeuvres, covariance W = P - C Cᵀ) and a part that the cameras' lasting pose errors
 * put there (C b, see `bearing-pool.ts`). Looking back mends the first alone, so the gains are those of W: with F the motion over a step and Q
 * its wander,
 *   G = W Fᵀ (F W Fᵀ + Q)⁻¹,   x⁺ = x + G (x⁺next - F x),   W⁺ = W + G (W⁺next - F W Fᵀ - Q) Gᵀ,   C⁺ = C + G (C⁺next - F C),
 * and what is told is W⁺ + C⁺ C⁺ᵀ. Taking P for W would trust a wander of the path that is not there. Exact where views are captured at the
 * times of the steps; of views between two steps it uses what the later step's estimate holds of them.
 */
import { assert, factorCholesky, secondsFromNs, solveCholesky } from "@skyvox/core";
import { predict } from "../motion-model.ts";

/** What a tracker held of a track after one step: `[6]`, `[36]` and `[6, 3 cameraCount]` as in `BearingPool`. */
export interface FilteredStep {
  readonly timeNs: bigint;
  readonly state: Float64Array;
  readonly covariance: Float64Array;
  readonly cross: Float64Array;
}

/** An estimate from the whole recording: `[6]` and `[36]` in metres and metres per second. */
export interface SmoothedStep {
  readonly timeNs: bigint;
  readonly state: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * Smooths one track's steps, in order of time; `accelerationMps2` is what the tracker was told.
 *
 * @throws {AssertionError} when the steps do not go forward in time.
 */
export function smoothPath(
  steps: readonly FilteredStep[],
  { accelerationMps2 }: { readonly accelerationMps2: number },
): SmoothedStep[] {
  const smoothed: SmoothedStep[] = [];
  let later: Split | null = null;
  for (let k = steps.length - 1; k >= 0; k--) {
    const step = steps[k]!;
    const split = splitOf(step);
    const next = steps[k + 1];
    if (later !== null && next !== undefined) {
      assert(next.timeNs > step.timeNs, "the steps of a path go forward in time");
      lookBack(split, later, { elapsedS: secondsFromNs(next.timeNs - step.timeNs), accelerationMps2 });
    }
    smoothed.push({ timeNs: step.timeNs, state: split.state, covariance: joined(split) });
    later = split;
  }
  return smoothed.reverse();
}

/** An estimate with the covariance of what passes apart from what lasts. */
interface Split {
  readonly state: Float64Array;
  readonly passing: Float64Array;
  readonly cross: Float64Array;
}

function splitOf({ state, covariance, cross }: FilteredStep): Split {
  const passing = covariance.slice();
  addOuter(passing, cross, -1);
  return { state: state.slice(), passing, cross: cross.slice() };
}

function joined({ passing, cross }: Split): Float64Array {
  const covariance = passing.slice();
  addOuter(covariance, cross, 1);
  return covariance;
}

/** Adds `sign` C Cᵀ to a `[6, 6]` matrix. */
function addOuter(into: Float64Array, cross: Float64Array, sign: number): void {
  const width = cross.length / 6;
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += cross[i * width + k]! * cross[j * width + k]!;
      into[i * 6 + j]! += sign * sum;
    }
  }
}

/** Turns a filtered estimate into the smoothed one, from the smoothed one after it. */
function lookBack(split: Split, later: Split, motion: { elapsedS: number; accelerationMps2: number }): void {
  const { state, passing, cross } = split;
  const predictedState = state.slice();
  const predicted = passing.slice();
  predict(predictedState, predicted, 0, motion);
  const gain = gainOf(passing, predicted, motion.elapsedS);
  const apart = later.state.map((value, i) => value - predictedState[i]!);
  addProduct(state, gain, apart, 1);
  const width = cross.length / 6;
  const crossApart = later.cross.slice();
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < width; j++) {
      const moved = i < 3 ? motion.elapsedS * cross[(i + 3) * width + j]! : 0;
      crossApart[i * width + j]! -= cross[i * width + j]! + moved;
    }
  }
  addProduct(cross, gain, crossApart, width);
  const inner = later.passing.map((value, i) => value - predicted[i]!);
  const half = new Float64Array(36);
  addProduct(half, gain, inner, 6);
  for (let i = 0; i < 6; i++) {
    for (let j = i; j < 6; j++) {
      let sum = 0;
      for (let k = 0; k < 6; k++)
        sum += 0.5 * (half[i * 6 + k]! * gain[j * 6 + k]! + half[j * 6 + k]! * gain[i * 6 + k]!);
      passing[i * 6 + j]! += sum;
      passing[j * 6 + i] = passing[i * 6 + j]!;
    }
  }
}

/** G = W Fᵀ (predicted)⁻¹, row by row: predicted is symmetric, so each row of G solves it against a row of W Fᵀ. */
function gainOf(passing: Float64Array, predicted: Float64Array, elapsedS: number): Float64Array {
  const factor = predicted.slice();
  assert(factorCholesky(factor, 6), "what passes of an estimate's error has a covariance");
  const gain = new Float64Array(36);
  const row = new Float64Array(6);
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) row[j] = passing[i * 6 + j]! + (j < 3 ? elapsedS * passing[i * 6 + j + 3]! : 0);
    solveCholesky(factor, 6, row);
    gain.set(row, i * 6);
  }
  return gain;
}

/** into += G B for B of six rows and `width` columns. */
function addProduct(into: Float64Array, gain: Float64Array, b: Float64Array, width: number): void {
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let k = 0; k < 6; k++) sum += gain[i * 6 + k]! * b[k * width + j]!;
      into[i * width + j]! += sum;
    }
  }
}
