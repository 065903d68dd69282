/**
 * Rotations as unit quaternions: Hamilton's product, order `[w, x, y, z]`.
 *
 * `rotateByQuaternion(q, v)` and `transform3(mat3FromQuaternion(q), v)` are the same map, and rotations compose as matrices do:
 * `multiplyQuaternions(aFromB, bFromC)` is `aFromC`. Diebel 2006, "Representing Attitude", with the Hamilton sign.
 */
import { assert } from "./assert.ts";
import type { Mat3 } from "./mat.ts";
import { normalize, type Vec3 } from "./vec3.ts";

/** A rotation `[w, x, y, z]` of length 1. `q` and `-q` are the same rotation. */
export type Quaternion = readonly [number, number, number, number];

/** The rotation that moves nothing. */
export const identityQuaternion: Quaternion = [1, 0, 0, 0];

/** Returns Hamilton's product `a b`: first `b`, then `a`. */
export function multiplyQuaternions(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
    a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
    a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
    a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
  ];
}

/** Returns the rotation back, for a unit quaternion. */
export function conjugateQuaternion(q: Quaternion): Quaternion {
  return [q[0], -q[1], -q[2], -q[3]];
}

/** Scales a quaternion to length 1. */
export function normalizeQuaternion(q: Quaternion): Quaternion {
  const length = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  assert(length > 0, "a quaternion to normalise is not zero");
  return [q[0] / length, q[1] / length, q[2] / length, q[3] / length];
}

/** Rotates a vector by a unit quaternion: q v q*. */
export function rotateByQuaternion(q: Quaternion, v: Vec3): Vec3 {
  const [w, x, y, z] = q;
  // v + 2w (u × v) + 2 u × (u × v) with u the vector part: half the work of two products.
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  return [v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx];
}

/** Returns the rotation by `angleRad` about an axis of any length but zero, counter-clockwise seen from its tip. */
export function quaternionFromAxisAngle(axis: Vec3, angleRad: number): Quaternion {
  const [x, y, z] = normalize(axis);
  assert(x !== 0 || y !== 0 || z !== 0, "the axis of a rotation is not zero");
  const sine = Math.sin(angleRad / 2);
  return [Math.cos(angleRad / 2), x * sine, y * sine, z * sine];
}

/** Returns the rotation matrix of a unit quaternion. */
export function mat3FromQuaternion([w, x, y, z]: Quaternion): Mat3 {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

/**
 * Returns the unit quaternion, `w >= 0`, of a rotation matrix (orthonormal, determinant +1).
 *
 * The largest of the four components is found first, so that no division is by a small number (Shepperd 1978).
 */
export function quaternionFromMat3(m: Mat3): Quaternion {
  const trace = m[0] + m[4] + m[8];
  const largest = Math.max(trace, m[0], m[4], m[8]);
  let q: Quaternion;
  if (largest === trace) q = [1 + trace, m[7] - m[5], m[2] - m[6], m[3] - m[1]];
  else if (largest === m[0]) q = [m[7] - m[5], 1 + 2 * m[0] - trace, m[1] + m[3], m[2] + m[6]];
  else if (largest === m[4]) q = [m[2] - m[6], m[1] + m[3], 1 + 2 * m[4] - trace, m[5] + m[7]];
  else q = [m[3] - m[1], m[2] + m[6], m[5] + m[7], 1 + 2 * m[8] - trace];
  const unit = normalizeQuaternion(q);
  return unit[0] < 0 ? [-unit[0], -unit[1], -unit[2], -unit[3]] : unit;
}
