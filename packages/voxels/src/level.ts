/**
 * How large voxels should be: as large as what one pixel covers at that range, in steps of two.
 *
 * A voxel smaller than a pixel's footprint holds no more truth, only more memory; one twice as large blurs what the camera resolved.
 * Levels 0 … 4 are 0.1, 0.2, 0.4, 0.8 and 1.6 m. At 8K and 60° a pixel covers 1.5e-4 of the range at the image
 * centre: 0.1 m up to 665 m, 0.75 m and so voxels of 0.8 m at 5 km.
 */
import { assert, type Intrinsics, type Vec3 } from "@skyvox/core";

/** Levels of detail: voxel edges of 0.1 m times 2^level. */
const LEVEL_COUNT = 5;

/** Returns the voxel edge in metres of a level. */
export function voxelSizeAtLevelM(level: number): number {
  assert(Number.isInteger(level) && level >= 0 && level < LEVEL_COUNT, "a level is an integer from 0 to 4");
  return FINEST_SIZE_M * 2 ** level;
}

/** Returns what one pixel of an undistorted camera covers at a range, metres: the mean of both axes at the image centre. */
export function pixelFootprintM(intrinsics: Pick<Intrinsics, "fxPx" | "fyPx">, rangeM: number): number {
  return (2 * rangeM) / (intrinsics.fxPx + intrinsics.fyPx);
}

/** Finds the finest level whose voxels are no smaller than the footprint of a pixel in metres; the coarsest where none is. */
export function levelForFootprint(footprintM: number): number {
  assert(footprintM >= 0, "a footprint is not negative");
  let level = 0;
  while (level < LEVEL_COUNT - 1 && FINEST_SIZE_M * 2 ** level < footprintM) level++;
  return level;
}

/** Returns how many voxels a box needs per axis. */
export function sizeVoxelsOf(minM: Vec3, maxM: Vec3, voxelSizeM: number): readonly [number, number, number] {
  // 1e-9: a box of exactly n voxels must not become n + 1 by rounding of the division.
  const along = (axis: 0 | 1 | 2): number => Math.ceil((maxM[axis] - minM[axis]) / voxelSizeM - 1e-9);
  return [along(0), along(1), along(2)];
}

const FINEST_SIZE_M = 0.1;
