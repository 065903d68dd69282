import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  distort,
  type Intrinsics,
  isBeforeFold,
  isInFrame,
  isUndistorted,
  project,
  projectOptical,
  undistort,
  unproject,
} from "./camera-model.ts";
import { lookAt } from "./pose.ts";
import { add, distance, dot, normalize, scale, subtract, type Vec3 } from "./vec3.ts";

const ideal: Intrinsics = {
  widthPx: 640,
  heightPx: 480,
  fxPx: 500,
  fyPx: 510,
  cxPx: 319.5,
  cyPx: 239.5,
  distortion: [0, 0, 0, 0, 0],
};

test("Camera projects the optical axis to the principal point, right to larger u and down to larger v", () => {
  expect(projectOptical(ideal, [0, 0, 3])).toEqual([319.5, 239.5]);
  // 1 m right at 10 m: 500 / 10 px; 1 m down: 510 / 10 px.
  expect(projectOptical(ideal, [1, 1, 10])).toEqual([369.5, 290.5]);
});

test("Camera looking north sees east on the right and up above", () => {
  const pose = lookAt({ cameraInEnuM: [10, 20, 2], targetEnuM: [10, 120, 2] });
  expect(project(ideal, pose, [11, 30, 2])).toEqual([369.5, 239.5]);
  expect(project(ideal, pose, [10, 30, 3])).toEqual([319.5, 188.5]);
  expect(project(ideal, pose, [10, 10, 2])).toBeNull();
  expect(project(ideal, pose, [10, 20, 2])).toBeNull();
});

test("Camera bends as OpenCV's calib3d does, each coefficient by hand", () => {
  const bend = (distortion: Intrinsics["distortion"]) => distort({ ...ideal, distortion }, 0.5, -0.25);
  // r² = 0.25 + 0.0625 = 0.3125, r⁴ = 0.09765625, r⁶ = 0.030517578125.
  expectPair(bend([0.1, 0, 0, 0, 0]), [0.5 * 1.03125, -0.25 * 1.03125]);
  expectPair(bend([0, 0.1, 0, 0, 0]), [0.5 * 1.009765625, -0.25 * 1.009765625]);
  expectPair(bend([0, 0, 0, 0, 0.1]), [0.5 * 1.0030517578125, -0.25 * 1.0030517578125]);
  // p1: x += 2 p1 x y, y += p1 (r² + 2 y²). p2: x += p2 (r² + 2 x²), y += 2 p2 x y.
  expectPair(bend([0, 0, 0.1, 0, 0]), [0.5 - 0.025, -0.25 + 0.1 * 0.4375]);
  expectPair(bend([0, 0, 0, 0.1, 0]), [0.5 + 0.1 * 0.8125, -0.25 - 0.025]);
});

test("Camera without coefficients is undistorted", () => {
  expect(isUndistorted(ideal)).toBe(true);
  expect(isUndistorted({ ...ideal, distortion: [0, 0, 0, 1e-9, 0] })).toBe(false);
  expect(undistort(ideal, 3, -4)).toEqual([3, -4]);
});

test("Camera refuses directions past the fold of a barrel lens, which would come back into the image", () => {
  // x' = x (1 - 0.2 r²): slope 1 - 0.6 r² is zero at r = 1.29099, where x' = 0.86066.
  const barrel: Intrinsics = { ...ideal, distortion: [-0.2, 0, 0, 0, 0] };
  const fold = Math.sqrt(1 / 0.6);
  expect(projectOptical(barrel, [fold - 1e-6, 0, 1])).not.toBeNull();
  expect(projectOptical(barrel, [fold + 1e-6, 0, 1])).toBeNull();
  // At r = 2 the polynomial gives 0.4: well inside the image, and wrong.
  expect(projectOptical(barrel, [2, 0, 1])).toBeNull();
  expect(projectOptical(barrel, [0, 5, 1])).toBeNull();
  expect(undistort(barrel, 0.87, 0)).toBeNull();
  expect(undistort(barrel, 0.86, 0)).not.toBeNull();
});

test("Camera refuses directions past a fold that a higher coefficient unfolds again", () => {
  // slope = 1 - 2 s + 0.5 s² (k1 = -2/3, k2 = 0.1) is negative for s = r² in (0.586, 3.414) and positive beyond.
  const wavy: Intrinsics = { ...ideal, distortion: [-2 / 3, 0.1, 0, 0, 0] };
  expect(isBeforeFold(wavy, Math.sqrt(0.58), 0)).toBe(true);
  expect(isBeforeFold(wavy, Math.sqrt(0.6), 0)).toBe(false);
  expect(isBeforeFold(wavy, 0, Math.sqrt(4))).toBe(false);
  // With k3: slope = (1 - s)² (1 + s) = 1 - s - s² + s³ touches zero at s = 1 and is positive on both sides.
  const touching: Intrinsics = { ...ideal, distortion: [-1 / 3, -1 / 5, 0, 0, 1 / 7] };
  expect(isBeforeFold(touching, 0.99, 0)).toBe(true);
  const dipping: Intrinsics = { ...ideal, distortion: [-1 / 3, -1 / 5, 0, 0, 0.99 / 7] };
  expect(isBeforeFold(dipping, Math.sqrt(1.5), 0)).toBe(false);
  // The same with a little more k3 never folds.
  const rising: Intrinsics = { ...ideal, distortion: [-1 / 3, -1 / 5, 0, 0, 1.01 / 7] };
  expect(isBeforeFold(rising, 3, 0)).toBe(true);
});

test("Camera agrees with a slow search for the first fold along a radius", () => {
  const coefficient = fc.double({ min: -0.5, max: 0.5, noNaN: true });
  fc.assert(
    fc.property(
      coefficient,
      coefficient,
      coefficient,
      fc.double({ min: 0.01, max: 2, noNaN: true }),
      (k1, k2, k3, r) => {
        const lens: Intrinsics = { ...ideal, distortion: [k1, k2, 0, 0, k3] };
        let slopeMin = Number.POSITIVE_INFINITY;
        for (let i = 0; i <= 1000; i++) {
          const s = (r * r * i) / 1000;
          slopeMin = Math.min(slopeMin, 1 + 3 * k1 * s + 5 * k2 * s * s + 7 * k3 * s * s * s);
        }
        // A grid cannot decide where the slope merely touches zero, nor where the bent radius itself crosses zero at the end.
        fc.pre(Math.abs(slopeMin) > 1e-3);
        expect(isBeforeFold(lens, r, 0)).toBe(slopeMin > 0);
      },
    ),
    { numRuns: 500 },
  );
});

test("Camera direction survives the round trip through its pixel wherever it has one", () => {
  const lens = fc.tuple(
    fc.double({ min: -0.35, max: 0.2, noNaN: true }),
    fc.double({ min: -0.1, max: 0.1, noNaN: true }),
    fc.double({ min: -0.002, max: 0.002, noNaN: true }),
    fc.double({ min: -0.002, max: 0.002, noNaN: true }),
    fc.double({ min: -0.02, max: 0.02, noNaN: true }),
  );
  const slope = fc.double({ min: -0.9, max: 0.9, noNaN: true });
  const metres = fc.double({ min: -100, max: 100, noNaN: true });
  const aim = fc.tuple(metres, metres, fc.double({ min: -100, max: 100, noNaN: true }));
  fc.assert(
    fc.property(
      lens,
      slope,
      slope,
      aim,
      fc.double({ min: 1, max: 5000, noNaN: true }),
      (distortion, x, y, target, rangeM) => {
        fc.pre(Math.hypot(...target) > 1);
        const intrinsics: Intrinsics = { ...ideal, distortion };
        const pose = lookAt({ cameraInEnuM: [3, -4, 5], targetEnuM: add([3, -4, 5], target) });
        const m = pose.cameraFromEnu;
        const direction: Vec3 = [m[0] * x + m[3] * y + m[6], m[1] * x + m[4] * y + m[7], m[2] * x + m[5] * y + m[8]];
        const point = add(pose.cameraInEnuM, scale(normalize(direction), rangeM));
        const pixel = project(intrinsics, pose, point);
        // Right before the fold the way back loses half its digits: leave a margin of 1 %.
        fc.pre(isBeforeFold(intrinsics, x * 1.01, y * 1.01));
        expect(pixel).not.toBeNull();
        const back = pixel && unproject(intrinsics, pose, pixel);
        expect(back).not.toBeNull();
        expect(distance(back ?? [0, 0, 0], normalize(subtract(point, pose.cameraInEnuM)))).toBeLessThan(1e-10);
      },
    ),
    { numRuns: 1000 },
  );
});

test("Camera frame reaches half a pixel past the outermost centres", () => {
  expect(isInFrame(ideal, [-0.5, -0.5])).toBe(true);
  expect(isInFrame(ideal, [639.49, 479.49])).toBe(true);
  expect(isInFrame(ideal, [639.5, 0])).toBe(false);
  expect(isInFrame(ideal, [0, -0.51])).toBe(false);
});

test("Camera aimed straight up points image x east and keeps a right-handed frame", () => {
  const pose = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 0, 9] });
  expect(project(ideal, pose, [1, 0, 10])?.[0]).toBeCloseTo(369.5, 9);
  const m = pose.cameraFromEnu;
  expect(dot([m[0], m[1], m[2]], [m[3], m[4], m[5]])).toBe(0);
  // Found by the round-trip property: a ten-billionth off the vertical, east is not square to the axis by itself.
  const leaning = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [-1e-10, 0, 1] });
  const n = leaning.cameraFromEnu;
  expect(Math.abs(dot([n[0], n[1], n[2]], [n[6], n[7], n[8]]))).toBeLessThan(1e-16);
});

function expectPair(actual: readonly [number, number], expected: readonly [number, number]): void {
  expect(actual[0]).toBeCloseTo(expected[0], 14);
  expect(actual[1]).toBeCloseTo(expected[1], 14);
}
