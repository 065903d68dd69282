/**
 * From the peaks of one frame set to detections: places, with honest covariances, where enough cameras agree that something moves.
 *
 * Peaks are linked into bodies (`clusters.ts`), placed in the world (`candidate.ts`), freed of ghosts (`ghosts.ts`) and sharpened by the
 * blobs of each view (`refine.ts`). Pure: the same rows in any order give the same bits. Errors that views share over time (pose) are
 * part of every covariance but do not average out from frame to frame, as a tracker will assume.
 */
import { assert, type Detection } from "@skyvox/core";
import { type Candidate, candidateFrom } from "./candidate.ts";
import { clusterPeaks } from "./clusters.ts";
import type { DetectionOptions } from "./detection-options.ts";
import { dropGhosts } from "./ghosts.ts";
import { refineByBearings } from "./refine.ts";
import { prepareViews } from "./view.ts";

/**
 * Finds the detections of one frame set, strongest first.
 *
 * @throws {AssertionError} when a table is torn, two views share an index or a size is not positive.
 */
export function detectionsFromPeaks(options: DetectionOptions): Detection[] {
  const { volume, viewsMin, target } = options;
  assert(volume.voxelSizeM > 0, "voxels are larger than 0 m");
  assert(Number.isInteger(viewsMin) && viewsMin >= 1, "at least one view must agree");
  assert(target.sizeM > 0 && target.speedMps >= 0, "targets have a size and a speed");
  const views = prepareViews(options.views);
  // Gaps up to half a target are bridged, and the least distance of two peaks on a diagonal always is.
  const linkVoxels = Math.max(LINK_VOXELS_MIN, target.sizeM / 2 / volume.voxelSizeM);
  const candidates = clusterPeaks(options.peaks, linkVoxels)
    .filter((cluster) => cluster.viewsOfOnePeak >= viewsMin)
    .map((cluster) => candidateFrom(cluster, views, options));
  return dropGhosts(candidates, viewsMin).map((candidate) => detectionFrom(candidate, options));
}

function detectionFrom(candidate: Candidate, { timeNs, viewsMin, volume }: DetectionOptions): Detection {
  const { positionEnuM, covarianceM2 } =
    refineByBearings(candidate, { viewsMin, voxelSizeM: volume.voxelSizeM }) ?? candidate;
  return {
    timeNs,
    positionEnuM,
    covarianceM2,
    extentM: candidate.extentM,
    cameraBits: candidate.viewBits,
    cameraCount: candidate.viewCount,
    weight: candidate.weight,
  };
}

/** Two peaks are never neighbours: on the diagonal the nearest are 2 voxels apart per axis. */
const LINK_VOXELS_MIN = 2 * Math.sqrt(3);
