/**
 * The rigid motion or similarity that lays one set of points best on another (Horn 1987, by unit quaternions; scale as Umeyama 1991).
 *
 * Minimises Σ |to - (scale · R · from + shift)|². Also right for points in a plane or on a line, where the turn about the line is free.
 */
import { assert, type Mat3, mat3FromQuaternion, type Quaternion, type Vec3 } from "@skyvox/core";

/** `to ≈ scale · rotation · from + shiftM`. */
export interface Alignment {
  readonly scale: number;
  readonly rotation: Mat3;
  readonly shiftM: Vec3;
}

/** What may be fitted: nothing, turn and shift, or turn, shift and scale. */
export type AlignmentKind = "none" | "rigid" | "similarity";

/** Fits the alignment of points in pairs. @throws {AssertionError} when the lists differ in length or are empty. */
export function fitAlignment(from: readonly Vec3[], to: readonly Vec3[], kind: AlignmentKind): Alignment {
  assert(from.length === to.length, "points to align come in pairs");
  assert(from.length > 0, "at least one pair is aligned");
  if (kind === "none") return { scale: 1, rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], shiftM: [0, 0, 0] };
  const fromMean = meanOf(from);
  const toMean = meanOf(to);
  const s = new Float64Array(9);
  let fromSquare = 0;
  for (const [index, point] of from.entries()) {
    for (let i = 0; i < 3; i++) {
      fromSquare += (point[i]! - fromMean[i]!) ** 2;
      for (let j = 0; j < 3; j++) s[i * 3 + j]! += (point[i]! - fromMean[i]!) * (to[index]![j]! - toMean[j]!);
    }
  }
  const rotation = mat3FromQuaternion(largestAxis(hornMatrix(s)));
  let overlap = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) overlap += rotation[i * 3 + j]! * s[j * 3 + i]!;
  const scale = kind === "similarity" && fromSquare > 0 ? overlap / fromSquare : 1;
  const turned = apply({ scale, rotation, shiftM: [0, 0, 0] }, fromMean);
  return { scale, rotation, shiftM: [toMean[0] - turned[0], toMean[1] - turned[1], toMean[2] - turned[2]] };
}

/** Moves a point by an alignment. */
export function apply({ scale, rotation: r, shiftM }: Alignment, p: Vec3): Vec3 {
  return [
    scale * (r[0] * p[0] + r[1] * p[1] + r[2] * p[2]) + shiftM[0],
    scale * (r[3] * p[0] + r[4] * p[1] + r[5] * p[2]) + shiftM[1],
    scale * (r[6] * p[0] + r[7] * p[1] + r[8] * p[2]) + shiftM[2],
  ];
}

function meanOf(points: readonly Vec3[]): Vec3 {
  const sum = [0, 0, 0];
  for (const point of points) for (let i = 0; i < 3; i++) sum[i]! += point[i]! / points.length;
  return [sum[0]!, sum[1]!, sum[2]!];
}

/** Horn's symmetric `[4, 4]` matrix; its eigenvector of greatest eigenvalue is the quaternion of the best turn. */
function hornMatrix(s: Float64Array): Float64Array {
  const [xx, xy, xz, yx, yy, yz, zx, zy, zz] = [...s] as [...Mat3];
  return Float64Array.of(
    ...[xx + yy + zz, yz - zy, zx - xz, xy - yx],
    ...[yz - zy, xx - yy - zz, xy + yx, zx + xz],
    ...[zx - xz, xy + yx, yy - xx - zz, yz + zy],
    ...[xy - yx, zx + xz, yz + zy, zz - xx - yy],
  );
}

/** The unit eigenvector of the greatest eigenvalue of a symmetric `[4, 4]` matrix, by Jacobi rotations in place. */
function largestAxis(a: Float64Array): Quaternion {
  const axes = Float64Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let p = 0; p < 3; p++) for (let q = p + 1; q < 4; q++) rotateAway(a, axes, p, q);
  }
  let largest = 0;
  for (let k = 1; k < 4; k++) if (a[k * 5]! > a[largest * 5]!) largest = k;
  return [axes[largest]!, axes[4 + largest]!, axes[8 + largest]!, axes[12 + largest]!];
}

/** Turns the plane of p and q until entry (p, q) is 0 (Golub & Van Loan, section 8.5). */
function rotateAway(a: Float64Array, axes: Float64Array, p: number, q: number): void {
  const apq = a[p * 4 + q]!;
  if (apq === 0) return;
  const theta = (a[q * 5]! - a[p * 5]!) / (2 * apq);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (m: Float64Array, first: number, second: number): void => {
    const x = m[first]!;
    const y = m[second]!;
    m[first] = cosine * x - sine * y;
    m[second] = sine * x + cosine * y;
  };
  for (let k = 0; k < 4; k++) turn(a, k * 4 + p, k * 4 + q);
  for (let k = 0; k < 4; k++) turn(a, p * 4 + k, q * 4 + k);
  for (let k = 0; k < 4; k++) turn(axes, k * 4 + p, k * 4 + q);
}

/** Convergence is quadratic: matrices of this size need five or six. */
const SWEEPS = 12;
