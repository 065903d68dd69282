import { expect, test } from "bun:test";
import { brickAt, brickIndex, sizeInBricks, viewCount, voxelInBrick } from "./brick.ts";

test("A grid has a brick for every 8 voxels begun", () => {
  expect(sizeInBricks([1, 8, 9])).toEqual([1, 1, 2]);
  expect(sizeInBricks([2047, 16, 17])).toEqual([256, 2, 3]);
});

test("Brick indices run fastest along z and come back as coordinates", () => {
  const sizeBricks = [3, 4, 5] as const;
  expect(brickIndex(sizeBricks, 0, 0, 4)).toBe(4);
  expect(brickIndex(sizeBricks, 0, 1, 0)).toBe(5);
  expect(brickIndex(sizeBricks, 2, 3, 4)).toBe(59);
  expect(brickAt(sizeBricks, 59)).toEqual([2, 3, 4]);
  expect(brickAt(sizeBricks, 25)).toEqual([1, 1, 0]);
});

test("Voxels of a brick run fastest along z", () => {
  expect(voxelInBrick(8, 16, 25)).toBe(1);
  expect(voxelInBrick(1, 2, 3)).toBe(64 + 16 + 3);
  expect(voxelInBrick(7, 15, 23)).toBe(511);
});

test("View bits count to 32", () => {
  expect([0, 1, 0x8000_0001, 0xffff_ffff, -1].map(viewCount)).toEqual([0, 1, 2, 32, 32]);
});
