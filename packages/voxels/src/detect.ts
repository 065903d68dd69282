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
  const candidates = [...peaksByLevel(options.peaks)].flatMap(([level, peaks]) => {
    const voxelSizeM = volume.voxelSizeM * 2 ** level;
    // Gaps up to half a target are bridged, and the least distance of two peaks on a diagonal always is.
    const linkVoxels = Math.max(LINK_VOXELS_MIN, target.sizeM / 2 / voxelSizeM);
    return clusterPeaks(peaks, linkVoxels)
      .filter((cluster) => cluster.viewsOfOnePeak >= viewsMin)
      .map((cluster) => candidateFrom(cluster, views, { ...options, volume: { ...volume, voxelSizeM } }));
  });
  return dropGhosts(candidates, viewsMin).map((candidate) => detectionFrom(candidate, options));
}

/** A target on the border of two levels shows peaks in both; the weaker candidate then shows no blob of its own and is dropped. */
function peaksByLevel(peaks: Uint32Array): Map<number, Uint32Array> {
  assert(peaks.length % PEAK_WORDS === 0, "peaks are whole rows of 16 words");
  const rows = new Map<number, number[]>();
  for (let row = 0; row < peaks.length; row += PEAK_WORDS) {
    const level = peaks[row + LEVEL_WORD]!;
    const known = rows.get(level);
    if (known === undefined) rows.set(level, [row]);
    else known.push(row);
  }
  if (rows.size <= 1) return new Map([...rows.keys()].map((level) => [level, peaks]));
  return new Map([...rows].map(([level, starts]) => [level, gathered(peaks, starts)]));
}

function gathered(peaks: Uint32Array, starts: readonly number[]): Uint32Array {
  const rows = new Uint32Array(starts.length * PEAK_WORDS);
  for (const [index, start] of starts.entries()) {
    rows.set(peaks.subarray(start, start + PEAK_WORDS), index * PEAK_WORDS);
  }
  return rows;
}

function detectionFrom(candidate: Candidate, { timeNs, viewsMin }: DetectionOptions): Detection {
  const { positionEnuM, covarianceM2 } = refineByBearings(candidate, viewsMin) ?? candidate;
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
const PEAK_WORDS = 16;
const LEVEL_WORD = 14;
