/**
 * Does an estimator know how wrong it is? Squared errors in units of their own covariance follow a chi-square law if it does.
 *
 * NEES takes the error of a state against truth and the covariance of the state, NIS an innovation and its covariance; both then have
 * the mean of their degrees of freedom (Bar-Shalom, Li & Kirubarajan 2001, section 5.4). Above its band an estimator is overconfident,
 * below it too careful. The band is for independent samples: targets of one step are, successive steps of one target are not, so the
 * mean over a run is judged step by step (`stepsInside`, expected at 0.95), and the band of the whole is only the narrowest possible.
 */
import { assert, factorCholesky, solveLower } from "@skyvox/core";
import { chiSquareQuantile } from "../gate.ts";

/** What came of one comparison with the chi-square law. */
export interface Consistency {
  readonly degrees: number;
  readonly sampleCount: number;
  /** Mean over all samples; `degrees` is what it should be. 0 without samples. */
  readonly mean: number;
  /** Ends of the central 95 % for the mean of that many independent samples. */
  readonly low: number;
  readonly high: number;
  /** Share of single samples inside the central 95 % of the law; should be 0.95. */
  readonly samplesInside: number;
  /** Share of steps whose mean lies inside the 95 % band for its number of samples; should be 0.95. */
  readonly stepsInside: number;
}

/** Returns error' covariance⁻¹ error, or null where the covariance (`[n, n]` row-major) is not positive definite. */
export function normalisedSquare(error: readonly number[], covariance: ArrayLike<number>): number | null {
  const n = error.length;
  assert(covariance.length >= n * n, "the covariance has n * n values");
  const factor = Float64Array.from(covariance);
  if (!factorCholesky(factor, n)) return null;
  const whitened = Float64Array.from(error);
  solveLower(factor, n, whitened);
  return whitened.reduce((sum, value) => sum + value * value, 0);
}

/** Compares normalised squares, grouped by step, with the chi-square law of `degrees` degrees of freedom. */
export function consistencyOf(squaresOfSteps: readonly (readonly number[])[], degrees: number): Consistency {
  const steps = squaresOfSteps.filter((squares) => squares.length > 0);
  const all = steps.flat();
  const single = meanBand(1, degrees);
  const inside = (value: number, band: Band): boolean => value >= band.low && value <= band.high;
  const share = (count: number, of: number): number => (of === 0 ? 0 : count / of);
  return {
    degrees,
    sampleCount: all.length,
    mean: meanOf(all),
    ...meanBand(Math.max(1, all.length), degrees),
    samplesInside: share(all.filter((value) => inside(value, single)).length, all.length),
    stepsInside: share(
      steps.filter((squares) => inside(meanOf(squares), meanBand(squares.length, degrees))).length,
      steps.length,
    ),
  };
}

interface Band {
  readonly low: number;
  readonly high: number;
}

/** The central 95 % of the mean of `count` independent chi-square variables. */
export function meanBand(count: number, degrees: number): Band {
  assert(count >= 1, "a band is for at least one sample");
  const total = count * degrees;
  return { low: totalQuantile(0.025, total) / count, high: totalQuantile(0.975, total) / count };
}

/** Exact up to 100 degrees of freedom; beyond by Wilson & Hilferty 1931, right to 1e-4 there and better the further. */
function totalQuantile(probability: number, degrees: number): number {
  if (degrees <= EXACT_DEGREES_MAX) return chiSquareQuantile(probability, degrees);
  const z = Math.sign(probability - 0.5) * Math.sqrt(chiSquareQuantile(Math.abs(2 * probability - 1), 1));
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + z * Math.sqrt(spread)) ** 3;
}

const EXACT_DEGREES_MAX = 100;

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
