/** What a grid of a backend is opened with, and which tables it has. */

/** A box of `[x, y, z]` voxels (each count ≤ 2047) and its limits. `dense` allocates every voxel for `castDense` instead of bricks. */
export interface GridSpec {
  readonly sizeVoxels: readonly [number, number, number];
  readonly raysMax: number;
  readonly bricksMax: number;
  readonly peaksMax: number;
  readonly voxelsMax: number;
  readonly dense: boolean;
  /** Makes it a sparse world: its voxels become finer ones where cameras agree. */
  readonly fine?: FineSpec;
}

/**
 * The finer voxels of a sparse world. Where cameras agree, a voxel of the grid becomes a tile of 128 >> level finer voxels a side.
 * The level, 0 … 4, is one for a whole brick of the grid, which is therefore called a superblock.
 */
export interface FineSpec {
  /** Level of each brick of the grid, in order of brick index; copied. */
  readonly levels: Uint8Array;
  readonly tilesMax: number;
  /** Pieces of rays, one per ray and tile that it may cross. */
  readonly segmentsMax: number;
  /** Bricks of all tiles together: 4,096 in a tile of level 0, 1 in a tile of level 4. */
  readonly marksMax: number;
  /** Those of them that get voxels. */
  readonly bricksMax: number;
}

/** What makes a voxel count: how many views have crossed it, 1 … 32, and the least sum of weights, 1 … 2^32 - 1. */
export interface Evidence {
  readonly viewsMin: number;
  readonly sumMin: number;
}

/** Which table of a grid is read back; the layout of a row stands in the op of the same name. */
export type GridTable =
  | ("rays" | "marks" | "bricks" | "pool" | "dense" | "peaks" | "voxels")
  | ("tiles" | "segments" | "tileBricks" | "tilePool");
