import { expect, test } from "bun:test";
import { walkersOf } from "./walkers.ts";

test("Few rays have a thread for every layer of bricks of the longest side", () => {
  // 33 layers; 1,000 rays take 33,000 threads of 64.
  expect(walkersOf(1000, [8, 257, 16])).toEqual({ params: [1000, 8, 257, 16, 1], groups: 516 });
});

test("Rays are cut no finer than fills the device, into pieces that are all used", () => {
  // 2^18 / 20,000 is 14 pieces of 250 layers: 18 layers each, and 14 such pieces.
  expect(walkersOf(20_000, [2000, 2000, 2000])).toEqual({ params: [20_000, 2000, 2000, 2000, 18], groups: 4375 });
  // 2^18 / 30,000 is 9 pieces of 10 layers: with 2 layers each, 5 are enough.
  expect(walkersOf(30_000, [80, 80, 80])).toEqual({ params: [30_000, 80, 80, 80, 2], groups: 2344 });
});

test("Many rays are walked whole, and none by nobody", () => {
  expect(walkersOf(2 ** 18, [2047, 1, 1])).toEqual({ params: [2 ** 18, 2047, 1, 1, 256], groups: 4096 });
  expect(walkersOf(0, [8, 8, 8]).groups).toBe(0);
});
