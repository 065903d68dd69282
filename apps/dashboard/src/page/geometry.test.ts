import { expect, test } from "bun:test";
import {
  ellipseFromAbove,
  ellipsoidOf,
  type Point,
  pixelAtDepth,
  projectToPixel,
  SIGMAS_OF_95_PERCENT,
  type SiteCamera,
} from "./geometry.ts";

/** At 2 m above the origin, looking north: right is east, down is down. */
const NORTHWARD: SiteCamera = {
  id: "a",
  positionM: [0, 0, 2],
  cameraFromEnu: [1, 0, 0, 0, 0, -1, 0, 1, 0],
  intrinsics: { widthPx: 200, heightPx: 100, fxPx: 100, fyPx: 120, cxPx: 99.5, cyPx: 49.5 },
  source: "scene",
};

test("Projection puts a point east of the axis to the right and a higher one further up", () => {
  // 100 m ahead, 10 m east, 5 m above the camera: u = 99.5 + 100 * 10/100, v = 49.5 - 120 * 5/100.
  expect(projectToPixel(NORTHWARD, [10, 100, 7])).toEqual([109.5, 43.5]);
});

test("Projection gives nothing behind the camera or in its plane", () => {
  expect(projectToPixel(NORTHWARD, [0, -1, 2])).toBeNull();
  expect(projectToPixel(NORTHWARD, [1, 0, 2])).toBeNull();
});

test("A pixel at a depth projects back to itself", () => {
  for (const [u, v, depthM] of [
    [0, 0, 1],
    [199, 99, 250],
    [12.25, 80.5, 33],
  ] as const) {
    const back = projectToPixel(NORTHWARD, pixelAtDepth(NORTHWARD, u, v, depthM));
    expect(back?.[0]).toBeCloseTo(u, 9);
    expect(back?.[1]).toBeCloseTo(v, 9);
  }
});

test("The 95 % ellipsoid reaches 2.795 sigma along each axis", () => {
  // Chi-square with three degrees of freedom: 7.815 at 95 % (NIST/SEMATECH e-Handbook, table 1.3.6.7.4).
  expect(SIGMAS_OF_95_PERCENT ** 2).toBeCloseTo(7.815, 3);
  const axes = ellipsoidOf([4, 0, 0, 1, 0, 0.25]);
  const lengths = axes?.map((axis: Point) => Math.hypot(...axis));
  for (const [i, sigma] of [2, 1, 0.5].entries()) expect(lengths?.[i]).toBeCloseTo(sigma * SIGMAS_OF_95_PERCENT, 12);
});

test("The ellipsoid of a covariance along a diagonal points along it", () => {
  // Variance 2 along (1, 1, 0)/√2, none across in the plane, 1 up.
  const axes = ellipsoidOf([1, 1, 0, 1, 0, 1]) ?? [];
  const longest = [...axes].sort((a, b) => Math.hypot(...b) - Math.hypot(...a))[0];
  expect(Math.abs(longest?.[0] ?? 0)).toBeCloseTo(SIGMAS_OF_95_PERCENT, 9);
  expect(Math.abs(longest?.[1] ?? 0)).toBeCloseTo(SIGMAS_OF_95_PERCENT, 9);
  expect(longest?.[2]).toBeCloseTo(0, 9);
});

test("An ellipsoid from above is the ellipse of its shadow", () => {
  // Half axes 5 along (4, 3, 0)/5, 2 across it, 1 up: the shadow is the plane's own ellipse, turned by atan(3/4).
  const lying = ellipseFromAbove([
    [4, 3, 0],
    [-1.2, 1.6, 0],
    [0, 0, 1],
  ]);
  expect([lying.longM, lying.shortM, lying.angleRad].map((value) => Number(value.toFixed(12)))).toEqual([
    5,
    2,
    Number(Math.atan(3 / 4).toFixed(12)),
  ]);
  // A needle of 2 that leans at 60 degrees to the ground, eastward: 1 long from above, no width.
  const leaning = ellipseFromAbove([
    [1, 0, Math.sqrt(3)],
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(leaning.longM).toBeCloseTo(1, 12);
  expect(leaning.shortM).toBe(0);
});

test("No ellipsoid is made of what is no covariance", () => {
  expect(ellipsoidOf([1, 0, 0, -1, 0, 1])).toBeNull();
  expect(ellipsoidOf([0, 0, 0, 0, 0, 0])).toBeNull();
  expect(ellipsoidOf([Number.NaN, 0, 0, 1, 0, 1])).toBeNull();
  expect(ellipsoidOf([1, 0, 1])).toBeNull();
});
