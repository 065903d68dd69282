import { expect, test } from "bun:test";
import { directRays } from "../../testing/material.ts";
import { castRays } from "./cast.ts";
import { castDense } from "./cast-dense.ts";
import { createPool } from "./select.ts";

/** Words of a pool that are not zero, as `[slot, place, word]`; places 512 … 1023 are view bits. */
function filled(words: Uint32Array): [number, number, number][] {
  return [...words.entries()].filter(([, word]) => word !== 0).map(([i, word]) => [i >> 10, i & 1023, word]);
}

test("Cast adds weight and view bit where two rays cross", () => {
  const { rays, views } = directRays([0, [-3, 1.5, 0.5], [1, 0, 0], 5], [31, [2.5, 9, 0.5], [0, -1, 0], 7]);
  const pool = createPool(Uint32Array.of(0));
  castRays(pool, rays, views, [3, 2, 1]);
  // Voxels (0, 1), (1, 1), (2, 1) of the first ray and (2, 1), (2, 0) of the second; place = 64 x + 8 y.
  const sums = [
    [0, 8, 5],
    [0, 72, 5],
    [0, 128, 7],
    [0, 136, 12],
  ];
  const bits = [
    [0, 520, 1],
    [0, 584, 1],
    [0, 640, 2 ** 31],
    [0, 648, 2 ** 31 + 1],
  ];
  expect(filled(pool.words)).toEqual([...sums, ...bits] as [number, number, number][]);
});

test("Cast adds only in bricks with a slot, and crosses the others", () => {
  const { rays, views } = directRays([1, [0.5, 0.5, 0.5], [0, 0, 1], 3]);
  // Bricks 0, 1, 2 along z; slots for 2 and 0.
  const pool = createPool(Uint32Array.of(0, 2));
  castRays(pool, rays, views, [8, 8, 17]);
  const along = [0, 1, 2, 3, 4, 5, 6, 7].map((z) => [0, z, 3]);
  expect(filled(pool.words).filter(([, place]) => place < 512)).toEqual([...along, [1, 0, 3]] as [
    number,
    number,
    number,
  ][]);
});

test("Cast sees a voxel of weight zero", () => {
  const { rays, views } = directRays([4, [0.5, 0.5, 0.5], [0, 0, 1], 0]);
  const pool = createPool(Uint32Array.of(0));
  castRays(pool, rays, views, [1, 1, 1]);
  expect(filled(pool.words)).toEqual([[0, 512, 16]]);
});

test("Cast twice adds twice", () => {
  const { rays, views } = directRays([0, [0.5, 0.5, 0.5], [0, 0, 1], 2 ** 31 + 1]);
  const pool = createPool(Uint32Array.of(0));
  for (let i = 0; i < 2; i++) castRays(pool, rays, views, [1, 1, 1]);
  // Modulo 2^32, as the op says.
  expect(pool.words[0]).toBe(2);
  expect(rays.count).toBe(1);
});

test("Dense casting adds weight to every voxel crossed and uses the rays up", () => {
  const { rays, views } = directRays([0, [-3, 1.5, 0.5], [1, 0, 0], 5], [31, [2.5, 9, 0.5], [0, -1, 0], 7]);
  const sums = new Uint32Array(3 * 2);
  castDense(sums, rays, views, [3, 2, 1]);
  expect([...sums]).toEqual([0, 5, 0, 5, 7, 12]);
  expect([rays.count, rays.weightTotal]).toEqual([0, 12]);
});
