import { expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionError } from "./assert.ts";
import { decomposeSymmetric3 } from "./eigen3.ts";
import { type Mat3, transform3 } from "./mat.ts";
import { cross, distance, dot, scale } from "./vec3.ts";

test("Eigen decomposition of a worked matrix has its known values and axes", () => {
  // [[2, 1, 0], [1, 2, 0], [0, 0, 5]]: 5 along z, 3 along (1, 1, 0), 1 along (1, -1, 0).
  const { values, axes } = decomposeSymmetric3([2, 1, 0, 1, 2, 0, 0, 0, 5]);
  expect(distance(values, [5, 3, 1])).toBeLessThan(1e-14);
  expect(Math.abs(axes[0][2])).toBeCloseTo(1, 14);
  expect(Math.abs(dot(axes[1], [Math.SQRT1_2, Math.SQRT1_2, 0]))).toBeCloseTo(1, 14);
  expect(Math.abs(dot(axes[2], [Math.SQRT1_2, -Math.SQRT1_2, 0]))).toBeCloseTo(1, 14);
});

test("Eigen decomposition of a diagonal matrix sorts it, largest first", () => {
  const { values, axes } = decomposeSymmetric3([1, 0, 0, 0, -4, 0, 0, 0, 9]);
  expect(values).toEqual([9, 1, -4]);
  expect(axes[0]).toEqual([0, 0, 1]);
});

test("Eigen decomposition of zero and of a multiple of one keeps unit axes", () => {
  for (const value of [0, 7]) {
    const { values, axes } = decomposeSymmetric3([value, 0, 0, 0, value, 0, 0, 0, value]);
    expect(values).toEqual([value, value, value]);
    expect(Math.abs(dot(axes[0], cross(axes[1], axes[2])) - 1)).toBeLessThan(1e-14);
  }
});

test("Eigen decomposition satisfies A v = lambda v with right-handed unit axes, also for scales from 1e-9 to 1e9", () => {
  const entry = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(entry, entry, entry, entry, entry, entry), fc.integer({ min: -9, max: 9 }), (e, exponent) => {
      const size = 10 ** exponent;
      const [a, b, c, d, f, g] = e;
      const m: Mat3 = [a * size, b * size, c * size, b * size, d * size, f * size, c * size, f * size, g * size];
      const { values, axes } = decomposeSymmetric3(m);
      for (const [index, axis] of axes.entries()) {
        expect(distance(transform3(m, axis), scale(axis, values[index] ?? Number.NaN))).toBeLessThan(1e-14 * 10 * size);
      }
      expect(distance(cross(axes[0], axes[1]), axes[2])).toBeLessThan(1e-13);
      expect(Math.abs(dot(axes[0], axes[1]))).toBeLessThan(1e-14);
      expect(values[0] >= values[1] && values[1] >= values[2]).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("Eigen decomposition refuses a matrix that is not finite", () => {
  expect(() => decomposeSymmetric3([Number.NaN, 0, 0, 0, 1, 0, 0, 0, 1])).toThrow(AssertionError);
});
