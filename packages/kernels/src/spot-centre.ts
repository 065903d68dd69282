/**
 * Where a spot is, finer than a pixel.
 *
 * A point of light is close to a Gaussian, and so is what the filter of op `spots` makes of it; the logarithm of a Gaussian is a parabola.
 * Along each axis the centre is the top of the parabola through the logarithms of the filtered values at the pixel and its two
 * neighbours. Rendered points of 0.4 to 1.3 pixels tell the ways apart (root mean square error per axis, pixels):
 *
 *   signal to noise                  5            15             50
 *   parabola of the logarithms   0.18 … 0.36   0.06 … 0.13   0.03 … 0.05    this one
 *   parabola of the values       0.18 … 0.37   0.07 … 0.13   0.04 … 0.06
 *   moments of the 3 by 3        0.19 … 0.43   0.07 … 0.25   0.03 … 0.21
 *
 * Moments lose the light outside their nine pixels, and so most of the way of a point that is not sharp.
 */
import { assert } from "@skyvox/core";
import { SPOT_WORDS } from "./ops/spots.ts";

/** The centre of a spot in pixels, and one standard deviation of each coordinate. */
export interface SpotCentre {
  readonly u: number;
  readonly v: number;
  readonly uSigmaPx: number;
  readonly vSigmaPx: number;
}

/** Finds the centre of a spot from its row of table "spots", `[12]` uint32. */
export function spotCentre(row: Uint32Array): SpotCentre {
  assert(row.length === SPOT_WORDS, "row holds 12 words");
  const filtered = row[1]! | 0;
  const sign = filtered < 0 ? -1 : 1;
  const along = (before: number, after: number) =>
    topOf(sign * (row[before]! | 0), sign * filtered, sign * (row[after]! | 0), row[6]!);
  const [u, v] = [along(2, 3), along(4, 5)];
  return {
    u: (row[0]! & 0xffff) + u.offset,
    v: (row[0]! >>> 16) + v.offset,
    uSigmaPx: u.sigmaPx,
    vSigmaPx: v.sigmaPx,
  };
}

/**
 * The top of the parabola through the logarithms at -1, 0 and 1, and its standard deviation: the noise of the three values, taken to first
 * order, and what the shape of a point leaves.
 */
function topOf(before: number, at: number, after: number, noiseQ8: number): { offset: number; sigmaPx: number } {
  const least = LEAST_SHARE * at;
  const [low, middle, high] = [Math.max(before, least), Math.max(at, 1), Math.max(after, least)];
  const curvature = Math.log(middle / low) + Math.log(middle / high);
  if (!(curvature > 0)) return { offset: 0, sigmaPx: SIGMA_PX_MAX };
  const offset = Math.log(high / low) / (2 * curvature);
  // How the offset follows each of the three values.
  const [byLow, byMiddle, byHigh] = [
    (offset - 0.5) / (curvature * low),
    (-2 * offset) / (curvature * middle),
    (offset + 0.5) / (curvature * high),
  ];
  const variance =
    VARIANCE * (byLow * byLow + byMiddle * byMiddle + byHigh * byHigh) +
    2 * BESIDE * byMiddle * (byLow + byHigh) +
    2 * ACROSS * byLow * byHigh;
  return {
    offset: Math.min(Math.max(offset, -0.5), 0.5),
    sigmaPx: Math.min(Math.sqrt(noiseQ8 * variance + SHAPE_PX * SHAPE_PX), SIGMA_PX_MAX),
  };
}

/** Of the filter at places 0, 1 and 2 apart, per variance of a pixel: 6 · 6, 4 · 6 and 1 · 6, and 8 of the ring that all share. */
const VARIANCE = 36 + 8;
const BESIDE = 24 + 8;
const ACROSS = 6 + 8;
/** A neighbour counts at least so much of the middle: its logarithm would be nothing but noise. */
const LEAST_SHARE = 0.05;
/** What is left without noise: pixels are squares, and grey levels whole. */
const SHAPE_PX = 0.03;
/** Nothing is known but the pixel. */
const SIGMA_PX_MAX = 0.5;
