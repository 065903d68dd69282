/**
 * Evidence of the watched space: which voxel size suits a range, a decaying sparse grid of what was seen, detections from peaks of one
 * frame set, and files of voxels. No I/O, no clock.
 *
 * @example
 * ```ts
 * import { VoxelGrid, voxelChunksPly } from "@skyvox/voxels";
 * const grid = new VoxelGrid({ sizeVoxels: [200, 200, 80], halfLifeS: 0.5, bricksMax: 20_000 });
 * grid.update(0n, Uint32Array.of(10 | (20 << 16), 5, 700, 0b111)); // one row of the table `voxels`
 * const snapshot = grid.snapshot(500_000_000n); // half a second later: evidence 350
 * const file = [...voxelChunksPly(snapshot, { minM: [-10, -10, 0], voxelSizeM: 0.1 })];
 * ```
 * @module
 */
export { detectionsFromPeaks } from "./detect.ts";
export type { DetectionOptions } from "./detection-options.ts";
export { type GridBox, VoxelGrid, type VoxelGridOptions, type VoxelSnapshot } from "./grid.ts";
export { levelForFootprint, pixelFootprintM, sizeVoxelsOf, voxelSizeAtLevelM } from "./level.ts";
export {
  type PointCloud,
  readPly,
  readUpstreamBin,
  type UpstreamGrid,
  upstreamBinByteLength,
  upstreamBinChunks,
  type VoxelSpace,
  voxelChunksPly,
  voxelsJson,
} from "./save.ts";
export type { DetectionView } from "./view.ts";
export {
  type Lattice,
  type LevelCamera,
  latticeOf,
  latticeRows,
  superblockLevels,
  WORLD_VOXEL_SIZE_M,
  type WorldPlace,
} from "./world-levels.ts";
