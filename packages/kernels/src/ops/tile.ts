/**
 * Tiles: voxels of a grid cut into finer ones. Shared by `refine`, `castTiles`, `peaks` and `voxels`.
 *
 * A tile of level 0 … 4 has E = 128 >> level finer voxels a side, so B = E / 8 bricks a side and B^3 bricks. The bricks of all tiles
 * are numbered through: brick (bx, by, bz) of a tile is number firstBrick + (bx · B + by) · B + bz, firstBrick being the sum of the
 * B^3 of the tiles before it. Within its box of E^3 voxels a tile is walked, marked and cast like a grid.
 */
import { type Box, BRICK_EDGE, brickAt, type Size3, sizeInBricks, voxelAt } from "./brick.ts";

/** A voxel of the grid with finer voxels in its place. */
export interface Tile {
  /** The voxel of the grid, `[x, y, z]`. */
  readonly at: Size3;
  readonly level: number;
  readonly firstBrick: number;
}

/** Returns the power of two that a level cuts the edge of a voxel into: 7 for level 0. */
export function tileShift(level: number): number {
  return 7 - level;
}

/** Returns the finer voxels of a tile, with the numbers of their bricks. */
export function tileBox({ level, firstBrick }: Pick<Tile, "level" | "firstBrick">): Box {
  const edge = 1 << tileShift(level);
  return { sizeVoxels: [edge, edge, edge], firstBrick };
}

/** Returns how many bricks a tile of a level has. */
export function tileBrickCount(level: number): number {
  return (1 << tileShift(level)) ** 3 / BRICK_EDGE ** 3;
}

/** A finer voxel: which tile it is in, and where in it. */
export interface TileVoxel {
  readonly tile: number;
  /** 0 … E - 1 each. */
  readonly inTile: Size3;
}

/** Returns the finer voxel at a place 0 … 511 of a brick, given its number among the bricks of all tiles. */
export function tileVoxelAt(tiles: readonly Tile[], brick: number, place: number): TileVoxel {
  // The last tile that begins at or before the brick.
  const tile = tiles.findLastIndex(({ firstBrick }) => firstBrick <= brick);
  const { sizeVoxels, firstBrick } = tileBox(tiles[tile]!);
  return { tile, inTile: voxelAt(brickAt(sizeInBricks(sizeVoxels), brick - firstBrick), place) };
}
