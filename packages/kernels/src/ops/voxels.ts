/**
 * Op `voxels`: the voxels with enough evidence, as a list.
 *
 * Input: the pool after `cast`, or, of a grid with `fine`, the tile pool after `castTiles`; viewsMin 1 … 32, sumMin 1 … 2^32 - 1.
 * Table "voxels": rows of 4 words, in order of pool address, slot · 512 + place in brick:
 *   of the pool        [x | y << 16, z, sum, viewBits]
 *   of the tile pool   [tile, x << 14 | y << 7 | z, sum, viewBits], x, y and z within the tile, 0 … 127
 *
 * A voxel is eligible where at least viewsMin views have set a bit and its sum is at least sumMin. All eligible voxels are listed;
 * the table keeps the first `voxelsMax`, `total` counts all, and `voxelsOverflow` is set where they differ.
 */
import type { Evidence } from "../grid-spec.ts";
import { BRICK_VOXELS, brickAt, type Size3, sizeInBricks, viewCount, voxelAt } from "./brick.ts";
import { Rows } from "./rows.ts";
import { type Pool, SLOT_WORDS } from "./select.ts";
import { type Tile, tileVoxelAt } from "./tile.ts";

/** Words in a row of table "voxels". */
export const VOXEL_WORDS = 4;

/** A voxel of a pool. */
export interface PoolVoxel {
  readonly address: number;
  /** As the pool numbers its bricks. */
  readonly brick: number;
  /** 0 … 511 in the brick. */
  readonly place: number;
  readonly sum: number;
  readonly viewBits: number;
}

/** Lists the eligible voxels. Returns all rows of table "voxels", past any limit too. */
export function listVoxels(pool: Pool, evidence: Evidence, sizeVoxels: Size3): Uint32Array {
  const sizeBricks = sizeInBricks(sizeVoxels);
  const rows = new Rows();
  for (const { brick, place, sum, viewBits } of eligibleVoxels(pool, evidence)) {
    const [x, y, z] = voxelAt(brickAt(sizeBricks, brick), place);
    rows.push(x | (y << 16), z, sum, viewBits);
  }
  return rows.toArray();
}

/** Lists the eligible voxels of a tile pool. Returns all rows of table "voxels", past any limit too. */
export function listTileVoxels(pool: Pool, evidence: Evidence, tiles: readonly Tile[]): Uint32Array {
  const rows = new Rows();
  for (const { brick, place, sum, viewBits } of eligibleVoxels(pool, evidence)) {
    const { tile, inTile } = tileVoxelAt(tiles, brick, place);
    rows.push(tile, (inTile[0] << 14) | (inTile[1] << 7) | inTile[2], sum, viewBits);
  }
  return rows.toArray();
}

/** Yields the eligible voxels in order of pool address. */
export function* eligibleVoxels(pool: Pool, evidence: Evidence): Generator<PoolVoxel> {
  for (const [slot, brick] of pool.bricks.entries()) {
    for (let place = 0; place < BRICK_VOXELS; place++) {
      const sum = pool.words[slot * SLOT_WORDS + place]!;
      const viewBits = pool.words[slot * SLOT_WORDS + BRICK_VOXELS + place]!;
      if (sum < evidence.sumMin || viewCount(viewBits) < evidence.viewsMin) continue;
      yield { address: slot * BRICK_VOXELS + place, brick, place, sum, viewBits };
    }
  }
}
