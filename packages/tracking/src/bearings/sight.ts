/**
 * Where one camera should see one track, and how sure that is: the gate of that camera.
 *
 * The predicted direction and its covariance H P Hᵀ + H C Gᵀ + G Cᵀ Hᵀ + G Gᵀ + (angular velocity)² (time sigma)² in the plane that touches
 * the unit sphere there; the letters are those of `bearing-update.ts`. A bearing adds its own covariance. What lies within the
 * chi-square gate of two degrees of freedom may be the track's.
 */
import { isInFrame, project } from "@skyvox/core";
import type { BearingPool } from "./bearing-pool.ts";
import type { BearingSource } from "./bearing-update.ts";
import type { BearingView } from "./bearing-view.ts";
import { alongBoth, poseSigma, writeAxes } from "./tangent.ts";

/** A predicted sight; filled by `predictSight`, used again for every track. */
export interface Sight {
  /** Unit direction and two axes across it, `[9]`. */
  readonly axes: Float64Array;
  /** Covariance along the axes, square radians. */
  aa: number;
  ab: number;
  bb: number;
  rangeM: number;
}

/** Makes an empty sight. */
export function newSight(): Sight {
  return { axes: new Float64Array(9), aa: 0, ab: 0, bb: 0, rangeM: 0 };
}

/** True where the picture of a view shows a point of the local east-north-up frame. */
export function isSeen(view: BearingView, x: number, y: number, z: number): boolean {
  const { intrinsics, pose } = view;
  if (intrinsics === null) return true;
  const m = pose.cameraFromEnu;
  const [ox, oy, oz] = pose.cameraInEnuM;
  // Most points are behind the camera or far aside; the exact test allocates.
  const ahead = m[6] * (x - ox) + m[7] * (y - oy) + m[8] * (z - oz);
  if (ahead <= 0) return false;
  const right = m[0] * (x - ox) + m[1] * (y - oy) + m[2] * (z - oz);
  if (Math.abs(right) * intrinsics.fxPx > 2 * intrinsics.widthPx * ahead) return false;
  const uv = project(intrinsics, pose, [x, y, z]);
  return uv !== null && isInFrame(intrinsics, uv);
}

/** Fills `sight` for a track, or returns false where the camera does not have the predicted point in its picture. */
export function predictSight(
  sight: Sight,
  pool: BearingPool,
  slot: number,
  view: BearingView,
  source: BearingSource,
): boolean {
  const { states } = pool;
  const { lagS, timeSigmaS, originEnuM } = source;
  const s = slot * 6;
  const vx = states[s + 3]!;
  const vy = states[s + 4]!;
  const vz = states[s + 5]!;
  const px = states[s]! + lagS * vx;
  const py = states[s + 1]! + lagS * vy;
  const pz = states[s + 2]! + lagS * vz;
  if (!isSeen(view, px, py, pz)) return false;
  const x = px - originEnuM[0];
  const y = py - originEnuM[1];
  const z = pz - originEnuM[2];
  const rangeM = Math.sqrt(x * x + y * y + z * z);
  if (!(rangeM > RANGE_M_MIN)) return false;
  sight.rangeM = rangeM;
  const e = sight.axes;
  writeAxes(e, 0, x / rangeM, y / rangeM, z / rangeM);
  spread(sight, pool, slot, source);
  const sigma = poseSigma(source.angleSigmaRad, source.positionSigmaM, rangeM);
  const turnA = (timeSigmaS * (e[3]! * vx + e[4]! * vy + e[5]! * vz)) / rangeM;
  const turnB = (timeSigmaS * (e[6]! * vx + e[7]! * vy + e[8]! * vz)) / rangeM;
  sight.aa += sigma * sigma + turnA * turnA;
  sight.ab += turnA * turnB;
  sight.bb += sigma * sigma + turnB * turnB;
  return true;
}

/** H P Hᵀ + H C Gᵀ + G Cᵀ Hᵀ along the axes of a sight. */
function spread(sight: Sight, pool: BearingPool, slot: number, source: BearingSource): void {
  const { lagS, camera, angleSigmaRad, positionSigmaM } = source;
  const { covariances, cross } = pool;
  const { axes, rangeM } = sight;
  const width = 3 * pool.cameraCount;
  const both = poseSigma(angleSigmaRad, positionSigmaM, rangeM) / rangeM;
  const scale = 1 / (rangeM * rangeM);
  let [aa, ab, bb] = [0, 0, 0];
  for (let i = 0; i < 3; i++) {
    const ai = axes[3 + i]!;
    const bi = axes[6 + i]!;
    const p = slot * 36 + i * 6;
    const c = (slot * 6 + i) * width + 3 * camera;
    for (let j = 0; j < 3; j++) {
      const aj = axes[3 + j]!;
      const bj = axes[6 + j]!;
      const positions =
        covariances[p + j]! +
        lagS * (covariances[p + 3 + j]! + covariances[p + 18 + j]! + lagS * covariances[p + 21 + j]!);
      const poses = cross[c + j]! + lagS * cross[c + 3 * width + j]!;
      aa += ai * aj * (scale * positions + 2 * both * poses);
      bb += bi * bj * (scale * positions + 2 * both * poses);
      ab += ai * bj * scale * positions + both * poses * (ai * bj + bi * aj);
    }
  }
  sight.aa = aa;
  sight.ab = ab;
  sight.bb = bb;
}

/** How a bearing lies to a sight; filled by `meetSight`. */
export interface SightMatch {
  /** Squared Mahalanobis distance, chi-square of two degrees of freedom for the track's own bearing. */
  squared: number;
  /** ln N of the bearing about the sight, per steradian. */
  logLikelihood: number;
  /** Where the bearing lies from the sight along its two axes, radians. */
  a: number;
  b: number;
}

/** Makes an empty match. */
export function newSightMatch(): SightMatch {
  return { squared: 0, logLikelihood: 0, a: 0, b: 0 };
}

/** Measures how row `index` of `rows` lies to a sight. */
export function meetSight(into: SightMatch, sight: Sight, rows: Float64Array, index: number): void {
  const at = index * 9;
  const e = sight.axes;
  const x = rows[at]!;
  const y = rows[at + 1]!;
  const z = rows[at + 2]!;
  const ahead = Math.max(AHEAD_MIN, e[0]! * x + e[1]! * y + e[2]! * z);
  const a = (e[3]! * x + e[4]! * y + e[5]! * z) / ahead;
  const b = (e[6]! * x + e[7]! * y + e[8]! * z) / ahead;
  const aa = sight.aa + alongBoth(rows, at + 3, e[3]!, e[4]!, e[5]!, e[3]!, e[4]!, e[5]!);
  const ab = sight.ab + alongBoth(rows, at + 3, e[3]!, e[4]!, e[5]!, e[6]!, e[7]!, e[8]!);
  const bb = sight.bb + alongBoth(rows, at + 3, e[6]!, e[7]!, e[8]!, e[6]!, e[7]!, e[8]!);
  const determinant = aa * bb - ab * ab;
  into.squared = (bb * a * a - 2 * ab * a * b + aa * b * b) / determinant;
  into.logLikelihood = -0.5 * (into.squared + Math.log(determinant)) - LOG_TWO_PI;
  into.a = a;
  into.b = b;
}

/** Returns half the side of the box about a sight that holds its gate, radians. */
export function gateHalf(sight: Sight, gate: number, varianceMax: number): number {
  const middle = 0.5 * (sight.aa + sight.bb);
  const half = 0.5 * (sight.aa - sight.bb);
  return Math.sqrt(gate * (middle + Math.sqrt(half * half + sight.ab * sight.ab) + varianceMax));
}

const RANGE_M_MIN = 0.1;
/** A bearing square to the sight, or behind it, counts as far off. */
const AHEAD_MIN = 1e-3;
const LOG_TWO_PI = Math.log(2 * Math.PI);
