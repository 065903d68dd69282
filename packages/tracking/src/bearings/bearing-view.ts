/**
 * What one camera saw at one instant, as bearings: unit directions in the local east-north-up frame with their doubt.
 *
 * A bearing is a pixel with the lens taken out. Its doubt is the covariance of the unit direction, `[3, 3]` in square radians, of rank
 * two: nothing is known along the direction and nothing needs to be. Kept in the frame of the site, it needs no choice of two axes across
 * the direction, so bearings, predictions and gates of one camera meet without turning anything. The doubt of the pose is not in it:
 * that is the same for all bearings of a camera and comes with the view.
 *
 * The lens is taken out by core's camera model; the covariance follows through the slope of that map, taken by central differences of
 * half a pixel (exact for a lens without distortion, and a covariance needs no more).
 */
import {
  assert,
  type CameraId,
  type Intrinsics,
  isUndistorted,
  norm,
  type Pose,
  transformTransposed3,
  undistort,
  type Vec3,
} from "@skyvox/core";

/** The bearings of one camera at one instant, with all that their doubt depends on. */
export interface BearingView {
  readonly camera: CameraId;
  readonly captureNs: bigint;
  /** One standard deviation of `captureNs`, nanoseconds. */
  readonly timeSigmaNs: number;
  readonly pose: Pose;
  /** The picture that a target may lie in; null for a camera that sees all around. */
  readonly intrinsics: Intrinsics | null;
  /** Solid angle over which false bearings spread, steradians. */
  readonly solidAngleSr: number;
  /** Angle of one pixel, radians: residuals are told in pixels. */
  readonly pixelRad: number;
  /** `[count, 9]` float64: unit direction `x y z`, then its covariance `xx xy xz yy yz zz` in square radians; in any order. */
  readonly bearings: Float64Array;
  /** Points that gave no bearing: not a number, without a covariance, or past the fold of the lens. */
  readonly refusedCount: number;
}

/** A point in a picture: its centre in pixels, and the covariance `uu uv vv` of that in square pixels. */
export interface PicturePoint {
  readonly u: number;
  readonly v: number;
  readonly covariancePx2: readonly [number, number, number];
}

/** Values of one row of `BearingView.bearings`. */
export const BEARING_VALUES = 9;

/** Makes the view of a camera with a picture from the points seen in it. Points that are no measurement are left out and counted. */
export function viewFromPoints(
  seen: Pick<BearingView, "camera" | "captureNs" | "timeSigmaNs" | "pose"> & {
    readonly intrinsics: Intrinsics;
    readonly points: readonly PicturePoint[];
  },
): BearingView {
  const { camera, captureNs, timeSigmaNs, pose, intrinsics, points } = seen;
  const rows = new Float64Array(points.length * BEARING_VALUES);
  let count = 0;
  for (const point of points) {
    if (writeBearing(rows, count * BEARING_VALUES, intrinsics, pose, point)) count++;
  }
  return {
    camera,
    captureNs,
    timeSigmaNs,
    pose,
    intrinsics,
    solidAngleSr: solidAngleOf(intrinsics),
    pixelRad: 2 / (intrinsics.fxPx + intrinsics.fyPx),
    bearings: rows.subarray(0, count * BEARING_VALUES),
    refusedCount: points.length - count,
  };
}

/**
 * Returns the solid angle of a picture in steradians, distortion left out: 4 atan(a b / √(1 + a² + b²)) for a pyramid whose half sides
 * have the slopes a and b.
 */
export function solidAngleOf({ widthPx, heightPx, fxPx, fyPx }: Intrinsics): number {
  const a = widthPx / (2 * fxPx);
  const b = heightPx / (2 * fyPx);
  return 4 * Math.atan((a * b) / Math.sqrt(1 + a * a + b * b));
}

/** Writes one row, or returns false where the point is no measurement. */
function writeBearing(
  rows: Float64Array,
  at: number,
  intrinsics: Intrinsics,
  pose: Pose,
  { u, v, covariancePx2 }: PicturePoint,
): boolean {
  const [uu, uv, vv] = covariancePx2;
  if (!Number.isFinite(u) || !Number.isFinite(v)) return false;
  if (!(uu > 0) || !(uu * vv - uv * uv > 0) || !Number.isFinite(uu + vv)) return false;
  const straight = straightAt(intrinsics, u, v);
  const slope = straight && slopeAt(intrinsics, u, v);
  if (straight === null || slope === null) return false;
  const [x, y] = straight;
  const length = norm([x, y, 1]);
  const inCamera: Vec3 = [x / length, y / length, 1 / length];
  const direction = transformTransposed3(pose.cameraFromEnu, inCamera);
  const alongU = turned(pose, inCamera, slope.u, length);
  const alongV = turned(pose, inCamera, slope.v, length);
  rows.set(direction, at);
  let next = at + 3;
  for (let i = 0; i < 3; i++) {
    for (let j = i; j < 3; j++) {
      rows[next++] =
        uu * alongU[i]! * alongU[j]! +
        uv * (alongU[i]! * alongV[j]! + alongV[i]! * alongU[j]!) +
        vv * alongV[i]! * alongV[j]!;
    }
  }
  return true;
}

/** How the unit direction turns, in the local frame, as normalised coordinates move by `step`: (I - d dᵀ) step / length. */
function turned(pose: Pose, direction: Vec3, step: readonly [number, number], length: number): Vec3 {
  const along = direction[0] * step[0] + direction[1] * step[1];
  return transformTransposed3(pose.cameraFromEnu, [
    (step[0] - along * direction[0]) / length,
    (step[1] - along * direction[1]) / length,
    (-along * direction[2]) / length,
  ]);
}

function straightAt(intrinsics: Intrinsics, u: number, v: number): readonly [number, number] | null {
  return undistort(intrinsics, (u - intrinsics.cxPx) / intrinsics.fxPx, (v - intrinsics.cyPx) / intrinsics.fyPx);
}

/** Returns how normalised coordinates move with `u` and with `v`, per pixel; null at the fold of the lens. */
function slopeAt(
  intrinsics: Intrinsics,
  u: number,
  v: number,
): { readonly u: readonly [number, number]; readonly v: readonly [number, number] } | null {
  assert(intrinsics.fxPx > 0, "a focal length is more than 0");
  assert(intrinsics.fyPx > 0, "a focal length is more than 0");
  if (isUndistorted(intrinsics)) return { u: [1 / intrinsics.fxPx, 0], v: [0, 1 / intrinsics.fyPx] };
  const [left, right] = [straightAt(intrinsics, u - 0.5, v), straightAt(intrinsics, u + 0.5, v)];
  const [above, below] = [straightAt(intrinsics, u, v - 0.5), straightAt(intrinsics, u, v + 0.5)];
  if (left === null || right === null || above === null || below === null) return null;
  return { u: [right[0] - left[0], right[1] - left[1]], v: [below[0] - above[0], below[1] - above[1]] };
}
