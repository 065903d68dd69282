/**
 * One camera as the detector uses it: geometry, doubt, and its blobs unpacked once per frame set.
 *
 * The doubt of a bearing is told as one lateral sigma at the target, in metres: pixel noise and pointing grow with range, the place of
 * the camera and the time of the frame do not.
 */
import { assert, type Intrinsics, norm, type Pose, project, subtract, transform3, type Vec3 } from "@skyvox/core";

/** What one camera knew in one frame set; `index` is its bit in peaks and voxels. */
export interface DetectionView {
  readonly index: number;
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  /** One standard deviation between the frame's capture and the instant of the frame set, seconds. */
  readonly timeSigmaS: number;
  /** `[count, 16]` uint32, the kernels' table `blobs` of this frame; empty where there is none. */
  readonly blobs: Uint32Array;
}

/** Blobs of one view as columns: moment sums, centroid in pixels and bounding box in pixels. */
export interface BlobColumns {
  readonly count: number;
  readonly weight: Float64Array;
  readonly weightU: Float64Array;
  readonly weightV: Float64Array;
  readonly minU: Float64Array;
  readonly maxU: Float64Array;
  readonly minV: Float64Array;
  readonly maxV: Float64Array;
}

/** A view with its blobs unpacked. */
export interface PreparedView extends Omit<DetectionView, "blobs"> {
  readonly focalPx: number;
  readonly blobs: BlobColumns;
}

/** Puts the views at their bits and unpacks their blobs. @throws {AssertionError} when two views share a bit or a table is torn. */
export function prepareViews(views: readonly DetectionView[]): readonly (PreparedView | undefined)[] {
  const prepared: (PreparedView | undefined)[] = Array.from({ length: VIEWS_MAX });
  for (const view of views) {
    assert(Number.isInteger(view.index) && view.index >= 0 && view.index < VIEWS_MAX, "a view is 0 to 31");
    assert(prepared[view.index] === undefined, "every view has its own index");
    const focalPx = (view.intrinsics.fxPx + view.intrinsics.fyPx) / 2;
    prepared[view.index] = { ...view, focalPx, blobs: unpackBlobs(view.blobs) };
  }
  return prepared;
}

/** Returns one standard deviation, in metres across the line of sight, of where a view's bearing passes a target at `rangeM`. */
export function lateralSigmaM(
  view: PreparedView,
  rangeM: number,
  doubt: { readonly pixelSigmaPx: number; readonly speedMps: number },
): number {
  const pixel = (doubt.pixelSigmaPx * rangeM) / view.focalPx;
  const pointing = view.pose.angleSigmaRad * rangeM;
  return Math.hypot(pixel, pointing, view.pose.positionSigmaM, doubt.speedMps * view.timeSigmaS);
}

/** Returns the range in metres from the view's camera to a point. */
export function rangeToM(view: PreparedView, pointEnuM: Vec3): number {
  return norm(subtract(pointEnuM, view.pose.cameraInEnuM));
}

/** A rectangle in the image: centre and half sides in pixels. */
export interface PixelBox {
  readonly u: number;
  readonly v: number;
  readonly halfU: number;
  readonly halfV: number;
}

/**
 * Projects a body, its half sides in metres along the axes of the local east-north-up frame, plus a margin across the line of sight.
 *
 * First order about the centre, lens distortion in the centre only. Null where the body stands behind the camera.
 */
export function projectBody(view: PreparedView, centreEnuM: Vec3, halfSidesM: Vec3, marginM: number): PixelBox | null {
  const centre = project(view.intrinsics, view.pose, centreEnuM);
  if (centre === null) return null;
  const m = view.pose.cameraFromEnu;
  const [x, y, z] = transform3(m, subtract(centreEnuM, view.pose.cameraInEnuM));
  let squaredU = 0;
  let squaredV = 0;
  for (let axis = 0; axis < 3; axis++) {
    const half = halfSidesM[axis]!;
    squaredU += (half * (m[axis]! - (x / z) * m[axis + 6]!)) ** 2;
    squaredV += (half * (m[axis + 3]! - (y / z) * m[axis + 6]!)) ** 2;
  }
  const margin = (view.focalPx * marginM) / z;
  return {
    u: centre[0],
    v: centre[1],
    halfU: (view.intrinsics.fxPx / z) * Math.sqrt(squaredU) + margin,
    halfV: (view.intrinsics.fyPx / z) * Math.sqrt(squaredV) + margin,
  };
}

function unpackBlobs(rows: Uint32Array): BlobColumns {
  assert(rows.length % BLOB_WORDS === 0, "blobs are whole rows of 16 words");
  const count = rows.length / BLOB_WORDS;
  const column = (read: (row: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, index) => read(index * BLOB_WORDS));
  const wide = (word: number) => column((row) => rows[row + word + 1]! * 2 ** 32 + rows[row + word]!);
  return {
    count,
    weight: wide(8),
    weightU: wide(10),
    weightV: wide(12),
    minU: column((row) => rows[row + 1]! & 0xffff),
    maxU: column((row) => rows[row + 2]! & 0xffff),
    minV: column((row) => rows[row + 1]! >>> 16),
    maxV: column((row) => rows[row + 2]! >>> 16),
  };
}

const VIEWS_MAX = 32;
const BLOB_WORDS = 16;
