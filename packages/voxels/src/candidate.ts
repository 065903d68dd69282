/**
 * A cluster of peaks as a place in metres with its doubt, and the blobs each view shows there.
 *
 * The covariance is the sum of three terms: what the bearings of its cameras allow (see `bearings.ts`), half a voxel of rounding
 * (size²/12 per axis), and, for a thing larger than voxels and bearings would blur a point to, a ninth of the excess of its variance:
 * the centre of what moves on a body wanders by about a third of the body's own sigma from frame to frame.
 */
import { type Mat3, normalize, subtract, type Vec3 } from "@skyvox/core";
import { type Bearing, meetBearings } from "./bearings.ts";
import { type Cluster, countViews } from "./clusters.ts";
import type { DetectionOptions } from "./detection-options.ts";
import { lateralSigmaM, type PixelBox, type PreparedView, projectBody, rangeToM } from "./view.ts";

/** What one view shows of a candidate: indices of its blobs. */
export interface Sighting {
  readonly view: PreparedView;
  /** One lateral standard deviation of the view's bearing at the candidate, metres. */
  readonly sigmaM: number;
  /** Blobs whose centre lies on the projected body. */
  readonly own: readonly number[];
  /** Blobs that the body may be part of: `own`, and those whose bounding box holds its centre. */
  readonly touched: readonly number[];
}

/** A possible detection, before ghosts are dropped and bearings sharpen it. */
export interface Candidate {
  readonly positionEnuM: Vec3;
  readonly extentM: Vec3;
  /** How far its centre wanders over its body, variance per axis in square metres; 0 for a point. */
  readonly wanderM2: Vec3;
  readonly covarianceM2: Mat3;
  readonly viewBits: number;
  readonly viewCount: number;
  readonly weight: number;
  readonly sightings: readonly Sighting[];
  /** Edge of the voxels it was found in, metres. */
  readonly voxelSizeM: number;
}

/** Places a cluster in the world and looks up its blobs in the views that support it. */
export function candidateFrom(
  cluster: Cluster,
  views: readonly (PreparedView | undefined)[],
  options: DetectionOptions,
): Candidate {
  const { minEnuM, voxelSizeM } = options.volume;
  const place = (axis: 0 | 1 | 2): number => minEnuM[axis] + cluster.centroid[axis] * voxelSizeM;
  const positionEnuM: Vec3 = [place(0), place(1), place(2)];
  const spread = (axis: 0 | 1 | 2): number => Math.sqrt(cluster.variance[axis]) * voxelSizeM;
  const extentM: Vec3 = [spread(0), spread(1), spread(2)];

  const supporting = views.filter((view) => view !== undefined && ((cluster.viewBits >>> view.index) & 1) === 1);
  const rays = supporting.flatMap((view) => (view === undefined ? [] : [lineOfSight(view, positionEnuM, options)]));
  const rayCovariance = meetBearings(
    rays.map((ray) => ray.bearing),
    { positionEnuM, sigmaM: priorSigmaM(extentM, voxelSizeM) },
  ).covarianceM2;

  const wander = (axis: 0 | 1 | 2): number => {
    const pointVariance = POINT_VARIANCE_VOXELS2 * voxelSizeM * voxelSizeM + rayCovariance[axis * 4]!;
    return Math.max(0, extentM[axis] ** 2 - pointVariance) / WANDER_DIVISOR;
  };
  const wanderM2: Vec3 = [wander(0), wander(1), wander(2)];
  const rounding = (voxelSizeM * voxelSizeM) / 12;
  return {
    positionEnuM,
    extentM,
    wanderM2,
    covarianceM2: addDiagonal(rayCovariance, [rounding + wanderM2[0], rounding + wanderM2[1], rounding + wanderM2[2]]),
    viewBits: cluster.viewBits,
    viewCount: countViews(cluster.viewBits),
    weight: cluster.weight,
    voxelSizeM,
    sightings: rays.map(({ view, bearing }) => {
      const halfSidesM: Vec3 = [BODY_REACH * extentM[0], BODY_REACH * extentM[1], BODY_REACH * extentM[2]];
      const box = projectBody(view, positionEnuM, halfSidesM, 2 * voxelSizeM + 3 * bearing.sigmaM);
      return { view, sigmaM: bearing.sigmaM, ...blobsUnder(view, box) };
    }),
  };
}

/** Doubt of a place before bearings: ten times the cluster's size, too weak to sharpen what bearings know. */
export function priorSigmaM(extentM: Vec3, voxelSizeM: number): number {
  return 10 * (Math.max(...extentM) + voxelSizeM);
}

/** Adds variances to the diagonal of a covariance. */
export function addDiagonal(m: Mat3, [x, y, z]: Vec3): Mat3 {
  return [m[0] + x, m[1], m[2], m[3], m[4] + y, m[5], m[6], m[7], m[8] + z];
}

function lineOfSight(
  view: PreparedView,
  positionEnuM: Vec3,
  options: DetectionOptions,
): { readonly view: PreparedView; readonly bearing: Bearing } {
  const originEnuM = view.pose.cameraInEnuM;
  const sigmaM = lateralSigmaM(view, rangeToM(view, positionEnuM), {
    pixelSigmaPx: options.pixelSigmaPx ?? PIXEL_SIGMA_PX,
    speedMps: options.target.speedMps,
  });
  return { view, bearing: { originEnuM, direction: normalize(subtract(positionEnuM, originEnuM)), sigmaM } };
}

function blobsUnder({ blobs }: PreparedView, box: PixelBox | null): Pick<Sighting, "own" | "touched"> {
  const own: number[] = [];
  const touched: number[] = [];
  if (box === null) return { own, touched };
  for (let index = 0; index < blobs.count; index++) {
    const u = blobs.weightU[index]! / blobs.weight[index]!;
    const v = blobs.weightV[index]! / blobs.weight[index]!;
    const isOwn = Math.abs(u - box.u) <= box.halfU && Math.abs(v - box.v) <= box.halfV;
    const holdsU = box.u >= blobs.minU[index]! - 1 && box.u <= blobs.maxU[index]! + 1;
    const holdsV = box.v >= blobs.minV[index]! - 1 && box.v <= blobs.maxV[index]! + 1;
    if (isOwn) own.push(index);
    if (isOwn || (holdsU && holdsV)) touched.push(index);
  }
  return { own, touched };
}

/** Half the side of an evenly filled body in standard deviations: √3. */
export const BODY_REACH = Math.sqrt(3);

/** Centroids of blobs of a few pixels, one standard deviation in pixels, where the caller knows no better. */
const PIXEL_SIGMA_PX = 0.5;

/** Variance that a point target shows per axis: a full block of 3 voxels (1/12 + 2/3). */
const POINT_VARIANCE_VOXELS2 = 0.75;
const WANDER_DIVISOR = 9;
