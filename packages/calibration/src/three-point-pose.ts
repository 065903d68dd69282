/**
 * Poses of a camera that sees three known points in three known directions: up to four of them.
 *
 * Grunert's solution as written in Haralick, Lee, Ottenberg & Nölle 1994, "Review and Analysis of Solutions of the Three Point Perspective
 * Pose Estimation Problem": a quartic in the ratio of two distances. Its roots are found by bracketing between the roots of its
 * derivative, which needs no complex numbers and loses no double root to rounding.
 */
import { cross, dot, type Mat3, norm, scale, subtract, transformTransposed3, type Vec3 } from "@skyvox/core";

/** A camera's place and orientation without uncertainty. */
export interface BarePose {
  readonly cameraFromEnu: Mat3;
  readonly cameraInEnuM: Vec3;
}

type Triple<T> = readonly [T, T, T];

/** Finds the poses from which three points (metres) lie in three unit directions of the camera frame. Points on a line have none. */
export function poseFromThreePoints(points: Triple<Vec3>, directions: Triple<Vec3>): BarePose[] {
  const world = triad(points);
  if (world === null) return [];
  const poses: BarePose[] = [];
  for (const distances of distancesToThreePoints(points, directions)) {
    const seen: Triple<Vec3> = [
      scale(directions[0], distances[0]),
      scale(directions[1], distances[1]),
      scale(directions[2], distances[2]),
    ];
    const camera = triad(seen);
    if (camera === null) continue;
    const cameraFromEnu = rotationBetween(world, camera);
    const offset = transformTransposed3(cameraFromEnu, seen[0]);
    poses.push({ cameraFromEnu, cameraInEnuM: subtract(points[0], offset) });
  }
  return poses;
}

/** Solves for the three distances, by the ratio v = s3 / s1. */
function distancesToThreePoints(points: Triple<Vec3>, directions: Triple<Vec3>): Vec3[] {
  const a2 = squareDistance(points[1], points[2]);
  const b2 = squareDistance(points[0], points[2]);
  const c2 = squareDistance(points[0], points[1]);
  const cosA = dot(directions[1], directions[2]);
  const cosB = dot(directions[0], directions[2]);
  const cosC = dot(directions[0], directions[1]);
  const p = (a2 - c2) / b2;
  const q = (a2 + c2) / b2;
  const quartic = [
    (1 + p) ** 2 - ((4 * a2) / b2) * cosC * cosC,
    4 * (-p * (1 + p) * cosB + ((2 * a2) / b2) * cosC * cosC * cosB - (1 - q) * cosA * cosC),
    2 *
      (p * p -
        1 +
        2 * p * p * cosB * cosB +
        2 * ((b2 - c2) / b2) * cosA * cosA -
        4 * q * cosA * cosB * cosC +
        2 * ((b2 - a2) / b2) * cosC * cosC),
    4 * (p * (1 - p) * cosB - (1 - q) * cosA * cosC + 2 * (c2 / b2) * cosA * cosA * cosB),
    (p - 1) ** 2 - 4 * (c2 / b2) * cosA * cosA,
  ];
  const found: Vec3[] = [];
  for (const v of positiveRoots(quartic)) {
    const divisor = 2 * (cosC - v * cosA);
    const u = ((p - 1) * v * v - 2 * p * cosB * v + 1 + p) / divisor;
    const s1 = Math.sqrt(b2 / (1 + v * v - 2 * v * cosB));
    if (u > 0 && Number.isFinite(u) && Number.isFinite(s1)) found.push([s1, u * s1, v * s1]);
  }
  return found;
}

/** Real roots above 0 of Σ coefficients[k] xᵏ, rising: between neighbouring turning points the sign changes at most once. */
export function positiveRoots(coefficients: readonly number[]): number[] {
  let degree = coefficients.length - 1;
  while (degree > 0 && coefficients[degree] === 0) degree -= 1;
  if (degree < 1) return [];
  const used = coefficients.slice(0, degree + 1);
  if (degree === 1) {
    const root = -used[0]! / used[1]!;
    return root > 0 ? [root] : [];
  }
  const slope = used.slice(1).map((value, k) => value * (k + 1));
  const bound = 1 + Math.max(...used.slice(0, degree).map((value) => Math.abs(value / used[degree]!)));
  if (!Number.isFinite(bound)) return [];
  const edges = [0, ...positiveRoots(slope).filter((x) => x < bound), bound];
  const roots: number[] = [];
  for (let k = 0; k + 1 < edges.length; k++) {
    const root = rootBetween(used, edges[k]!, edges[k + 1]!);
    if (root !== null && root > 0) roots.push(root);
  }
  return roots;
}

function rootBetween(coefficients: readonly number[], from: number, to: number): number | null {
  let low = from;
  let high = to;
  const lowValue = valueAt(coefficients, low);
  if (lowValue === 0) return low;
  if (lowValue > 0 === valueAt(coefficients, high) > 0) return null;
  for (let round = 0; round < BISECTIONS; round++) {
    const middle = (low + high) / 2;
    if (valueAt(coefficients, middle) > 0 === lowValue > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function valueAt(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (let k = coefficients.length - 1; k >= 0; k--) value = value * x + coefficients[k]!;
  return value;
}

/** Three orthonormal vectors fixed to a triangle, or null where it has no area. */
function triad(points: Triple<Vec3>): Triple<Vec3> | null {
  const first = subtract(points[1], points[0]);
  const normal = cross(first, subtract(points[2], points[0]));
  const length = norm(first);
  const area = norm(normal);
  if (!(length > 0) || !(area > AREA_SHARE_MIN * length * length)) return null;
  const x = scale(first, 1 / length);
  const z = scale(normal, 1 / area);
  return [x, cross(z, x), z];
}

/** The rotation that takes one triad to another: Σ to_k fromᵀ_k. */
function rotationBetween(from: Triple<Vec3>, to: Triple<Vec3>): Mat3 {
  const entry = (row: number, column: number) =>
    to[0][row]! * from[0][column]! + to[1][row]! * from[1][column]! + to[2][row]! * from[2][column]!;
  return [
    entry(0, 0),
    entry(0, 1),
    entry(0, 2),
    entry(1, 0),
    entry(1, 1),
    entry(1, 2),
    entry(2, 0),
    entry(2, 1),
    entry(2, 2),
  ];
}

function squareDistance(a: Vec3, b: Vec3): number {
  const difference = subtract(a, b);
  return dot(difference, difference);
}

const BISECTIONS = 60;
const AREA_SHARE_MIN = 1e-6;
