/**
 * Confidence intervals of a share and of a rate by Wilson's method: all values that a test at that level would not refuse.
 *
 * Both invert the score test: (observed - expected)² = z² · variance under the value tried (Wilson 1927). Never outside the possible,
 * never of width 0, close to their level down to counts of zero. Trials are taken as independent; successive steps of one track are not
 * quite, so real intervals are somewhat wider.
 */
import { assert } from "@skyvox/core";
import { chiSquareQuantile } from "../gate.ts";

/** A value with the ends of its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** The two-sided 95 % point of the normal law: its square is that of chi-square with one degree of freedom. */
const Z2 = chiSquareQuantile(0.95, 1);

/** Estimates the probability behind `successes` out of `trials`; of no trials everything from 0 to 1 is possible, and the value is 0. */
export function shareInterval(successes: number, trials: number): Interval {
  assert(successes >= 0, "successes are not below 0");
  assert(successes <= trials, "there are no more successes than trials");
  if (trials === 0) return { value: 0, low: 0, high: 1 };
  const value = successes / trials;
  const centre = (value + Z2 / (2 * trials)) / (1 + Z2 / trials);
  const half =
    Math.sqrt((value * (1 - value)) / trials + Z2 / (4 * trials * trials)) * (Math.sqrt(Z2) / (1 + Z2 / trials));
  return {
    value,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
  };
}

/** Estimates the rate behind `count` events (Poisson) in an exposure above 0; in events per unit of the exposure. */
export function rateInterval(count: number, exposure: number): Interval {
  assert(count >= 0, "the count is not below 0");
  assert(exposure > 0, "the exposure is above 0");
  const centre = count + Z2 / 2;
  const half = Math.sqrt(Z2 * (count + Z2 / 4));
  return {
    value: count / exposure,
    low: count === 0 ? 0 : Math.max(0, centre - half) / exposure,
    high: (centre + half) / exposure,
  };
}
