/**
 * The target's path as a uniform cubic B-spline: twice continuously differentiable, and any instant depends on four control points only.
 *
 * With s = (t - startS) / stepS, i = floor(s) and f = s - i, the position is the sum of b_k(f) · control[i + k], k = 0 … 3, with the
 * uniform cubic basis (de Boor, A Practical Guide to Splines, ch. IX). Beyond its ends the first and last piece go on.
 */
import { assert, type Vec3 } from "@skyvox/core";

/** A path over time. `control` is `[count, 3]` metres, owned by the spline and moved by whoever fits it. */
export interface PathSpline {
  readonly startS: number;
  readonly stepS: number;
  readonly control: Float64Array;
}

/** Control points that one instant depends on. */
export const SPLINE_SUPPORT = 4;

/** Makes a spline at rest in the origin that covers a span of time. */
export function createPathSpline(span: { fromS: number; toS: number; stepS: number }): PathSpline {
  assert(span.stepS > 0, "the step of a spline is positive");
  assert(span.toS >= span.fromS, "the span of a spline does not end before it begins");
  const pieces = Math.max(1, Math.ceil((span.toS - span.fromS) / span.stepS));
  return { startS: span.fromS, stepS: span.stepS, control: new Float64Array((pieces + SPLINE_SUPPORT - 1) * 3) };
}

/** Returns the index of the first control point that acts at `timeS`. */
function pieceAt(spline: PathSpline, timeS: number): number {
  const last = spline.control.length / 3 - SPLINE_SUPPORT;
  const piece = Math.floor((timeS - spline.startS) / spline.stepS);
  return piece < 0 ? 0 : piece > last ? last : piece;
}

/** Writes the four weights of the control points from `piece` on at `timeS`, and their derivatives by time (1/s). */
function basisAt(spline: PathSpline, timeS: number, piece: number, weights: Float64Array, slopes: Float64Array): void {
  const f = (timeS - spline.startS) / spline.stepS - piece;
  const g = 1 - f;
  weights[0] = (g * g * g) / 6;
  weights[1] = (3 * f * f * f - 6 * f * f + 4) / 6;
  weights[2] = (3 * g * g * g - 6 * g * g + 4) / 6;
  weights[3] = (f * f * f) / 6;
  const rate = 1 / spline.stepS;
  slopes[0] = -0.5 * g * g * rate;
  slopes[1] = (1.5 * f - 2) * f * rate;
  slopes[2] = (2 - 1.5 * g) * g * rate;
  slopes[3] = 0.5 * f * f * rate;
}

/** Where the target is at an instant and how it moves: what {@link placeOnPath} writes, valid until its next call. */
export class PathPlace {
  /** Index of the first control point that acts. */
  piece = 0;
  /** `[4]` weights of the control points from `piece` on, and their derivatives by time (1/s). */
  readonly weights = new Float64Array(SPLINE_SUPPORT);
  readonly slopes = new Float64Array(SPLINE_SUPPORT);
  /** `[3]` metres. */
  readonly position = new Float64Array(3);
  /** `[3]` metres per second. */
  readonly velocity = new Float64Array(3);
}

/** Works out the place at an instant. */
export function placeOnPath(spline: PathSpline, timeS: number, out: PathPlace): void {
  const { weights, slopes, position, velocity } = out;
  const piece = pieceAt(spline, timeS);
  basisAt(spline, timeS, piece, weights, slopes);
  position.fill(0);
  velocity.fill(0);
  for (let k = 0; k < SPLINE_SUPPORT; k++) {
    for (let axis = 0; axis < 3; axis++) {
      const control = spline.control[(piece + k) * 3 + axis]!;
      position[axis]! += weights[k]! * control;
      velocity[axis]! += slopes[k]! * control;
    }
  }
  out.piece = piece;
}

/** Returns the position at an instant, metres. */
export function positionAt(spline: PathSpline, timeS: number): Vec3 {
  const piece = pieceAt(spline, timeS);
  const weights = new Float64Array(SPLINE_SUPPORT);
  basisAt(spline, timeS, piece, weights, new Float64Array(SPLINE_SUPPORT));
  const out: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < SPLINE_SUPPORT; k++) {
    for (let axis = 0; axis < 3; axis++) out[axis]! += weights[k]! * spline.control[(piece + k) * 3 + axis]!;
  }
  return out;
}
