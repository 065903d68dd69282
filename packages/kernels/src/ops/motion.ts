/**
 * Op `motion`: which pixels differ from the background, and by how much.
 *
 * Input: `[heightPx, widthPx]` uint8 grey levels, row-major. State: one background per camera.
 * Table "motion": rows of 2 words `[x | y << 16, difference]`, ordered by (y, x); difference is 1 … 255 grey levels, and bit 8 of
 * its word says "still" in mode gaussian; it is 0 in the others.
 *
 * Per pixel c with background b:
 *   difference = |c - b|, taken before the background is updated; moving where difference > threshold (0 … 255, strict).
 *   Every pixel, moving or not, then updates the background:
 *     diff        b := c
 *     sigmaDelta  b := b + min(max(c - b, -step), step), step 1 … 255 grey levels per frame (1 where none is given)
 *     average     bg is unsigned Q8.8 started at c << 8; b = bg >> 8; bg := (bg + 16 c - (bg >> 4)) mod 2^16
 * `average` follows the mean over 16 frames. From its start bg never passes 65,295, so the modulus never acts.
 * Mode `gaussian` keeps means and a variance: see `gaussian.ts`.
 *
 * The first frame, and the first frame after a change of mode, becomes the background and moves nothing. The table keeps the first
 * `motionMax` rows; `total` counts every moving pixel, and `motionOverflow` is set where they differ.
 */
import type { MotionMode, MotionParams } from "../camera-spec.ts";
import { extractGaussian, type GaussianBackground, startGaussian } from "./gaussian.ts";
import { Rows } from "./rows.ts";

/** Words in a row of table "motion". */
export const MOTION_WORDS = 2;

/**
 * The background of one camera. `levels` is `[heightPx, widthPx]` uint16: grey levels, or Q8.8 of them in mode "average"; unused in
 * mode "gaussian", which has a background of its own.
 */
export interface Background {
  /** Null before the first frame. */
  mode: MotionMode | null;
  readonly levels: Uint16Array;
  /** Null unless the last frame was compared in mode "gaussian". */
  gaussian: GaussianBackground | null;
}

/** Makes the background of a camera that has seen nothing. */
export function createBackground(pixelCount: number): Background {
  return { mode: null, levels: new Uint16Array(pixelCount), gaussian: null };
}

/** Finds all moving pixels of a frame and updates the background in place. Returns all rows of table "motion", past any limit too. */
export function extractMotion(
  background: Background,
  pixels: Uint8Array,
  widthPx: number,
  params: MotionParams,
): Uint32Array {
  if (background.mode !== params.mode) {
    startBackground(background, pixels, params);
    return new Uint32Array(0);
  }
  if (background.gaussian !== null) return extractGaussian(background.gaussian, pixels, widthPx, params);
  const { levels } = background;
  const fraction = fractionBits(params.mode);
  const rows = new Rows();
  for (let i = 0; i < pixels.length; i++) {
    const c = pixels[i]!;
    const difference = Math.abs(c - (levels[i]! >> fraction));
    if (difference > params.threshold) rows.push((i % widthPx) | (Math.floor(i / widthPx) << 16), difference);
    levels[i] = follow(params, levels[i]!, c);
  }
  return rows.toArray();
}

function startBackground(background: Background, pixels: Uint8Array, params: MotionParams): void {
  background.mode = params.mode;
  background.gaussian = params.mode === "gaussian" ? startGaussian(pixels, params) : null;
  const fraction = fractionBits(params.mode);
  for (let i = 0; i < pixels.length; i++) background.levels[i] = pixels[i]! << fraction;
}

function fractionBits(mode: MotionMode): number {
  return mode === "average" ? 8 : 0;
}

/** Returns the background of a pixel after it saw grey level `c`. */
function follow({ mode, step = 1 }: MotionParams, level: number, c: number): number {
  if (mode === "diff") return c;
  if (mode === "sigmaDelta") return level + Math.min(Math.max(c - level, -step), step);
  return (level + 16 * c - (level >> 4)) & 0xffff;
}
