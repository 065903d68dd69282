/**
 * Op `refine`: where cameras agree on a voxel of the grid, finer voxels take its place, and the rays are cut to them.
 *
 * A world of ten kilometres in voxels of a decimetre does not fit, nor do its positions fit 32 bits. So a sparse world is cast twice:
 * coarsely through the grid, then finely through the few voxels that enough views share. Each of those becomes a tile (`tile.ts`),
 * and each ray that may cross it a segment: the same ray, with an origin counted from the corner of the tile in finer voxels.
 * No precision is lost on the way: the 2^-20 of a voxel stays 2^-20, only the voxel gets smaller.
 *
 * Input: pool and rays of the grid, the level of each of its bricks (`FineSpec`), viewsMin 1 … 32.
 * Tiles: the voxels of the pool with at least viewsMin view bits, in order of pool address, slot · 512 + place in brick.
 * Table "tiles": rows of 3 words `[x | y << 16, z | level << 16, firstBrick]`. Kept are the first: as many as come before the first
 * with number tilesMax or above, or firstBrick + B^3 > marksMax. `total` counts all; `tilesOverflow` is set where they differ.
 * Table "segments": rows of 5 words `[ray, tile, ox, oy, oz]`, row numbers and int32. Only kept tiles have any. In order of rays, and
 * for each ray of slabs of its walk through the grid, then of j, then of l. Per slab n, with margin 2^12 and the walk's Q11.20:
 *   j from (min(jIn, jOut) - 2^12) >> 20 to (max(jIn, jOut) + 2^12) >> 20, l likewise, as far as (n, j, l) is in the grid
 * The walk of the grid is off by up to 2^-9 voxel where the segment is exact; the margin is twice that. A segment too many crosses
 * no voxel. A ray goes on while `isUnderWay` with that margin, which is to the far face as far as segments can tell. The table keeps
 * the first `segmentsMax` rows, `total` counts all, and `segmentsOverflow` is set where they differ.
 *
 * Origin of a segment, with k the dominant axis, t the voxel of the tile, G = 7 - level, and o in Q11.20 of the grid:
 *   r    = o_k - (t_k << 20)                                    int32; the camera is before the tile, or in its slab
 *   way  = max(0, -r) where d_k > 0, max(0, r - 2^20) where d_k < 0           to the face ahead, below 2^31
 *   ok   = max(0, r) << G where d_k > 0, min(r, 2^20) << G where d_k < 0      on that face, or the camera itself
 *   S    = floor(2^30 |d_j| / |d_k|)                            at most 2^30; 64-bit division, or 30 steps of restoring division
 *   oj   = (o_j << G) - (t_j << (20 + G)) ± floor(way · S / 2^(30 - G))       modulo 2^32, as int32; ± is the sign of d_j
 * way · S is below 2^61. What oj really is lies within two tiles of 0 and fits; l likewise. S cut at 2^-30 moves the origin by less than
 * 2^-19 of a grid voxel.
 *
 * The origins are those of the views now. What was cast in the tiles before is forgotten with them: afterwards tables "tileBricks" and
 * "tilePool" have no rows. Before the first `refine` there are no tiles.
 */
import type { FineSpec } from "../grid-spec.ts";
import type { RayModel } from "../ray-model.ts";
import { BRICK_VOXELS, brickAt, brickIndex, type Size3, sizeInBricks, viewCount, voxelAt } from "./brick.ts";
import { type Ray, type RayList, raysOf } from "./rays.ts";
import { Rows } from "./rows.ts";
import { type Pool, SLOT_WORDS } from "./select.ts";
import { type Tile, tileBrickCount, tileShift } from "./tile.ts";
import { advance, isUnderWay, startWalk, type Walk } from "./walk.ts";

/** Words in a row of table "tiles". */
export const TILE_WORDS = 3;
/** Words in a row of table "segments". */
export const SEGMENT_WORDS = 5;

const ONE = 1 << 20;
/** A 256th of a voxel of the grid, in Q20. */
const MARGIN = 1 << 12;

/** Finds the tiles of a pool, past any limit too; `levels` is `[bricks of the grid]` uint8. */
export function findTiles(pool: Pool, levels: Uint8Array, viewsMin: number, sizeVoxels: Size3): Tile[] {
  const sizeBricks = sizeInBricks(sizeVoxels);
  const tiles: Tile[] = [];
  let firstBrick = 0;
  for (const [slot, brick] of pool.bricks.entries()) {
    const level = levels[brick]!;
    for (let place = 0; place < BRICK_VOXELS; place++) {
      if (viewCount(pool.words[slot * SLOT_WORDS + BRICK_VOXELS + place]!) < viewsMin) continue;
      tiles.push({ at: voxelAt(brickAt(sizeBricks, brick), place), level, firstBrick });
      firstBrick += tileBrickCount(level);
    }
  }
  return tiles;
}

/** Returns the tiles that stay within the limits: the first of them, up to the first that does not. */
export function keptTiles(tiles: readonly Tile[], { tilesMax, marksMax }: FineSpec): readonly Tile[] {
  const past = tiles.findIndex((tile, i) => i >= tilesMax || tile.firstBrick + tileBrickCount(tile.level) > marksMax);
  return past < 0 ? tiles : tiles.slice(0, past);
}

/** Returns the rows of table "tiles". */
export function tileRows(tiles: readonly Tile[]): Uint32Array {
  const rows = new Rows();
  for (const { at, level, firstBrick } of tiles) rows.push(at[0] | (at[1] << 16), at[2] | (level << 16), firstBrick);
  return rows.toArray();
}

/** Cuts rays to the tiles they may cross. Returns all rows of table "segments", past any limit too. */
export function cutRays(
  rays: RayList,
  views: readonly (RayModel | null)[],
  tiles: readonly Tile[],
  sizeVoxels: Size3,
): Uint32Array {
  const tileOfVoxel = new Map(tiles.map(({ at }, tile) => [brickIndex(sizeVoxels, ...at), tile]));
  const rows = new Rows();
  for (const [index, ray] of [...raysOf(rays, views)].entries()) {
    const walk = startWalk(ray.originQ20, ray.direction, sizeVoxels);
    if (walk === null) continue;
    while (isUnderWay(walk, sizeVoxels, MARGIN)) {
      for (const voxel of voxelsNear(walk, sizeVoxels)) {
        const tile = tileOfVoxel.get(brickIndex(sizeVoxels, ...voxel));
        if (tile !== undefined) rows.push(index, tile, ...segmentOrigin(ray, walk.k, tiles[tile]!));
      }
      advance(walk, 1);
    }
  }
  return rows.toArray();
}

/** The voxels of a slab within the margin of the ray: 1 … 9, in order of j, then l. */
function voxelsNear(walk: Walk, sizeVoxels: Size3): Size3[] {
  const { k, j, l } = walk;
  const low = (a: number, b: number) => Math.max(0, (Math.min(a, b) - MARGIN) >> 20);
  const high = (a: number, b: number, voxels: number) => Math.min(voxels - 1, (Math.max(a, b) + MARGIN) >> 20);
  const voxels: Size3[] = [];
  for (let atJ = low(walk.jIn, walk.jOut); atJ <= high(walk.jIn, walk.jOut, sizeVoxels[j]); atJ++) {
    for (let atL = low(walk.lIn, walk.lOut); atL <= high(walk.lIn, walk.lOut, sizeVoxels[l]); atL++) {
      const voxel: [number, number, number] = [0, 0, 0];
      voxel[k] = walk.n;
      voxel[j] = atJ;
      voxel[l] = atL;
      voxels.push(voxel);
    }
  }
  return voxels;
}

/** Returns where a ray enters the slab of a tile, in Q20 finer voxels from the tile's lower corner, as int32. */
export function segmentOrigin(
  { originQ20, direction }: Pick<Ray, "originQ20" | "direction">,
  k: 0 | 1 | 2,
  { at, level }: Tile,
): [number, number, number] {
  const isUp = direction[k] > 0;
  const shift = tileShift(level);
  const relative = originQ20[k] - at[k] * ONE;
  const way = BigInt(Math.max(0, isUp ? -relative : relative - ONE));
  const origin: [number, number, number] = [0, 0, 0];
  for (const axis of [0, 1, 2] as const) {
    if (axis === k) {
      origin[axis] = (isUp ? Math.max(0, relative) : Math.min(relative, ONE)) << shift;
    } else {
      const slope = (BigInt(Math.abs(direction[axis])) << 30n) / BigInt(Math.abs(direction[k]));
      const moved = Number(BigInt.asIntN(32, (way * slope) >> BigInt(30 - shift)));
      const start = (originQ20[axis] << shift) - (at[axis] << (20 + shift));
      origin[axis] = (direction[axis] < 0 ? start - moved : start + moved) | 0;
    }
  }
  return origin;
}
