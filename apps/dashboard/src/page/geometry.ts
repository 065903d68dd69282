/**
 * Where a point falls in a camera's picture and how a covariance looks as an ellipsoid.
 *
 * Points are `[e, n, u]` in metres. Pictures are drawn without distortion: the overlay may lie a few pixels beside the picture near
 * the corners of a strongly bent lens, which is acceptable for a thumbnail and nowhere else.
 */
import { decomposeSymmetric3 } from "@skyvox/core";
import type { HelloMessage } from "../messages.ts";

export type Point = readonly [number, number, number];
export type SiteCamera = HelloMessage["site"]["cameras"][number];

/** Projects a point to a pixel `[u, v]`, (0, 0) the centre of the top-left pixel, or null where it lies behind the camera. */
export function projectToPixel(camera: SiteCamera, pointM: Point): readonly [number, number] | null {
  const [x, y, z] = toCamera(camera, pointM);
  if (!(z > 0)) return null;
  const { fxPx, fyPx, cxPx, cyPx } = camera.intrinsics;
  return [(fxPx * x) / z + cxPx, (fyPx * y) / z + cyPx];
}

/** Moves a point into the optical frame of a camera: x right, y down, z forward, metres. */
export function toCamera(camera: SiteCamera, pointM: Point): Point {
  const r = camera.cameraFromEnu;
  const e = pointM[0] - camera.positionM[0];
  const n = pointM[1] - camera.positionM[1];
  const u = pointM[2] - camera.positionM[2];
  return [
    (r[0] ?? 0) * e + (r[1] ?? 0) * n + (r[2] ?? 0) * u,
    (r[3] ?? 0) * e + (r[4] ?? 0) * n + (r[5] ?? 0) * u,
    (r[6] ?? 0) * e + (r[7] ?? 0) * n + (r[8] ?? 0) * u,
  ];
}

/** Returns the point of the local frame that a pixel shows at a depth in metres along the optical axis. */
export function pixelAtDepth(camera: SiteCamera, u: number, v: number, depthM: number): Point {
  const { fxPx, fyPx, cxPx, cyPx } = camera.intrinsics;
  const x = ((u - cxPx) / fxPx) * depthM;
  const y = ((v - cyPx) / fyPx) * depthM;
  const r = camera.cameraFromEnu;
  const axis = (i: number): number => (r[i] ?? 0) * x + (r[i + 3] ?? 0) * y + (r[i + 6] ?? 0) * depthM;
  return [camera.positionM[0] + axis(0), camera.positionM[1] + axis(1), camera.positionM[2] + axis(2)];
}

/** Half axes of an ellipsoid: three vectors in metres, at right angles to each other. */
export type HalfAxes = readonly [Point, Point, Point];

/** Square root of the 95 % quantile of chi-square with three degrees of freedom: half axes of the 95 % ellipsoid per sigma. */
export const SIGMAS_OF_95_PERCENT = Math.sqrt(7.814727903251179);

/**
 * Finds the half axes of the 95 % ellipsoid of a position covariance `[ee, en, eu, nn, nu, uu]` in square metres, longest first.
 *
 * Returns null where the covariance is not finite or has a clearly negative eigenvalue, which no ellipsoid can show.
 */
export function ellipsoidOf(covarianceM2: readonly number[]): HalfAxes | null {
  if (covarianceM2.length !== 6 || !covarianceM2.every(Number.isFinite)) return null;
  const [ee = 0, en = 0, eu = 0, nn = 0, nu = 0, uu = 0] = covarianceM2;
  const { values, axes } = decomposeSymmetric3([ee, en, eu, en, nn, nu, eu, nu, uu]);
  const [largest] = values;
  if (largest <= 0 || values.some((value) => value < -1e-9 * largest)) return null;
  const half = (index: 0 | 1 | 2): Point => {
    const length = SIGMAS_OF_95_PERCENT * Math.sqrt(Math.max(0, values[index]));
    const [e, n, u] = axes[index];
    return [e * length, n * length, u * length];
  };
  return [half(0), half(1), half(2)];
}

/** Half axes in the plane and the angle of the longer one from east towards north, radians: an ellipsoid seen from above. */
export interface Ellipse {
  readonly longM: number;
  readonly shortM: number;
  readonly angleRad: number;
}

/** Finds the outline of an ellipsoid seen from straight above. */
export function ellipseFromAbove(axesM: HalfAxes): Ellipse {
  const sum = (i: 0 | 1, j: 0 | 1): number => axesM.reduce((total, axis) => total + axis[i] * axis[j], 0);
  const [ee, en, nn] = [sum(0, 0), sum(0, 1), sum(1, 1)];
  const middle = (ee + nn) / 2;
  const reach = Math.hypot((ee - nn) / 2, en);
  return {
    longM: Math.sqrt(middle + reach),
    shortM: Math.sqrt(Math.max(0, middle - reach)),
    angleRad: Math.atan2(2 * en, ee - nn) / 2,
  };
}
