/**
 * What the kernels refuse about a camera, told in the words of its site: which camera, which key, and what would do.
 *
 * Kernels know lenses and places, not the site's file. Whether lens or place is at fault is found by trying the camera in the middle of a
 * single voxel, where only a lens can be refused.
 */
import type { Site } from "@skyvox/cameras";
import { type Intrinsics, type Pose, SkyvoxError, subtract } from "@skyvox/core";
import { buildRayModel, type GridPlace, type RayModel } from "@skyvox/kernels";

/**
 * Builds the ray model of `site.cameras[index]`.
 *
 * @throws {SkyvoxError} code "calibration", naming the camera and the key, for a lens or a place that no ray model can hold.
 */
export function rayModelOf(
  site: Site,
  index: number,
  { intrinsics, pose, grid }: { readonly intrinsics: Intrinsics; readonly pose: Pose; readonly grid: GridPlace },
): RayModel {
  try {
    return buildRayModel({ intrinsics, pose, grid });
  } catch (error) {
    const aroundCamera = { minEnuM: pose.cameraInEnuM, voxelSizeM: 1, sizeVoxels: [1, 1, 1] } as const;
    inSiteWords(site, index, "intrinsics", () => buildRayModel({ intrinsics, pose, grid: aroundCamera }));
    const cause = site.volume.voxelSizeM === "auto" ? tooFar(pose, grid, error) : error;
    throw refusal(site, index, "pose.positionM", cause);
  }
}

/**
 * Runs `work` and tells what it refuses as a refusal of `site.cameras[index]`.
 *
 * @param key where the site says what `work` uses, from the camera on.
 * @throws {SkyvoxError} code "calibration", naming the camera and the key.
 */
export function inSiteWords<T>(site: Site, index: number, key: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw refusal(site, index, key, error);
  }
}

/** Messages read `Cannot …: found, need wanted`; the first part gives way to the camera and the key. Other errors are bugs and pass. */
function refusal(site: Site, index: number, key: string, error: unknown): unknown {
  if (!(error instanceof SkyvoxError) || error.code !== "calibration") return error;
  const found = error.message.slice(error.message.indexOf(": ") + 2);
  const camera = `camera "${site.cameras[index]?.id}" (cameras[${index}].${key})`;
  return new SkyvoxError("calibration", `Cannot use ${camera}: ${found}`, { cause: error });
}

/** The kernels' cure, larger voxels, is none where the program chooses them: says how far the rays reach and how far they may. */
function tooFar(pose: Pose, { minEnuM, voxelSizeM, sizeVoxels }: GridPlace, cause: unknown): unknown {
  const fromLowM = subtract(pose.cameraInEnuM, minEnuM);
  const toFarM = fromLowM.map((metres, axis) => Math.max(Math.abs(metres), sizeVoxels[axis]! * voxelSizeM - metres));
  const sums = toFarM.flatMap((far, k) => fromLowM.map((low, j) => (j === k ? 0 : far + Math.abs(low))));
  const found = `its ways to the volume's far side along one axis and to its lower corner along another add up to ${kilometres(Math.max(...sums))}`;
  const limit = kilometres(REACH_VOXELS_MAX * voxelSizeM);
  const message = `Cannot use camera: ${found}, need at most ${limit} where volume.voxelSizeM is "auto"`;
  return new SkyvoxError("calibration", message, { cause });
}

/** Voxels that rays may reach: positions hold fewer than 2,048, less what is looked ahead and rounded. */
const REACH_VOXELS_MAX = 2036;

function kilometres(metres: number): string {
  return `${(metres / 1000).toFixed(1)} km`;
}
