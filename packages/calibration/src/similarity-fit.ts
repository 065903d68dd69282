/**
 * The similarity that lays one set of points best on another: turn, shift and scale in closed form.
 *
 * Minimises Σ |to - (scale · R · from + shift)|² with R from the eigenvector of Horn's matrix (Horn 1987, "Closed-form solution of absolute
 * orientation using unit quaternions"), found by power iteration on the shifted matrix. Points on a line leave the turn about it open:
 * `spreadM` tells.
 */
import {
  add,
  assert,
  decomposeSymmetric3,
  type Mat3,
  mat3FromQuaternion,
  multiply3,
  scale,
  subtract,
  transform3,
  transpose3,
  type Vec3,
} from "@skyvox/core";
import { type CameraState, centreOf, STEP_CENTRE } from "./camera-state.ts";
import type { PathSpline } from "./path-spline.ts";

/** `to = scale · rotation · from + shiftM`. */
export interface Similarity {
  readonly scale: number;
  readonly rotation: Mat3;
  readonly shiftM: Vec3;
}

/** Fits a similarity, or a rigid motion where `scaled` is false. */
export function fitSimilarity(from: readonly Vec3[], to: readonly Vec3[], scaled: boolean): Similarity {
  assert(from.length === to.length, "points come in pairs");
  assert(from.length > 0, "there is a pair at least");
  const fromMean = meanOf(from);
  const toMean = meanOf(to);
  const s = new Float64Array(9);
  let fromSquare = 0;
  for (const [index, point] of from.entries()) {
    const a = subtract(point, fromMean);
    const b = subtract(to[index]!, toMean);
    for (let i = 0; i < 3; i++) {
      fromSquare += a[i]! * a[i]!;
      for (let j = 0; j < 3; j++) s[i * 3 + j]! += a[i]! * b[j]!;
    }
  }
  const rotation = mat3FromQuaternion(largestEigenvector(hornMatrix(s)));
  let overlap = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) overlap += rotation[i * 3 + j]! * s[j * 3 + i]!;
  const factor = scaled && fromSquare > 0 ? overlap / fromSquare : 1;
  return { scale: factor, rotation, shiftM: subtract(toMean, scale(transform3(rotation, fromMean), factor)) };
}

/** Moves a point. */
export function moved(by: Similarity, point: Vec3): Vec3 {
  return add(scale(transform3(by.rotation, point), by.scale), by.shiftM);
}

/** Returns the way back. */
export function inverseSimilarity({ scale: factor, rotation, shiftM }: Similarity): Similarity {
  const back = transpose3(rotation);
  return { scale: 1 / factor, rotation: back, shiftM: scale(transform3(back, shiftM), -1 / factor) };
}

/** Moves cameras and path to another frame, in place. */
export function moveWorld(by: Similarity, states: readonly CameraState[], path: PathSpline): void {
  for (const state of states) {
    state.values.set(moved(by, centreOf(state)), STEP_CENTRE);
    const rotation = multiply3([...state.cameraFromEnu] as [...Mat3], transpose3(by.rotation));
    state.cameraFromEnu.set(rotation);
  }
  for (let i = 0; i < path.control.length; i += 3) {
    path.control.set(moved(by, [path.control[i]!, path.control[i + 1]!, path.control[i + 2]!]), i);
  }
}

/** Root mean square extents of points along their three main axes, metres, largest first. */
export function spreadM(points: readonly Vec3[]): Vec3 {
  const mean = meanOf(points);
  const s = new Float64Array(9);
  for (const point of points) {
    const a = subtract(point, mean);
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) s[i * 3 + j]! += (a[i]! * a[j]!) / points.length;
  }
  const [x, y, z] = decomposeSymmetric3([...s] as [...Mat3]).values;
  return [Math.sqrt(Math.max(0, x)), Math.sqrt(Math.max(0, y)), Math.sqrt(Math.max(0, z))];
}

function meanOf(points: readonly Vec3[]): Vec3 {
  return scale(
    points.reduce<Vec3>((sum, point) => add(sum, point), [0, 0, 0]),
    1 / points.length,
  );
}

/** Horn's symmetric `[4, 4]` matrix; its eigenvector of largest eigenvalue is the quaternion of the best turn. */
function hornMatrix(s: Float64Array): number[] {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = [...s] as [...Mat3];
  return [
    ...[xx + yy + zz, yz - zy, zx - xz, xy - yx],
    ...[yz - zy, xx - yy - zz, xy + yx, zx + xz],
    ...[zx - xz, xy + yx, yy - xx - zz, yz + zy],
    ...[xy - yx, zx + xz, yz + zy, zz - xx - yy],
  ];
}

/** By squaring the matrix, shifted to be positive, until one eigenvector is left. */
function largestEigenvector(matrix: number[]): [number, number, number, number] {
  const bound = Math.max(...matrix.map(Math.abs), 1e-300) * 4;
  let m = matrix.map((value, at) => value / bound + (at % 5 === 0 ? 1 : 0));
  for (let round = 0; round < SQUARINGS; round++) {
    const squared = m.map((_, at) => {
      const row = at - (at % 4);
      return (
        m[row]! * m[at % 4]! +
        m[row + 1]! * m[4 + (at % 4)]! +
        m[row + 2]! * m[8 + (at % 4)]! +
        m[row + 3]! * m[12 + (at % 4)]!
      );
    });
    const largest = Math.max(...squared.map(Math.abs));
    m = squared.map((value) => value / largest);
  }
  // Every column is now a multiple of the eigenvector; the one of the largest diagonal entry is the longest.
  const column = [0, 1, 2, 3].reduce((best, k) => (m[k * 5]! > m[best * 5]! ? k : best), 0);
  const q = [0, 4, 8, 12].map((row) => m[row + column]!);
  const length = Math.hypot(...q);
  return [q[0]! / length, q[1]! / length, q[2]! / length, q[3]! / length];
}

const SQUARINGS = 40;
