/** A vector or point of three components `[x, y, z]`. The name of the variable states unit and frame. */
export type Vec3 = readonly [number, number, number];

/** Returns `a + b`. */
export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

/** Returns `a - b`. */
export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

/** Multiplies every component by `factor`. */
export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

/** Returns the scalar product of `a` and `b`. */
export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** Returns `a × b`: square to both, right-handed. */
export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Returns the length of `a`. */
export function norm(a: Vec3): number {
  return Math.sqrt(dot(a, a));
}

/** Returns the length of `a - b`. */
export function distance(a: Vec3, b: Vec3): number {
  return norm(subtract(a, b));
}

/** Scales `a` to length 1. A zero vector has no direction and is returned as it is. */
export function normalize(a: Vec3): Vec3 {
  const length = norm(a);
  return length === 0 ? a : scale(a, 1 / length);
}
