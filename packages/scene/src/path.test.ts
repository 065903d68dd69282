import { expect, test } from "bun:test";
import { distance, norm, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { circling, harmonicPath, hurry, type Path, stopAndGo, swinging, wandering } from "./path.ts";

const base = harmonicPath([1, 2, 3], [circling(10, 0.5, 0.3), swinging(2, 4, 0.9, 1), ...wandering([2, 2, 1], 6)]);
const paths: Record<string, Path> = {
  harmonic: base,
  "stop and go": stopAndGo(base, { periodS: 30, stopCount: 3 }),
  hurry: hurry(base, { periodS: 12, unevenness: 0.6 }),
};

for (const [name, path] of Object.entries(paths)) {
  test(`Path "${name}" has the velocity that its position shows`, () => {
    fc.assert(
      fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (tSeconds) => {
        const step = 1e-4;
        const before = path(tSeconds - step).positionEnuM;
        const after = path(tSeconds + step).positionEnuM;
        const slope = after.map((value, axis) => (value - (before[axis] ?? Number.NaN)) / (2 * step));
        const [e = 0, n = 0, u = 0] = slope;
        expect(distance([e, n, u], path(tSeconds).velocityEnuMps)).toBeLessThan(1e-5);
      }),
      { numRuns: 300 },
    );
  });
}

test("Path that circles starts north of east, keeps its radius and turns counter-clockwise", () => {
  const path = harmonicPath([0, 0, 5], [circling(10, Math.PI / 2, 0)]);
  expectClose(path(0).positionEnuM, [10, 0, 5]);
  expectClose(path(1).positionEnuM, [0, 10, 5]);
  expectClose(path(0).velocityEnuMps, [0, 5 * Math.PI, 0]);
});

test("Path that wanders stays within its amplitudes and differs by seed", () => {
  const path = harmonicPath([0, 0, 0], wandering([3, 2, 1], 8));
  for (let t = 0; t < 1000; t += 0.7) {
    const [e, n, u] = path(t).positionEnuM;
    expect(Math.abs(e)).toBeLessThanOrEqual(3);
    expect(Math.abs(n)).toBeLessThanOrEqual(2);
    expect(Math.abs(u)).toBeLessThanOrEqual(1);
  }
  expect(harmonicPath([0, 0, 0], wandering([3, 2, 1], 9))(5)).not.toEqual(path(5));
});

test("Path that stops rests at every leg and is slow for a quarter of the time", () => {
  const path = stopAndGo(harmonicPath([0, 0, 0], [circling(20, (2 * Math.PI) / 30, 0)]), { periodS: 30, stopCount: 3 });
  const cruiseMps = (20 * 2 * Math.PI) / 30;
  for (const rest of [0, 10, 20, 30]) expect(norm(path(rest).velocityEnuMps)).toBeLessThan(1e-9);
  let slow = 0;
  for (let i = 0; i < 1000; i++) if (norm(path(i * 0.03).velocityEnuMps) < 0.1 * cruiseMps) slow++;
  expect(slow).toBeGreaterThan(250);
  // A whole period ends where it began.
  expectClose(path(30).positionEnuM, path(0).positionEnuM);
});

test("Path that hurries is fastest at the start of its period and slowest in the middle", () => {
  const circle = harmonicPath([0, 0, 0], [circling(10, 1, 0)]);
  const path = hurry(circle, { periodS: 8, unevenness: 0.5 });
  expect(norm(path(0).velocityEnuMps)).toBeCloseTo(15, 9);
  expect(norm(path(4).velocityEnuMps)).toBeCloseTo(5, 9);
  expect(norm(path(8).velocityEnuMps)).toBeCloseTo(15, 9);
});

function expectClose(actual: Vec3, expected: Vec3): void {
  expect(distance(actual, expected)).toBeLessThan(1e-9);
}
