import type { Observation } from "@skyvox/core";
import type { DetectionView } from "@skyvox/voxels";
import type { Line } from "./site-to-line.ts";

/**
 * Tells the detector where each observation was made and how sure that is.
 *
 * A camera that captured before or after the set's instant saw the target elsewhere by its speed times that lag, so the lag counts as
 * time uncertainty beside the clock's own.
 */
export function detectionViews(line: Line, observations: readonly Observation[], timeNs: bigint): DetectionView[] {
  return observations.map((observation) => {
    const camera = line.cameraOf(observation.cameraId);
    const lagS = Number(observation.captureNs - timeNs) / 1e9;
    return {
      index: camera.view,
      intrinsics: camera.intrinsics,
      pose: observation.pose,
      timeSigmaS: Math.hypot(observation.timeSigmaNs / 1e9, lagS),
      blobs: observation.blobs,
    };
  });
}
