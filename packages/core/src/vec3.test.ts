import { expect, test } from "bun:test";
import { add, cross, distance, dot, norm, normalize, scale, subtract } from "./vec3.ts";

test("Vectors add, subtract, scale and multiply as by hand", () => {
  expect(add([1, 2, 3], [10, 20, 30])).toEqual([11, 22, 33]);
  expect(subtract([1, 2, 3], [10, 20, 30])).toEqual([-9, -18, -27]);
  expect(scale([1, -2, 3], 2)).toEqual([2, -4, 6]);
  expect(dot([1, 2, 3], [4, 5, 6])).toBe(32);
  expect(cross([1, 0, 0], [0, 1, 0])).toEqual([0, 0, 1]);
  expect(cross([1, 2, 3], [4, 5, 6])).toEqual([-3, 6, -3]);
  expect(norm([2, 3, 6])).toBe(7);
  expect(distance([1, 1, 1], [3, 4, 7])).toBe(7);
});

test("Vector of length zero has no direction and stays as it is", () => {
  expect(normalize([0, 0, 0])).toEqual([0, 0, 0]);
  expect(normalize([0, 3, 4])).toEqual([0, 3 * (1 / 5), 4 * (1 / 5)]);
});
