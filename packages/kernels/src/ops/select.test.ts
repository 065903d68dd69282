import { expect, test } from "bun:test";
import { createPool, selectBricks } from "./select.ts";

test("Select lists bricks that enough views marked, in brick order", () => {
  const marks = Uint32Array.of(0b1, 0b110, 0, 0x8000_0001, 0b111, 0xffff_ffff);
  expect([...selectBricks(marks, 1)]).toEqual([0, 1, 3, 4, 5]);
  expect([...selectBricks(marks, 2)]).toEqual([1, 3, 4, 5]);
  expect([...selectBricks(marks, 3)]).toEqual([4, 5]);
  expect([...selectBricks(marks, 32)]).toEqual([5]);
});

test("A pool has an empty slot per brick, in the given order", () => {
  const pool = createPool(Uint32Array.of(4, 9));
  expect([pool.slotOfBrick.get(4), pool.slotOfBrick.get(9), pool.slotOfBrick.get(5)]).toEqual([0, 1, undefined]);
  expect(pool.words).toHaveLength(2048);
  expect(pool.words.every((word) => word === 0)).toBe(true);
});
