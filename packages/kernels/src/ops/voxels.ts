/**
 * Op `voxels`: the voxels with enough evidence, as a list.
 *
 * Input: the pool after `cast`, viewsMin 1 … 32, sumMin 1 … 2^32 - 1.
 * Table "voxels": rows of 4 words `[x | y << 16, z, sum, viewBits]`, in order of pool address, slot · 512 + place in brick.
 *
 * A voxel is eligible where at least viewsMin views have set a bit and its sum is at least sumMin. All eligible voxels are listed;
 * the table keeps the first `voxelsMax`, `total` counts all, and `voxelsOverflow` is set where they differ.
 */
import { BRICK_VOXELS, brickAt, type Size3, sizeInBricks, viewCount } from "./brick.ts";
import { Rows } from "./rows.ts";
import { type Pool, SLOT_WORDS } from "./select.ts";

/** Words in a row of table "voxels". */
export const VOXEL_WORDS = 4;

/** What makes a voxel count. */
export interface Evidence {
  readonly viewsMin: number;
  readonly sumMin: number;
}

/** A voxel of the pool. */
export interface PoolVoxel {
  readonly address: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly sum: number;
  readonly viewBits: number;
}

/** Lists the eligible voxels. Returns all rows of table "voxels", past any limit too. */
export function listVoxels(pool: Pool, evidence: Evidence, sizeVoxels: Size3): Uint32Array {
  const rows = new Rows();
  for (const { x, y, z, sum, viewBits } of eligibleVoxels(pool, evidence, sizeVoxels)) {
    rows.push(x | (y << 16), z, sum, viewBits);
  }
  return rows.toArray();
}

/** Yields the eligible voxels in order of pool address. */
export function* eligibleVoxels(pool: Pool, evidence: Evidence, sizeVoxels: Size3): Generator<PoolVoxel> {
  const sizeBricks = sizeInBricks(sizeVoxels);
  for (const [slot, brick] of pool.bricks.entries()) {
    const [bx, by, bz] = brickAt(sizeBricks, brick);
    for (let place = 0; place < BRICK_VOXELS; place++) {
      const sum = pool.words[slot * SLOT_WORDS + place]!;
      const viewBits = pool.words[slot * SLOT_WORDS + BRICK_VOXELS + place]!;
      if (sum < evidence.sumMin || viewCount(viewBits) < evidence.viewsMin) continue;
      const [x, y, z] = [8 * bx + (place >> 6), 8 * by + ((place >> 3) & 7), 8 * bz + (place & 7)];
      yield { address: slot * BRICK_VOXELS + place, x, y, z, sum, viewBits };
    }
  }
}
