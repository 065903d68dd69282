import { expect, test } from "bun:test";
import {
  eigenSymmetric3,
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

test("Eigenvalues of a matrix worked by hand", () => {
  // [[2, 1, 0], [1, 2, 0], [0, 0, 5]] has the eigenvalues 1, 3 and 5.
  const { values } = eigenSymmetric3([2, 1, 0, 2, 0, 5]);
  expect([...values].sort((a, b) => a - b).map((value) => Number(value.toFixed(12)))).toEqual([1, 3, 5]);
});

test("Eigenvectors satisfy A v = λ v and keep the trace for many matrices", () => {
  let x = 7;
  const next = (): number => {
    x = (x * 48271) % 2147483647;
    return x / 2147483647 - 0.5;
  };
  for (let round = 0; round < 300; round++) {
    const upper = Array.from({ length: 6 }, () => next() * 10 ** Math.round(next() * 6));
    const [ee = 0, en = 0, eu = 0, nn = 0, nu = 0, uu = 0] = upper;
    const full = [ee, en, eu, en, nn, nu, eu, nu, uu];
    const { values, vectors } = eigenSymmetric3(upper);
    const scale = Math.max(...upper.map(Math.abs));
    expect(Math.abs(values[0] + values[1] + values[2] - ee - nn - uu)).toBeLessThan(1e-12 * scale);
    for (let k = 0; k < 3; k++) {
      for (let i = 0; i < 3; i++) {
        let product = 0;
        for (let j = 0; j < 3; j++) product += (full[3 * i + j] ?? 0) * (vectors[3 * j + k] ?? 0);
        expect(Math.abs(product - (values[k] ?? 0) * (vectors[3 * i + k] ?? 0))).toBeLessThan(1e-12 * scale);
      }
    }
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

test("No ellipsoid is made of what is no covariance", () => {
  expect(ellipsoidOf([1, 0, 0, -1, 0, 1])).toBeNull();
  expect(ellipsoidOf([0, 0, 0, 0, 0, 0])).toBeNull();
  expect(ellipsoidOf([Number.NaN, 0, 0, 1, 0, 1])).toBeNull();
  expect(ellipsoidOf([1, 0, 1])).toBeNull();
});
