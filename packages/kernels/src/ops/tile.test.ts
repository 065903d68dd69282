import { expect, test } from "bun:test";
import { type Tile, tileBox, tileBrickCount, tileVoxelAt } from "./tile.ts";

test("A tile halves its edge with every level", () => {
  expect([0, 1, 2, 3, 4].map((level) => tileBox({ level, firstBrick: 0 }).sizeVoxels[0])).toEqual([128, 64, 32, 16, 8]);
  expect([0, 1, 2, 3, 4].map(tileBrickCount)).toEqual([4096, 512, 64, 8, 1]);
});

test("Finer voxels are found by the number of their brick among all tiles", () => {
  const tiles: Tile[] = [
    { at: [5, 5, 5], level: 4, firstBrick: 0 },
    { at: [5, 5, 6], level: 3, firstBrick: 1 },
    { at: [9, 0, 0], level: 0, firstBrick: 9 },
  ];
  // Place 83 is (1, 2, 3) of a brick.
  expect(tileVoxelAt(tiles, 0, 83)).toEqual({ tile: 0, inTile: [1, 2, 3] });
  // The second tile has 2 bricks a side: its brick 5 is (1, 0, 1).
  expect(tileVoxelAt(tiles, 1, 0)).toEqual({ tile: 1, inTile: [0, 0, 0] });
  expect(tileVoxelAt(tiles, 1 + 5, 83)).toEqual({ tile: 1, inTile: [9, 2, 11] });
  // The third has 16 a side: its brick 4095 is the last.
  expect(tileVoxelAt(tiles, 9 + 4095, 511)).toEqual({ tile: 2, inTile: [127, 127, 127] });
});
