/**
 * How strong a spot must be so that noise alone seldom makes one.
 *
 * The filter of op `spots` turns noise into a normal variable whose sigma the op divides by, so that every pixel of any picture has
 * the same chance to pass a threshold T by accident, of either sign: 2 Q(T), with Q the upper tail of the normal law (a constant
 * false alarm rate). Over n pixels that makes 2 n Q(T) false alarms per frame; T is where this is the number asked for. The op sees
 * fewer, since of neighbouring pixels only the highest counts and since it takes the larger of two variances.
 */
import { assert } from "@skyvox/core";

/**
 * Returns `snrMinQ4` of op `spots` for a picture of `pixelCount` pixels, 1 … 2^14.
 *
 * The least threshold of which noise is expected to pass at most `falseAlarmsPerFrame` times in a frame; where that is out of range,
 * the nearest end of the range.
 */
export function snrMinQ4For(options: { readonly falseAlarmsPerFrame: number; readonly pixelCount: number }): number {
  const { falseAlarmsPerFrame, pixelCount } = options;
  assert(falseAlarmsPerFrame > 0, "falseAlarmsPerFrame is positive");
  assert(Number.isInteger(pixelCount) && pixelCount >= 1, "pixelCount is a positive integer");
  const sigmas = normalTailQuantile(Math.min(falseAlarmsPerFrame / (2 * pixelCount), 0.5));
  return Math.min(Math.max(Math.ceil(16 * sigmas * sigmas), 1), 2 ** 14);
}

/**
 * Finds x ≥ 0 with Q(x) = `probability`, 0 < probability ≤ 1/2, to 1e-12, by bisection; at most 37.
 *
 * Q(x) = 1/√(2π) ∫ from x of exp(-t²/2) dt, the chance of a normal variable to pass x.
 */
export function normalTailQuantile(probability: number): number {
  assert(probability > 0 && probability <= 0.5, "probability lies in (0, 1/2]");
  let low = 0;
  let high = QUANTILE_MAX;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (normalTail(middle) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Q(x) for x ≥ 0, to 1e-12 of its value: the series of Abramowitz & Stegun 26.2.11, and far out their continued fraction 26.2.14. */
function normalTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < SERIES_UP_TO) {
    let term = x;
    let sum = x;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = x;
  for (let k = FRACTION_TERMS; k > 0; k--) fraction = x + k / fraction;
  return density / fraction;
}

/** Beyond, 1/2 less the series would cancel too many digits. */
const SERIES_UP_TO = 2.5;
const FRACTION_TERMS = 200;
/** Where float64 has no smaller normal number left for Q. */
const QUANTILE_MAX = 37;
const BISECTIONS = 60;
