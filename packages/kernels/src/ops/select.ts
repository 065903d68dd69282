/**
 * Op `select`: the bricks that enough views agree on, each given a slot of voxels.
 *
 * Input: the marks of the grid, viewsMin 1 … 32.
 * Table "bricks": rows of 1 word, the index of each brick marked by at least viewsMin views, ascending. The row number is its slot.
 * Only the first `bricksMax` get a slot; `total` counts all, and `bricksOverflow` is set where they differ.
 * The slots' sums and view bits are zeroed (table "pool", `cast.ts`).
 */
import { viewCount } from "./brick.ts";

/** The voxels of the selected bricks. */
export interface Pool {
  /** Brick index by slot. */
  readonly bricks: Uint32Array;
  readonly slotOfBrick: ReadonlyMap<number, number>;
  /** `[slots, 1024]` uint32: 512 sums, then 512 words of view bits. */
  readonly words: Uint32Array;
}

/** Words of one slot, a row of table "pool". */
export const SLOT_WORDS = 1024;

/** Returns the indices of all bricks marked by at least `viewsMin` views, ascending, past any limit too. */
export function selectBricks(marks: Uint32Array, viewsMin: number): Uint32Array {
  const bricks: number[] = [];
  for (const [brick, bits] of marks.entries()) if (viewCount(bits) >= viewsMin) bricks.push(brick);
  return Uint32Array.from(bricks);
}

/** Returns an empty slot for each of the given bricks. */
export function createPool(bricks: Uint32Array): Pool {
  const slotOfBrick = new Map<number, number>();
  for (const [slot, brick] of bricks.entries()) slotOfBrick.set(brick, slot);
  return { bricks, slotOfBrick, words: new Uint32Array(bricks.length * SLOT_WORDS) };
}
