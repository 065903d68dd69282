/**
 * Matrices of 3 by 3, row-major, as plain tuples: rotations and small covariances on the host.
 *
 * Larger symmetric systems are solved in `cholesky.ts`; kernels get their geometry as integers and never see these.
 */
import type { Vec3 } from "./vec3.ts";

/** A 3 by 3 matrix, row-major: `[m00, m01, m02, m10, …]`. */
export type Mat3 = readonly [number, number, number, number, number, number, number, number, number];

/** The matrix that changes nothing. */
export const identity3: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Swaps rows and columns; of a rotation this is the way back. */
export function transpose3(m: Mat3): Mat3 {
  return [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
}

/** Returns the product `a b`. */
export function multiply3(a: Mat3, b: Mat3): Mat3 {
  return [
    a[0] * b[0] + a[1] * b[3] + a[2] * b[6],
    a[0] * b[1] + a[1] * b[4] + a[2] * b[7],
    a[0] * b[2] + a[1] * b[5] + a[2] * b[8],
    a[3] * b[0] + a[4] * b[3] + a[5] * b[6],
    a[3] * b[1] + a[4] * b[4] + a[5] * b[7],
    a[3] * b[2] + a[4] * b[5] + a[5] * b[8],
    a[6] * b[0] + a[7] * b[3] + a[8] * b[6],
    a[6] * b[1] + a[7] * b[4] + a[8] * b[7],
    a[6] * b[2] + a[7] * b[5] + a[8] * b[8],
  ];
}

/** Returns `m v`. */
export function transform3(m: Mat3, v: Vec3): Vec3 {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
}

/** Returns `m^T v`: the way back through a rotation. */
export function transformTransposed3(m: Mat3, v: Vec3): Vec3 {
  return [
    m[0] * v[0] + m[3] * v[1] + m[6] * v[2],
    m[1] * v[0] + m[4] * v[1] + m[7] * v[2],
    m[2] * v[0] + m[5] * v[1] + m[8] * v[2],
  ];
}

/** Returns the determinant, by the first row. */
export function determinant3(m: Mat3): number {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/** Inverts a 3 by 3 matrix by its adjugate, or returns null where its determinant is zero or not finite. */
export function inverse3(m: Mat3): Mat3 | null {
  const determinant = determinant3(m);
  if (determinant === 0 || !Number.isFinite(determinant)) return null;
  const s = 1 / determinant;
  return [
    (m[4] * m[8] - m[5] * m[7]) * s,
    (m[2] * m[7] - m[1] * m[8]) * s,
    (m[1] * m[5] - m[2] * m[4]) * s,
    (m[5] * m[6] - m[3] * m[8]) * s,
    (m[0] * m[8] - m[2] * m[6]) * s,
    (m[2] * m[3] - m[0] * m[5]) * s,
    (m[3] * m[7] - m[4] * m[6]) * s,
    (m[1] * m[6] - m[0] * m[7]) * s,
    (m[0] * m[4] - m[1] * m[3]) * s,
  ];
}
