/**
 * The epipolar geometry of two cameras that saw one target: the essential matrix, how well it fits, and the poses it allows.
 *
 * With directions x1 and x2 of one instant, x2ᵀ E x1 = 0 (Hartley & Zisserman, Multiple View Geometry, 2nd ed., ch. 9). E is the smallest
 * eigenvector of the normal matrix of all equations, reweighted by Sampson's distance under Cauchy's loss; cheap enough to be asked at
 * thousands of time offsets. Degenerate where the path lies in one plane with nothing else to see: then several E fit.
 */
import {
  assert,
  cross,
  decomposeSymmetric3,
  determinant3,
  dot,
  factorCholesky,
  type Mat3,
  multiply3,
  normalize,
  scale,
  solveCholesky,
  transform3,
  transpose3,
  type Vec3,
} from "@skyvox/core";
import type { BarePose } from "./three-point-pose.ts";

/** Directions of two cameras in pairs, `[n, 2]` each. */
export interface SightPairs {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** An essential matrix and how well the pairs agree with it. */
export interface EpipolarFit {
  readonly essential: Mat3;
  /** Mean truncated square of Sampson's distance in units of the cut-off's: 0 is perfect, 1 is nothing explained. */
  readonly score: number;
}

const ROUNDS = 6;
const POWER_STEPS = 6;
/** The scale of the loss is this share of the cut-off. */
const LOSS_SHARE = 1 / 3;

/** Fits E to pairs, or returns null with fewer than eight. `cutOff` is the distance from which a pair counts as wrong, tangent. */
export function fitEpipolar(pairs: SightPairs, cutOff: number): EpipolarFit | null {
  const count = pairs.first.length / 2;
  assert(pairs.second.length === pairs.first.length, "directions come in pairs");
  if (count < 8) return null;
  const weights = new Float64Array(count).fill(1);
  const e = Float64Array.from({ length: 9 }, (_, k) => Math.sin(k + 1));
  const normal = new Float64Array(81);
  let score = 1;
  for (let round = 0; round < ROUNDS; round++) {
    fillNormal(normal, pairs, weights);
    if (!factorCholesky(normal, 9)) return null;
    for (let k = 0; k < POWER_STEPS; k++) {
      solveCholesky(normal, 9, e);
      const length = Math.hypot(...e);
      for (let i = 0; i < 9; i++) e[i]! /= length;
    }
    score = reweigh(weights, pairs, e, cutOff);
  }
  return { essential: [...e] as [...Mat3], score };
}

function fillNormal(normal: Float64Array, { first, second }: SightPairs, weights: Float64Array): void {
  normal.fill(0);
  const row = new Float64Array(9);
  for (let i = 0; i < weights.length; i++) {
    fillRow(row, first, second, i);
    const weight = weights[i]!;
    for (let p = 0; p < 9; p++) {
      const value = weight * row[p]!;
      for (let q = 0; q <= p; q++) normal[p * 9 + q]! += value * row[q]!;
    }
  }
  let trace = 0;
  for (let p = 0; p < 9; p++) trace += normal[p * 10]!;
  for (let p = 0; p < 9; p++) normal[p * 10]! += trace * 1e-12;
}

function fillRow(row: Float64Array, first: Float64Array, second: Float64Array, i: number): void {
  const a = first[i * 2]!;
  const b = first[i * 2 + 1]!;
  const c = second[i * 2]!;
  const d = second[i * 2 + 1]!;
  row[0] = c * a;
  row[1] = c * b;
  row[2] = c;
  row[3] = d * a;
  row[4] = d * b;
  row[5] = d;
  row[6] = a;
  row[7] = b;
  row[8] = 1;
}

/** Sets the weights by Sampson's distance and returns the score. */
function reweigh(weights: Float64Array, { first, second }: SightPairs, e: Float64Array, cutOff: number): number {
  const inverse = 1 / (cutOff * cutOff);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    const a = first[i * 2]!;
    const b = first[i * 2 + 1]!;
    const c = second[i * 2]!;
    const d = second[i * 2 + 1]!;
    const l0 = e[0]! * a + e[1]! * b + e[2]!;
    const l1 = e[3]! * a + e[4]! * b + e[5]!;
    const m0 = e[0]! * c + e[3]! * d + e[6]!;
    const m1 = e[1]! * c + e[4]! * d + e[7]!;
    const value = c * l0 + d * l1 + e[6]! * a + e[7]! * b + e[8]!;
    const slope = l0 * l0 + l1 * l1 + m0 * m0 + m1 * m1;
    const square = ((value * value) / slope) * inverse;
    sum += square < 1 ? square : 1;
    weights[i] = 1 / (slope * (1 + square / (LOSS_SHARE * LOSS_SHARE)));
  }
  return sum / weights.length;
}

/**
 * Finds the pose of the second camera in the frame of the first (first at the origin, looking along z, baseline of length 1).
 *
 * Of the four poses that E allows, the one for which most pairs lie in front of both cameras is taken. Returns null where fewer than half do.
 */
export function poseFromEssential(essential: Mat3, pairs: SightPairs): BarePose | null {
  const { axes: v } = decomposeSymmetric3(multiply3(transpose3(essential), essential));
  // E = U diag(1, 1, 0) Vᵀ with U's columns E v_k / s_k; the third is square to them.
  const u0 = normalize(transform3(essential, v[0]));
  const u1Raw = transform3(essential, v[1]);
  const u1 = normalize([
    u1Raw[0] - u0[0] * dot(u0, u1Raw),
    u1Raw[1] - u0[1] * dot(u0, u1Raw),
    u1Raw[2] - u0[2] * dot(u0, u1Raw),
  ]);
  const u2 = cross(u0, u1);
  let best: BarePose | null = null;
  let most = pairs.first.length / 4;
  for (const turn of [1, -1]) {
    // U W Vᵀ with W = [[0, -1, 0], [1, 0, 0], [0, 0, 1]] or its transpose.
    const rows = [0, 1, 2].map((r) =>
      [0, 1, 2].map((c) => turn * (u1[r]! * v[0][c]! - u0[r]! * v[1][c]!) + u2[r]! * v[2][c]!),
    );
    let rotation = rows.flat() as [...Mat3];
    if (determinant3(rotation) < 0) rotation = rotation.map((value) => -value) as [...Mat3];
    for (const sign of [1, -1]) {
      const shift = scale(u2, sign);
      const inFront = countInFront(rotation, shift, pairs);
      if (inFront <= most) continue;
      most = inFront;
      // second = R first + t, so the second camera's centre is -Rᵀ t.
      best = { cameraFromEnu: rotation, cameraInEnuM: scale(transform3(transpose3(rotation), shift), -1) };
    }
  }
  return best;
}

/** Counts pairs whose lines meet in front of both cameras: depths solve z2 x2 = z1 R x1 + t. */
function countInFront(rotation: Mat3, shift: Vec3, { first, second }: SightPairs): number {
  let count = 0;
  for (let i = 0; i < first.length / 2; i++) {
    const d1 = transform3(rotation, [first[i * 2]!, first[i * 2 + 1]!, 1]);
    const d2: Vec3 = [second[i * 2]!, second[i * 2 + 1]!, 1];
    const normal = cross(d1, d2);
    const square = dot(normal, normal);
    // Cross both sides with d2, with d1: z1 (d1 × d2) = -(t × d2), z2 (d2 × d1)·… likewise.
    const z1 = -dot(cross(shift, d2), normal) / square;
    const z2 = -dot(cross(shift, d1), normal) / square;
    if (z1 > 0 && z2 > 0) count += 1;
  }
  return count;
}
