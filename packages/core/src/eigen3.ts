import { assert } from "./assert.ts";
import type { Mat3 } from "./mat.ts";
import { cross, type Vec3 } from "./vec3.ts";

/** The eigenvalues of a symmetric 3 by 3 matrix, largest first, and its unit eigenvectors in the same order, right-handed. */
export interface Eigen3 {
  readonly values: Vec3;
  readonly axes: readonly [Vec3, Vec3, Vec3];
}

/**
 * Decomposes a symmetric 3 by 3 matrix by Jacobi rotations: exact to rounding, also for equal eigenvalues.
 *
 * Of a covariance, the axes are those of its ellipsoid and the square roots of the values its half-lengths at one sigma. The upper
 * triangle is read. Golub & Van Loan, Matrix Computations, 4th ed., section 8.5.
 */
export function decomposeSymmetric3(m: Mat3): Eigen3 {
  assert(m.every(Number.isFinite), "the matrix is finite");
  const a = [m[0], m[1], m[2], m[1], m[4], m[5], m[2], m[5], m[8]];
  const vectors = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const scale = Math.max(...a.map(Math.abs));
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    const off = Math.abs(a[1]!) + Math.abs(a[2]!) + Math.abs(a[5]!);
    if (off <= scale * OFF_DIAGONAL_TOLERANCE) break;
    rotateAway(a, vectors, 0, 1);
    rotateAway(a, vectors, 0, 2);
    rotateAway(a, vectors, 1, 2);
  }
  const order = [0, 1, 2].sort((p, q) => a[q * 4]! - a[p * 4]!);
  const axis = (index: number): Vec3 => [vectors[index]!, vectors[3 + index]!, vectors[6 + index]!];
  const first = axis(order[0]!);
  const second = axis(order[1]!);
  return {
    values: [a[order[0]! * 4]!, a[order[1]! * 4]!, a[order[2]! * 4]!],
    axes: [first, second, cross(first, second)],
  };
}

/** Turns the plane of axes p and q until entry (p, q) is zero. `a` and `vectors` are `[3, 3]`; eigenvectors are columns. */
function rotateAway(a: number[], vectors: number[], p: number, q: number): void {
  const apq = a[p * 3 + q]!;
  if (apq === 0) return;
  const theta = (a[q * 4]! - a[p * 4]!) / (2 * apq);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < 3; k++) {
    const akp = a[k * 3 + p]!;
    const akq = a[k * 3 + q]!;
    a[k * 3 + p] = cosine * akp - sine * akq;
    a[k * 3 + q] = sine * akp + cosine * akq;
  }
  for (let k = 0; k < 3; k++) {
    const apk = a[p * 3 + k]!;
    const aqk = a[q * 3 + k]!;
    a[p * 3 + k] = cosine * apk - sine * aqk;
    a[q * 3 + k] = sine * apk + cosine * aqk;
    const vkp = vectors[k * 3 + p]!;
    const vkq = vectors[k * 3 + q]!;
    vectors[k * 3 + p] = cosine * vkp - sine * vkq;
    vectors[k * 3 + q] = sine * vkp + cosine * vkq;
  }
}

/** Convergence is quadratic: 3 by 3 matrices need four or five sweeps. */
const SWEEPS_MAX = 12;
const OFF_DIAGONAL_TOLERANCE = 1e-17;
