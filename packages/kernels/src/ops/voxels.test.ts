import { expect, test } from "bun:test";
import { createPool } from "./select.ts";
import { listTileVoxels, listVoxels } from "./voxels.ts";

test("Voxels are listed by slot, then by place in the brick, with their coordinates", () => {
  // A grid of 8 by 20 by 8 has three bricks along y; the first has no slot.
  const pool = createPool(Uint32Array.of(1, 2));
  pool.words.set([40], 1024 + 64 + 3);
  pool.words.set([0b101], 1024 + 512 + 64 + 3);
  pool.words.set([41], 8);
  pool.words.set([2 ** 31], 512 + 8);
  // Slot 0, place 8: brick (0, 1, 0), voxel (0, 1, 0) in it. Slot 1, place 67: brick (0, 2, 0), voxel (1, 0, 3).
  const rows = listVoxels(pool, { viewsMin: 1, sumMin: 1 }, [8, 20, 8]);
  expect([...rows]).toEqual([0 | (9 << 16), 0, 41, 2 ** 31, 1 | (16 << 16), 3, 40, 5]);
});

test("Voxels need enough views and enough of a sum", () => {
  const pool = createPool(Uint32Array.of(0));
  pool.words.set([10, 11, 12]);
  pool.words.set([0b11, 0b11, 0b1], 512);
  const sums = (viewsMin: number, sumMin: number) => {
    const rows = listVoxels(pool, { viewsMin, sumMin }, [8, 8, 8]);
    return [...rows].filter((_, i) => i % 4 === 2);
  };
  expect(sums(1, 1)).toEqual([10, 11, 12]);
  expect(sums(2, 11)).toEqual([11]);
  expect(sums(1, 12)).toEqual([12]);
  expect(sums(3, 1)).toEqual([]);
});

test("Voxels of tiles are listed by tile, with their place in it", () => {
  // The second tile is of level 0, 16 bricks a side: its brick 4095 is the last, and place 83 in it is (121, 122, 123).
  const tiles = [
    { at: [3, 4, 5], level: 4, firstBrick: 0 },
    { at: [9, 9, 9], level: 0, firstBrick: 1 },
  ] as const;
  const pool = createPool(Uint32Array.of(0, 4096));
  pool.words.set([40], 83);
  pool.words.set([0b11], 512 + 83);
  pool.words.set([41], 1024 + 83);
  pool.words.set([0b101], 1024 + 512 + 83);
  const rows = listTileVoxels(pool, { viewsMin: 2, sumMin: 1 }, tiles);
  const [inFirst, inSecond] = [(1 << 14) + (2 << 7) + 3, (121 << 14) + (122 << 7) + 123];
  expect([...rows]).toEqual([0, inFirst, 40, 3, 1, inSecond, 41, 5]);
});
