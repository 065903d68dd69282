/**
 * Whether the rays of a camera stay within Q11.20 positions on their way through a grid: the check that kernels rely on and skip.
 *
 * A ray that advances on axis k moves at most one voxel per slab on the other two. From the origin o to the far face it passes T
 * slabs, so its position stays below |o_j| + T, and 8 more for the look-ahead of `mark` over one layer of bricks; int32 holds
 * positions below 2048. That must hold for every axis k that is the largest component of some direction of the image.
 */
import { type Mat3, SkyvoxError, type Vec3 } from "@skyvox/core";
import type { ImageSamples } from "./image-samples.ts";
import type { Size3 } from "./ops/brick.ts";

/** Voxels that a Q11.20 position can hold. */
const POSITION_VOXELS_MAX = 2048;
const LOOK_AHEAD_VOXELS = 8;

/** @throws {SkyvoxError} code "calibration" when a ray may leave the range; the message says which voxel size would do. */
export function checkGridRange(
  originVoxels: Vec3,
  grid: { readonly voxelSizeM: number; readonly sizeVoxels: Size3 },
  samples: ImageSamples,
  cameraFromEnu: Mat3,
): void {
  const dominates = dominatingAxes(samples, cameraFromEnu);
  let reach = Math.max(...originVoxels.map(Math.abs));
  for (const k of [0, 1, 2] as const) {
    if (!dominates[k]) continue;
    const slab = Math.floor(originVoxels[k]);
    const slabs = Math.max(grid.sizeVoxels[k] - slab, slab + 1);
    for (const j of [0, 1, 2] as const) {
      if (j !== k) reach = Math.max(reach, Math.abs(originVoxels[j]) + slabs + LOOK_AHEAD_VOXELS);
    }
  }
  if (reach < POSITION_VOXELS_MAX) return;
  const found = `rays reach ${Math.ceil(reach)} voxels of ${grid.voxelSizeM} m`;
  const sizeM = roundUp((reach * grid.voxelSizeM) / (POSITION_VOXELS_MAX - ROUNDING_VOXELS));
  throw new SkyvoxError(
    "calibration",
    `Cannot use camera with this grid: ${found}, need fewer than ${POSITION_VOXELS_MAX}: voxels of ${sizeM} m or more`,
  );
}

/** What whole slabs and whole voxels of another size may add, and the look-ahead, which does not shrink. */
const ROUNDING_VOXELS = LOOK_AHEAD_VOXELS + 4;

/** Rounds up to three digits. */
function roundUp(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.ceil(value / unit) * unit).toPrecision(3));
}

/**
 * Which components are the largest of some direction of the image.
 *
 * The directions between samples are covered by an allowance: where component k of a unit vector is the largest it is at least
 * 1/√3, and at a sample `spacing` away it is less by at most that, and the others are more by at most that.
 */
function dominatingAxes(samples: ImageSamples, m: Mat3): readonly [boolean, boolean, boolean] {
  const near = Math.sqrt(1 / 3);
  const dominates: [boolean, boolean, boolean] = [false, false, false];
  for (let p = 0; p < samples.points.length; p += 2) {
    const x = samples.points[p]!;
    const y = samples.points[p + 1]!;
    const size = [0, 1, 2].map((k) => Math.abs(m[k]! * x + m[3 + k]! * y + m[6 + k]!));
    const largest = Math.max(...size);
    for (const k of [0, 1, 2] as const) {
      if (size[k]! * (near + samples.spacing) >= largest * (near - samples.spacing)) dominates[k] = true;
    }
  }
  return dominates;
}
