/**
 * Mode "gaussian" of op `motion`: a background of mean and variance per pixel that a hovering target does not sink into.
 *
 * State per pixel: slow mean M, Q8.16 in 32 bits; variance V, Q8 square grey levels in 16 bits; fast mean F, Q8.8 in 16 bits.
 * Per camera: n, how many frames this background has seen, which stops at 2^20. Parameters: threshold, slowShift, fastShift,
 * holdShift, snrMinQ4, varianceMinQ8 (`GaussianParams`). `>>` is arithmetic, so it rounds down.
 *
 * The first frame sets M = c << 16, V = varianceMinQ8, F = c << 8, n = 1 and moves nothing; E = 0 and W = varianceMinQ8.
 * Every later frame, per pixel c:
 *   s = min(slowShift, bits of n): 1 for n = 1, 2 for 2 … 3, 3 for 4 … 7, so that a young background follows quickly
 *   d = (c << 16) - M             Q16
 *   E = (d + 2^11) >> 12          Q4, |E| ≤ 4080
 *   f = (c << 8) - F              Q8
 *   difference = (|d| + 2^15) >> 16                                              0 … 255 grey levels
 *   W = max(V, varianceMinQ8)
 *   moving = difference > threshold  and  16 E E > W snrMinQ4                    28 and 30 bits
 *   still = |f| ≤ threshold << 8: the fast mean has caught up, so what is here has been here for a while
 * A moving pixel gives the row `[x | y << 16, difference | (still ? 256 : 0)]`. Then every pixel updates the background:
 *   sm = moving ? s + holdShift : s
 *   M += (d + 2^(sm - 1)) >> sm
 *   V += (min(E E, 65535) - V + 2^(s - 1)) >> s      where not moving
 *   F += (f + 2^(fastShift - 1)) >> fastShift        and n += 1
 * Each step is a rounded half or less of the way to a value of the same range, and rounding a half of a whole number never passes
 * it: M stays in 0 … 255 << 16, V in 0 … 65535, F in 0 … 255 << 8.
 * E and W of the last frame are the deviation field that op `spots` takes.
 */
import { assert } from "@skyvox/core";
import type { MotionParams } from "../camera-spec.ts";
import { Rows } from "./rows.ts";

/** How far each pixel of the last frame was from its mean: E in 1/16 grey level, W in 1/256 square grey level. */
export interface DeviationField {
  readonly deviationQ4: Int16Array;
  readonly noiseQ8: Uint16Array;
}

/** The background of one camera in mode "gaussian", and the deviation of its last frame. */
export interface GaussianBackground extends DeviationField {
  readonly slowQ16: Uint32Array;
  readonly varianceQ8: Uint16Array;
  readonly fastQ8: Uint16Array;
  frameCount: number;
}

/** Starts a background from its first frame, in which nothing moves. */
export function startGaussian(pixels: Uint8Array, params: MotionParams): GaussianBackground {
  const { gaussian } = params;
  assert(gaussian !== undefined, "mode gaussian has its parameters");
  return {
    slowQ16: Uint32Array.from(pixels, (c) => c << 16),
    varianceQ8: new Uint16Array(pixels.length).fill(gaussian.varianceMinQ8),
    fastQ8: Uint16Array.from(pixels, (c) => c << 8),
    frameCount: 1,
    deviationQ4: new Int16Array(pixels.length),
    noiseQ8: new Uint16Array(pixels.length).fill(gaussian.varianceMinQ8),
  };
}

/** Finds all moving pixels of a frame and updates the background in place. Returns all rows of table "motion", past any limit too. */
export function extractGaussian(
  background: GaussianBackground,
  pixels: Uint8Array,
  widthPx: number,
  params: MotionParams,
): Uint32Array {
  const { threshold, gaussian } = params;
  assert(gaussian !== undefined, "mode gaussian has its parameters");
  const { slowShift, fastShift, holdShift, snrMinQ4, varianceMinQ8 } = gaussian;
  const { slowQ16, varianceQ8, fastQ8, deviationQ4, noiseQ8 } = background;
  const s = Math.min(slowShift, 32 - Math.clz32(background.frameCount));
  const rows = new Rows();
  for (let i = 0; i < pixels.length; i++) {
    const c = pixels[i]!;
    const d = (c << 16) - slowQ16[i]!;
    const e = (d + 2 ** 11) >> 12;
    const f = (c << 8) - fastQ8[i]!;
    const difference = (Math.abs(d) + 2 ** 15) >> 16;
    const w = Math.max(varianceQ8[i]!, varianceMinQ8);
    const isMoving = difference > threshold && 16 * e * e > w * snrMinQ4;
    if (isMoving) {
      const still = Math.abs(f) <= threshold << 8 ? STILL : 0;
      rows.push((i % widthPx) | (Math.floor(i / widthPx) << 16), difference | still);
    }
    deviationQ4[i] = e;
    noiseQ8[i] = w;
    slowQ16[i]! += roundedShift(d, isMoving ? s + holdShift : s);
    if (!isMoving) varianceQ8[i]! += roundedShift(Math.min(e * e, 65_535) - varianceQ8[i]!, s);
    fastQ8[i]! += roundedShift(f, fastShift);
  }
  background.frameCount = Math.min(background.frameCount + 1, FRAME_COUNT_MAX);
  return rows.toArray();
}

/** `value` / 2^shift, rounded half up. */
function roundedShift(value: number, shift: number): number {
  return (value + 2 ** (shift - 1)) >> shift;
}

/** Bit of a difference in table "motion": what moves here has stood still for a while. */
export const STILL = 256;
const FRAME_COUNT_MAX = 2 ** 20;
