import { expect, test } from "bun:test";
import { directRays } from "../../testing/material.ts";
import { castTiles, markTiles } from "./cast-tiles.ts";
import { cutRays } from "./refine.ts";
import { createPool } from "./select.ts";
import type { Tile } from "./tile.ts";

const SIZE = [4, 4, 4] as const;

/** One ray along x and one against y, which meet in voxel (1, 0, 0) of the grid. */
function crossing(tiles: readonly Tile[]) {
  const { rays, views } = directRays([0, [-3, 5 / 16, 0.5], [1, 0, 0], 5], [31, [1 + 7 / 16, 9, 0.5], [0, -1, 0], 7]);
  return { tiles, rays, segments: cutRays(rays, views, tiles, SIZE) };
}

test("Marks are by brick of all tiles", () => {
  // Level 3 has 16 voxels and 2 bricks a side: the first ray at y = 5, z = 8 in bricks (0, 0, 1) and (1, 0, 1), the other at x = 7 in
  // (0, 1, 1) and (0, 0, 1).
  const marks = new Uint32Array(9);
  markTiles(
    marks,
    crossing([
      { at: [0, 3, 3], level: 4, firstBrick: 0 },
      { at: [1, 0, 0], level: 3, firstBrick: 1 },
    ]),
  );
  expect([...marks]).toEqual([0, 0, 2 ** 31 + 1, 0, 2 ** 31, 0, 1, 0, 0]);
});

test("A tile gets weight and view bit along each segment, and only in its bricks with a slot", () => {
  const cut = crossing([
    { at: [0, 3, 3], level: 4, firstBrick: 0 },
    { at: [1, 0, 0], level: 3, firstBrick: 1 },
  ]);
  const pool = createPool(Uint32Array.of(2));
  castTiles(pool, cut);
  // In brick (0, 0, 1): voxels (0 … 7, 5, 0) of the first, (7, 7 … 0, 0) of the other, (7, 5, 0) of both; place = 64 x + 8 y.
  const expected = new Uint32Array(1024);
  for (let i = 0; i < 8; i++) {
    expected[64 * i + 8 * 5] = 5;
    expected[512 + 64 * i + 8 * 5] = 1;
    expected[64 * 7 + 8 * i] = 7;
    expected[512 + 64 * 7 + 8 * i] = 2 ** 31;
  }
  expected[64 * 7 + 8 * 5] = 12;
  expected[512 + 64 * 7 + 8 * 5] = 2 ** 31 + 1;
  expect(pool.words).toEqual(expected);
});

test("A ray goes on from tile to tile, whatever their levels", () => {
  const cut = crossing([
    { at: [1, 0, 0], level: 4, firstBrick: 0 },
    { at: [2, 0, 0], level: 3, firstBrick: 1 },
  ]);
  const pool = createPool(Uint32Array.of(0, 2, 6));
  castTiles(pool, cut);
  const sumsOf = (slot: number) => pool.words.subarray(1024 * slot, 1024 * slot + 512).reduce((all, sum) => all + sum);
  // 8 voxels of each ray in the first tile, 8 of the first ray in each of the two bricks that it crosses of the second.
  expect([0, 1, 2].map(sumsOf)).toEqual([8 * 5 + 8 * 7, 8 * 5, 8 * 5]);
});
