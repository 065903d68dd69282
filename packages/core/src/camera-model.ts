/**
 * The pinhole camera with Brown-Conrady distortion: how a direction becomes a pixel and back.
 *
 * Pixel (0, 0) is the centre of the top-left pixel, u right, v down. The optical frame is x right, y down, z forward. Distortion
 * follows OpenCV's `calib3d`: with x = X/Z, y = Y/Z and r² = x² + y²,
 *   x' = x (1 + k1 r² + k2 r⁴ + k3 r⁶) + 2 p1 x y + p2 (r² + 2x²),   y' likewise,   u = fx x' + cx.
 * The way back has no closed form: it is solved by Newton steps on the 2 by 2 Jacobian, in double precision. This file serves the host;
 * kernels get the same geometry as integers (`ray-model.ts` of `@skyvox/kernels`).
 */

import { transform3, transformTransposed3 } from "./mat.ts";
import type { Pose } from "./pose.ts";
import { normalize, subtract, type Vec3 } from "./vec3.ts";

/** Focal lengths and principal point in pixels, Brown-Conrady coefficients without unit. */
export interface Intrinsics {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fxPx: number;
  readonly fyPx: number;
  readonly cxPx: number;
  readonly cyPx: number;
  /** `[k1, k2, p1, p2, k3]`, OpenCV's order; all zero for an ideal lens. */
  readonly distortion: readonly [number, number, number, number, number];
}

/** Image coordinates in pixels: u right, v down. */
export type PixelUv = readonly [number, number];

/** True where no coefficient bends the image. */
export function isUndistorted(intrinsics: Intrinsics): boolean {
  return intrinsics.distortion.every((k) => k === 0);
}

/** Bends normalised image coordinates `[x, y]` as the lens does. */
export function distort(intrinsics: Intrinsics, x: number, y: number): readonly [number, number] {
  const [k1, k2, p1, p2, k3] = intrinsics.distortion;
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  return [x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y];
}

/**
 * Finds the normalised coordinates that the lens bends to `[xd, yd]`, by Newton's method from `[xd, yd]`.
 *
 * Returns null where it does not converge: the pixel lies past the radius at which the polynomial folds back.
 */
export function undistort(intrinsics: Intrinsics, xd: number, yd: number): readonly [number, number] | null {
  if (isUndistorted(intrinsics)) return [xd, yd];
  let x = xd;
  let y = yd;
  for (let iteration = 0; iteration < NEWTON_ITERATIONS_MAX; iteration++) {
    const [bentX, bentY] = distort(intrinsics, x, y);
    const errorX = bentX - xd;
    const errorY = bentY - yd;
    const [j00, j01, j11] = distortionJacobian(intrinsics, x, y);
    const determinant = j00 * j11 - j01 * j01;
    if (!(determinant > 0)) return null;
    if (Math.abs(errorX) < NEWTON_TOLERANCE && Math.abs(errorY) < NEWTON_TOLERANCE) {
      return isBeforeFold(intrinsics, x, y) ? [x, y] : null;
    }
    x -= (j11 * errorX - j01 * errorY) / determinant;
    y -= (j00 * errorY - j01 * errorX) / determinant;
  }
  return null;
}

/**
 * Tells whether the lens maps all directions out to normalised `[x, y]` one to one.
 *
 * Past the fold radius the polynomial brings far-out directions back into the image: the real lens does not, the model has merely
 * left the range it was fitted in. The radial slope 1 + 3 k1 s + 5 k2 s² + 7 k3 s³ (s = r²) must stay positive from the centre to
 * here; being a cubic, it is least at an end or where its own slope is zero.
 */
export function isBeforeFold(intrinsics: Intrinsics, x: number, y: number): boolean {
  const [k1, k2, , , k3] = intrinsics.distortion;
  const r2 = x * x + y * y;
  if (!(radialSlope(intrinsics, r2) > 0)) return false;
  const [j00, j01, j11] = distortionJacobian(intrinsics, x, y);
  if (!(j00 * j11 - j01 * j01 > 0)) return false;
  // The turning points solve 21 k3 s² + 10 k2 s + 3 k1 = 0.
  const discriminant = 100 * k2 * k2 - 252 * k3 * k1;
  if (discriminant < 0) return true;
  const q = -5 * k2 - (k2 < 0 ? -0.5 : 0.5) * Math.sqrt(discriminant);
  const first = q / (21 * k3);
  const second = (3 * k1) / q;
  if (first > 0 && first < r2 && !(radialSlope(intrinsics, first) > 0)) return false;
  return !(second > 0 && second < r2) || radialSlope(intrinsics, second) > 0;
}

/** Projects a point of the optical frame (metres) to a pixel, or null behind the camera and past the fold of the lens. */
export function projectOptical(intrinsics: Intrinsics, pointInCameraM: Vec3): PixelUv | null {
  if (!(pointInCameraM[2] > 0)) return null;
  const straightX = pointInCameraM[0] / pointInCameraM[2];
  const straightY = pointInCameraM[1] / pointInCameraM[2];
  if (!isBeforeFold(intrinsics, straightX, straightY)) return null;
  const [x, y] = distort(intrinsics, straightX, straightY);
  return [intrinsics.fxPx * x + intrinsics.cxPx, intrinsics.fyPx * y + intrinsics.cyPx];
}

/** Projects a point of the local east-north-up frame (metres) to a pixel, or null behind the camera and past the fold of the lens. */
export function project(intrinsics: Intrinsics, pose: Pose, pointEnuM: Vec3): PixelUv | null {
  return projectOptical(intrinsics, transform3(pose.cameraFromEnu, subtract(pointEnuM, pose.cameraInEnuM)));
}

/** Returns the unit direction in the local east-north-up frame that a pixel sees, or null past the fold of the lens. */
export function unproject(intrinsics: Intrinsics, pose: Pose, [u, v]: PixelUv): Vec3 | null {
  const straight = undistort(
    intrinsics,
    (u - intrinsics.cxPx) / intrinsics.fxPx,
    (v - intrinsics.cyPx) / intrinsics.fyPx,
  );
  return straight && normalize(transformTransposed3(pose.cameraFromEnu, [straight[0], straight[1], 1]));
}

/** True where the pixel lies on the sensor: within half a pixel of the outermost pixel centres. */
export function isInFrame(intrinsics: Intrinsics, [u, v]: PixelUv): boolean {
  return u >= -0.5 && v >= -0.5 && u < intrinsics.widthPx - 0.5 && v < intrinsics.heightPx - 0.5;
}

/** The derivative of the bent radius by the straight radius, as a function of the squared straight radius. */
function radialSlope(intrinsics: Intrinsics, r2: number): number {
  const [k1, k2, , , k3] = intrinsics.distortion;
  return 1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3));
}

/** The derivatives of `distort`: `[dx'/dx, dx'/dy = dy'/dx, dy'/dy]`. */
function distortionJacobian(intrinsics: Intrinsics, x: number, y: number): readonly [number, number, number] {
  const [k1, k2, p1, p2, k3] = intrinsics.distortion;
  const r2 = x * x + y * y;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const slope = 2 * (k1 + r2 * (2 * k2 + 3 * k3 * r2));
  return [
    radial + x * x * slope + 2 * p1 * y + 6 * p2 * x,
    x * y * slope + 2 * p1 * x + 2 * p2 * y,
    radial + y * y * slope + 6 * p1 * y + 2 * p2 * x,
  ];
}

const NEWTON_ITERATIONS_MAX = 50;
const NEWTON_TOLERANCE = 1e-13;
