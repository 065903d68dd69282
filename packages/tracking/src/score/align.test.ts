import { expect, test } from "bun:test";
import { mat3FromQuaternion, quaternionFromAxisAngle, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { apply, fitAlignment } from "./align.ts";

const corner: readonly Vec3[] = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 2, 0],
  [0, 0, 3],
];

test("Alignment finds a quarter turn about the vertical with a shift", () => {
  // East goes to north: (e, n, u) becomes (-n, e, u) + (10, 20, 30).
  const moved = corner.map(([e, n, u]): Vec3 => [10 - n, 20 + e, 30 + u]);
  const found = fitAlignment(corner, moved, "rigid");
  expect(found.shiftM.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([10, 20, 30]);
  for (const [index, value] of [0, -1, 0, 1, 0, 0, 0, 0, 1].entries())
    expect(found.rotation[index]).toBeCloseTo(value, 12);
});

test("Rigid alignment keeps the scale, similarity finds it", () => {
  const doubled = corner.map(([e, n, u]): Vec3 => [2 * e, 2 * n, 2 * u]);
  expect(fitAlignment(corner, doubled, "rigid").scale).toBe(1);
  expect(fitAlignment(corner, doubled, "similarity").scale).toBeCloseTo(2, 12);
});

test("Alignment never mirrors", () => {
  const mirrored = corner.map(([e, n, u]): Vec3 => [e, n, -u]);
  const { rotation: r } = fitAlignment(corner, mirrored, "similarity");
  const determinant =
    r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
  expect(determinant).toBeCloseTo(1, 12);
});

test("Alignment of points on a line, of one point and of none", () => {
  const line: Vec3[] = [
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 0],
  ];
  const turned: Vec3[] = [
    [5, 0, 0],
    [5, 0, 1],
    [5, 0, 2],
  ];
  const found = fitAlignment(line, turned, "similarity");
  for (const [index, point] of line.entries())
    for (const axis of [0, 1, 2] as const) expect(apply(found, point)[axis]).toBeCloseTo(turned[index]![axis], 9);
  expect(fitAlignment([[1, 2, 3]], [[4, 4, 4]], "similarity")).toMatchObject({ scale: 1, shiftM: [3, 2, 1] });
  expect(() => fitAlignment([], [], "rigid")).toThrow("at least one pair");
});

test("Alignment undoes any turn, shift and scale", () => {
  const unit = fc.double({ min: -1, max: 1, noNaN: true });
  const vector = fc.tuple(unit, unit, unit);
  fc.assert(
    fc.property(
      vector.filter((axis) => Math.hypot(...axis) > 0.1),
      fc.double({ min: -3.1, max: 3.1, noNaN: true }),
      fc.double({ min: 0.2, max: 5, noNaN: true }),
      vector,
      (axis, angleRad, scale, shiftM) => {
        const truth = { scale, shiftM, rotation: mat3FromQuaternion(quaternionFromAxisAngle(axis, angleRad)) };
        const moved = corner.map((point) => apply(truth, point));
        const found = fitAlignment(corner, moved, "similarity");
        expect(found.scale).toBeCloseTo(scale, 9);
        for (const [index, point] of corner.entries())
          for (const k of [0, 1, 2] as const) expect(apply(found, point)[k]).toBeCloseTo(moved[index]![k], 8);
      },
    ),
    { numRuns: 100, seed: 9 },
  );
});
