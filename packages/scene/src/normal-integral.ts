/**
 * The normal law: its density, and its integral from a table with cubic interpolation, right to 1e-9.
 *
 * Optics and pixels are folded with it thousands of times a frame; a series per call would cost ten times as much.
 */

/** φ(z) = exp(-z² / 2) / √(2π). */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) * DENSITY_PEAK;
}

/** Φ(z), the integral of the density from minus infinity; 0 and 1 from 6 sigmas on. */
export function normalIntegral(z: number): number {
  const place = (z + RANGE) * STEPS;
  if (place <= 0) return 0;
  if (place >= INTEGRAL.length - 1) return 1;
  const index = Math.floor(place);
  const t = place - index;
  const [low, high] = [INTEGRAL[index]!, INTEGRAL[index + 1]!];
  const [slopeLow, slopeHigh] = [DENSITY[index]! / STEPS, DENSITY[index + 1]! / STEPS];
  // Hermite's cubic with the true slopes.
  const rise = high - low;
  return low + t * (slopeLow + t * (3 * rise - 2 * slopeLow - slopeHigh + t * (slopeLow + slopeHigh - 2 * rise)));
}

const RANGE = 6;
const STEPS = 64;
const DENSITY_PEAK = 1 / Math.sqrt(2 * Math.PI);
const DENSITY = Float64Array.from({ length: 2 * RANGE * STEPS + 1 }, (_, i) => normalDensity(i / STEPS - RANGE));
const INTEGRAL = tabulateIntegral();

/** Integrates the density from the left by Simpson's rule on each step, then scales the end to 1. */
function tabulateIntegral(): Float64Array {
  const table = new Float64Array(DENSITY.length);
  const step = 1 / STEPS;
  for (let i = 1; i < table.length; i++) {
    const middle = normalDensity((i - 0.5) / STEPS - RANGE);
    table[i] = table[i - 1]! + (step / 6) * (DENSITY[i - 1]! + 4 * middle + DENSITY[i]!);
  }
  const total = table[table.length - 1]!;
  return table.map((value) => value / total);
}
