/** How many bytes a grid takes: its tables and marks at their limits. What a backend adds to find its way in them is not counted. */
import type { FineSpec, GridSpec } from "./grid-spec.ts";
import { sizeInBricks } from "./ops/brick.ts";
import { PEAK_WORDS } from "./ops/peaks.ts";
import { RAY_WORDS } from "./ops/rays.ts";
import { SEGMENT_WORDS, TILE_WORDS } from "./ops/refine.ts";
import { SLOT_WORDS } from "./ops/select.ts";
import { VOXEL_WORDS } from "./ops/voxels.ts";

/** Most bytes of a grid with finer voxels: what makes a large volume affordable is that it stays below this. */
export const FINE_GRID_BYTES_MAX = 500e6;

/**
 * Returns how many bytes a grid of a specification holds.
 *
 * Rays, marks, slots with their bricks, peaks and voxels of the grid, and tiles, segments, marks and slots within the tiles. A dense grid
 * has sums in place of marks, slots and what is found in them.
 */
export function gridMemoryBytes(spec: GridSpec): number {
  const [nx, ny, nz] = spec.sizeVoxels;
  const rayWords = RAY_WORDS * spec.raysMax;
  if (spec.dense) return 4 * (rayWords + nx * ny * nz);
  const [bricksX, bricksY, bricksZ] = sizeInBricks(spec.sizeVoxels);
  const words =
    rayWords +
    bricksX * bricksY * bricksZ +
    (1 + SLOT_WORDS) * spec.bricksMax +
    PEAK_WORDS * spec.peaksMax +
    VOXEL_WORDS * spec.voxelsMax;
  return 4 * words + (spec.fine === undefined ? 0 : fineBytes(spec.fine));
}

function fineBytes({ levels, tilesMax, segmentsMax, marksMax, bricksMax }: FineSpec): number {
  const words = TILE_WORDS * tilesMax + SEGMENT_WORDS * segmentsMax + marksMax + (1 + SLOT_WORDS) * bricksMax;
  return levels.length + 4 * words;
}
