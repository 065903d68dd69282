/**
 * The sparse world of a large volume: a grid of 12.8 m voxels, and for each block of 8³ of them (a superblock, 102.4 m) how fine its
 * voxels become where cameras agree.
 *
 * A place is resolved by the cameras that must agree on it, so its level follows the `viewsMin`-th finest pixel footprint there: the two or
 * three best cameras see that fine, and a nearer one alone would only cost memory. Range is taken to the centre of the superblock; lens
 * and field of view do not matter, since a camera that does not see a place casts no rays there.
 */
import { assert, distance, type Vec3 } from "@skyvox/core";
import { levelForFootprint, pixelFootprintM, sizeVoxelsOf, voxelSizeAtLevelM } from "./level.ts";

/** Voxel of level 0 along the edge of a voxel of the grid. */
const FINE_PER_GRID_VOXEL = 128;
const SUPERBLOCK_VOXELS = 8;
/** Coordinates of a listed voxel are 16 bits. */
const LATTICE_SIDE_MAX = 65_535;

/** Edge of a voxel of a world's grid, metres. */
export const WORLD_VOXEL_SIZE_M: number = FINE_PER_GRID_VOXEL * voxelSizeAtLevelM(0);

/** A camera as far as it decides how fine a place is resolved. */
export interface LevelCamera {
  readonly intrinsics: { readonly fxPx: number; readonly fyPx: number };
  readonly cameraInEnuM: Vec3;
}

/** Where a world's grid stands: its lower corner in the local east-north-up frame, and its voxels of 12.8 m per axis. */
export interface WorldPlace {
  readonly minEnuM: Vec3;
  readonly sizeVoxels: readonly [number, number, number];
}

/** Chooses the level, 0 … 4, of every superblock of a world, in order of brick index `(bx · NBy + by) · NBz + bz`. */
export function superblockLevels(
  { minEnuM, sizeVoxels }: WorldPlace,
  cameras: readonly LevelCamera[],
  viewsMin: number,
): Uint8Array {
  assert(cameras.length > 0, "a world has cameras");
  const [nx, ny, nz] = sizeVoxels.map((side) => Math.ceil(side / SUPERBLOCK_VOXELS)) as [number, number, number];
  const edgeM = SUPERBLOCK_VOXELS * WORLD_VOXEL_SIZE_M;
  const rank = Math.min(viewsMin, cameras.length) - 1;
  const levels = new Uint8Array(nx * ny * nz);
  const footprints = new Float64Array(cameras.length);
  for (let brick = 0; brick < levels.length; brick++) {
    const at = [Math.floor(brick / (ny * nz)), Math.floor(brick / nz) % ny, brick % nz] as const;
    const centre: Vec3 = [0, 1, 2].map((k) => minEnuM[k]! + (at[k]! + 0.5) * edgeM) as [number, number, number];
    for (const [index, { intrinsics, cameraInEnuM }] of cameras.entries()) {
      footprints[index] = pixelFootprintM(intrinsics, distance(cameraInEnuM, centre));
    }
    levels[brick] = levelForFootprint(footprints.sort()[rank]!);
  }
  return levels;
}

/** One lattice on which the voxels of all levels are listed: their centres, to half of `voxelSizeM`. */
export interface Lattice {
  readonly voxelSizeM: number;
  readonly sizeVoxels: readonly [number, number, number];
}

/** Chooses the finest lattice, by levels, that holds a box within coordinates of 16 bits. */
export function latticeOf(minM: Vec3, maxM: Vec3): Lattice {
  for (let level = 0; ; level++) {
    const voxelSizeM = voxelSizeAtLevelM(0) * 2 ** level;
    const sizeVoxels = sizeVoxelsOf(minM, maxM, voxelSizeM);
    if (Math.max(...sizeVoxels) <= LATTICE_SIDE_MAX) return { voxelSizeM, sizeVoxels };
  }
}

/**
 * Lists the voxels of a world on its lattice: rows `[x | y << 16, z, sum, viewBits]`, each at the place of its centre.
 *
 * @param tiles the kernels' table `tiles`, `[count, 3]` uint32.
 * @param voxels the kernels' table `voxels` of a grid with finer voxels, `[count, 4]` uint32.
 */
export function latticeRows(tiles: Uint32Array, voxels: Uint32Array, lattice: Lattice): Uint32Array {
  assert(tiles.length % TILE_WORDS === 0, "tiles are whole rows of 3 words");
  assert(voxels.length % VOXEL_WORDS === 0, "voxels are whole rows of 4 words");
  const scale = lattice.voxelSizeM / voxelSizeAtLevelM(0);
  const rows = new Uint32Array(voxels.length);
  let at = 0;
  for (let row = 0; row < voxels.length; row += VOXEL_WORDS) {
    const tile = voxels[row]! * TILE_WORDS;
    const inTile = voxels[row + 1]!;
    const level = tiles[tile + 1]! >>> 16;
    // Centres count in voxels of level 0 from the lower corner of the grid.
    const along = (gridVoxel: number, fine: number): number =>
      Math.floor((gridVoxel * FINE_PER_GRID_VOXEL + (fine + 0.5) * 2 ** level) / scale);
    const x = along(tiles[tile]! & 0xffff, inTile >>> 14);
    const y = along(tiles[tile]! >>> 16, (inTile >>> 7) & 127);
    const z = along(tiles[tile + 1]! & 0xffff, inTile & 127);
    // The last voxel of the grid may reach past the box.
    if (x >= lattice.sizeVoxels[0] || y >= lattice.sizeVoxels[1] || z >= lattice.sizeVoxels[2]) continue;
    rows.set([x | (y << 16), z, voxels[row + 2]!, voxels[row + 3]!], at);
    at += VOXEL_WORDS;
  }
  return rows.subarray(0, at);
}

const TILE_WORDS = 3;
const VOXEL_WORDS = 4;
