/**
 * Where a camera stands, from where it sees known points, however many of them are wrong.
 *
 * Random triples give poses (`three-point-pose.ts`); each is judged by the truncated squares of all directions' errors (MSAC, Torr &
 * Zisserman 2000) and the best is refined by Gauss-Newton on the pose under Cauchy's loss. Directions are normalised image coordinates,
 * so errors are tangents of angles: an error of 0.01 is 10 px at a focal length of 1000 px. The draws come from a seed.
 */
import {
  assert,
  factorCholesky,
  mat3FromQuaternion,
  multiply3,
  normalize,
  type Prng,
  quaternionFromAxisAngle,
  solveCholesky,
  type Vec3,
} from "@skyvox/core";
import { type BarePose, poseFromThreePoints } from "./three-point-pose.ts";

/** Known points and where they are seen. Arrays of `[n, 3]` metres and `[n, 2]` normalised, undistorted image coordinates. */
export interface SeenPoints {
  readonly pointsM: Float64Array;
  readonly directions: Float64Array;
}

/** How a resection searches. */
export interface ResectionOptions {
  /** Error from which a direction counts as wrong, tangent of the angle. */
  readonly cutOff: number;
  readonly draws: number;
}

/** The best pose and how well it explains the directions. */
export interface Resection {
  readonly pose: BarePose;
  /** Mean truncated square error in units of the cut-off's: 0 is perfect, 1 is nothing explained. */
  readonly score: number;
}

/** Finds the pose that explains most, or null where fewer than four points are given or no triple has a pose. */
export function resect(seen: SeenPoints, options: ResectionOptions, prng: Prng): Resection | null {
  const count = seen.pointsM.length / 3;
  assert(seen.directions.length === count * 2, "every point is seen in a direction");
  if (count < 4) return null;
  let best: Resection | null = null;
  for (let draw = 0; draw < options.draws; draw++) {
    const triple = [prng.int(count), prng.int(count), prng.int(count)] as const;
    if (triple[0] === triple[1] || triple[0] === triple[2] || triple[1] === triple[2]) continue;
    const [a, b, c] = triple;
    const poses = poseFromThreePoints(
      [pointAt(seen, a), pointAt(seen, b), pointAt(seen, c)],
      [directionAt(seen, a), directionAt(seen, b), directionAt(seen, c)],
    );
    for (const pose of poses) {
      const score = scorePose(seen, pose, options.cutOff, best?.score ?? 1);
      if (score < (best?.score ?? 1)) best = { pose, score };
    }
  }
  return best;
}

/** Improves a pose by reweighted Gauss-Newton steps; the result is never worse by the score than what was given. */
export function refinePose(seen: SeenPoints, start: Resection, cutOff: number): Resection {
  let best = start;
  let pose = start.pose;
  for (let round = 0; round < REFINE_ROUNDS; round++) {
    const next = stepPose(seen, pose, cutOff);
    if (next === null) break;
    pose = next;
    const score = scorePose(seen, pose, cutOff, Number.POSITIVE_INFINITY);
    if (score < best.score) best = { pose, score };
  }
  return best;
}

/** Mean truncated square error; gives up (and returns more than `stopAt`) once that is passed. */
function scorePose(seen: SeenPoints, pose: BarePose, cutOff: number, stopAt: number): number {
  const { pointsM, directions } = seen;
  const r = pose.cameraFromEnu;
  const [cx, cy, cz] = pose.cameraInEnuM;
  const count = directions.length / 2;
  const limit = stopAt * count;
  const inverse = 1 / (cutOff * cutOff);
  let sum = 0;
  for (let i = 0; i < count && sum <= limit; i++) {
    const x = pointsM[i * 3]! - cx;
    const y = pointsM[i * 3 + 1]! - cy;
    const z = pointsM[i * 3 + 2]! - cz;
    const depth = r[6] * x + r[7] * y + r[8] * z;
    if (depth <= 0) {
      sum += 1;
      continue;
    }
    const dx = (r[0] * x + r[1] * y + r[2] * z) / depth - directions[i * 2]!;
    const dy = (r[3] * x + r[4] * y + r[5] * z) / depth - directions[i * 2 + 1]!;
    const square = (dx * dx + dy * dy) * inverse;
    sum += square < 1 ? square : 1;
  }
  return sum / count;
}

/** One Gauss-Newton step over turn (camera axes) and centre, or null where the points do not fix a pose. */
function stepPose(seen: SeenPoints, pose: BarePose, cutOff: number): BarePose | null {
  const normal = new Float64Array(36);
  const step = new Float64Array(6);
  const r = pose.cameraFromEnu;
  const [cx, cy, cz] = pose.cameraInEnuM;
  const scaleSquare = (cutOff / 3) ** 2;
  const row = new Float64Array(6);
  for (let i = 0; i < seen.directions.length / 2; i++) {
    const x = seen.pointsM[i * 3]! - cx;
    const y = seen.pointsM[i * 3 + 1]! - cy;
    const z = seen.pointsM[i * 3 + 2]! - cz;
    const p = [r[0] * x + r[1] * y + r[2] * z, r[3] * x + r[4] * y + r[5] * z, r[6] * x + r[7] * y + r[8] * z] as const;
    if (p[2] <= 0) continue;
    const errors = [p[0] / p[2] - seen.directions[i * 2]!, p[1] / p[2] - seen.directions[i * 2 + 1]!] as const;
    const weight = 1 / (1 + (errors[0] * errors[0] + errors[1] * errors[1]) / scaleSquare);
    for (const [axis, error] of errors.entries()) {
      const g: Vec3 = [axis === 0 ? 1 / p[2] : 0, axis === 0 ? 0 : 1 / p[2], -p[axis]! / (p[2] * p[2])];
      row[0] = p[1] * g[2] - p[2] * g[1];
      row[1] = p[2] * g[0] - p[0] * g[2];
      row[2] = p[0] * g[1] - p[1] * g[0];
      for (let k = 0; k < 3; k++) row[3 + k] = -(g[0] * r[k]! + g[1] * r[3 + k]! + g[2] * r[6 + k]!);
      for (let a = 0; a < 6; a++) {
        step[a]! -= weight * row[a]! * error;
        for (let b = 0; b <= a; b++) normal[a * 6 + b]! += weight * row[a]! * row[b]!;
      }
    }
  }
  for (let k = 0; k < 6; k++) normal[k * 7]! *= 1 + 1e-9;
  if (!factorCholesky(normal, 6)) return null;
  solveCholesky(normal, 6, step);
  const angle = Math.hypot(step[0]!, step[1]!, step[2]!);
  if (!Number.isFinite(angle)) return null;
  const turn = angle === 0 ? null : quaternionFromAxisAngle([step[0]!, step[1]!, step[2]!], angle);
  return {
    cameraFromEnu: turn === null ? r : multiply3(mat3FromQuaternion(turn), r),
    cameraInEnuM: [cx + step[3]!, cy + step[4]!, cz + step[5]!],
  };
}

function pointAt({ pointsM }: SeenPoints, i: number): Vec3 {
  return [pointsM[i * 3]!, pointsM[i * 3 + 1]!, pointsM[i * 3 + 2]!];
}

function directionAt({ directions }: SeenPoints, i: number): Vec3 {
  return normalize([directions[i * 2]!, directions[i * 2 + 1]!, 1]);
}

const REFINE_ROUNDS = 15;
