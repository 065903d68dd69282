/**
 * Where a point falls in a camera's picture and how a covariance looks as an ellipsoid.
 *
 * Points are `[e, n, u]` in metres. Pictures are drawn without distortion: the overlay may lie a few pixels beside the picture near
 * the corners of a strongly bent lens, which is acceptable for a thumbnail and nowhere else.
 */
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
 * Finds the half axes of the 95 % ellipsoid of a position covariance `[ee, en, eu, nn, nu, uu]` in square metres.
 *
 * Returns null where the covariance is not finite or has a clearly negative eigenvalue, which no ellipsoid can show.
 */
export function ellipsoidOf(covarianceM2: readonly number[]): HalfAxes | null {
  if (covarianceM2.length !== 6 || !covarianceM2.every(Number.isFinite)) return null;
  const { values, vectors } = eigenSymmetric3(covarianceM2);
  const largest = Math.max(...values);
  if (values.some((value) => value < -1e-9 * largest) || largest <= 0) return null;
  const axis = (column: number): Point => {
    const length = SIGMAS_OF_95_PERCENT * Math.sqrt(Math.max(0, values[column] ?? 0));
    return [(vectors[column] ?? 0) * length, (vectors[3 + column] ?? 0) * length, (vectors[6 + column] ?? 0) * length];
  };
  return [axis(0), axis(1), axis(2)];
}

/**
 * Finds eigenvalues and orthonormal eigenvectors of a symmetric matrix given as `[ee, en, eu, nn, nu, uu]`.
 *
 * `vectors` is row-major `[3, 3]`, one eigenvector per column. Cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, 8.5).
 */
export function eigenSymmetric3(upper: readonly number[]): { values: [number, number, number]; vectors: number[] } {
  const [ee = 0, en = 0, eu = 0, nn = 0, nu = 0, uu = 0] = upper;
  const a = [ee, en, eu, en, nn, nu, eu, nu, uu];
  const vectors = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const off = Math.abs(a[1] ?? 0) + Math.abs(a[2] ?? 0) + Math.abs(a[5] ?? 0);
    if (off <= 1e-15 * (Math.abs(a[0] ?? 0) + Math.abs(a[4] ?? 0) + Math.abs(a[8] ?? 0))) break;
    rotate(a, vectors, 0, 1);
    rotate(a, vectors, 0, 2);
    rotate(a, vectors, 1, 2);
  }
  return { values: [a[0] ?? 0, a[4] ?? 0, a[8] ?? 0], vectors };
}

const SWEEPS_MAX = 12;

/** Turns the plane (p, q) so that the element between them becomes zero. */
function rotate(a: number[], vectors: number[], p: number, q: number): void {
  const apq = a[3 * p + q] ?? 0;
  if (apq === 0) return;
  const theta = ((a[4 * q] ?? 0) - (a[4 * p] ?? 0)) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < 3; k++) mix(a, 3 * k + p, 3 * k + q, c, s);
  for (let k = 0; k < 3; k++) mix(a, 3 * p + k, 3 * q + k, c, s);
  for (let k = 0; k < 3; k++) mix(vectors, 3 * k + p, 3 * k + q, c, s);
}

function mix(m: number[], i: number, j: number, c: number, s: number): void {
  const x = m[i] ?? 0;
  const y = m[j] ?? 0;
  m[i] = c * x - s * y;
  m[j] = s * x + c * y;
}
