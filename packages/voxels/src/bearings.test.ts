import { expect, test } from "bun:test";
import { createPrng, normalize, subtract, type Vec3 } from "@skyvox/core";
import { type Bearing, chiSquareLimit, meetBearings, squaredResidual } from "./bearings.ts";

const weakPrior = { positionEnuM: [0, 0, 0] as const, sigmaM: 1e6 };

test("Two bearings at right angles fix a point as worked by hand", () => {
  // Along x through (0, 1, 2) and along y through (3, 0, 4): x = 3, y = 1, z midway; z is known twice as well.
  const bearings: Bearing[] = [
    { originEnuM: [-9, 1, 2], direction: [1, 0, 0], sigmaM: 0.2 },
    { originEnuM: [3, -9, 4], direction: [0, 1, 0], sigmaM: 0.2 },
  ];
  const { positionEnuM, covarianceM2 } = meetBearings(bearings, weakPrior);
  for (const [axis, wanted] of [3, 1, 3].entries()) expect(positionEnuM[axis]).toBeCloseTo(wanted, 6);
  for (const [k, wanted] of [0.04, 0, 0, 0, 0.04, 0, 0, 0, 0.02].entries())
    expect(covarianceM2[k]).toBeCloseTo(wanted, 9);
  // Each misses by 1 m in z: (1 / 0.2)².
  expect(
    squaredResidual(bearings[0] ?? { originEnuM: [0, 0, 0], direction: [1, 0, 0], sigmaM: 1 }, positionEnuM),
  ).toBeCloseTo(25, 4);
});

test("The sharper bearing pulls the meeting point by its weight", () => {
  const bearings: Bearing[] = [
    { originEnuM: [-9, 0, 0], direction: [1, 0, 0], sigmaM: 0.1 },
    { originEnuM: [0, -9, 1], direction: [0, 1, 0], sigmaM: 0.2 },
  ];
  // z = (0 / 0.01 + 1 / 0.04) / (1 / 0.01 + 1 / 0.04) = 0.2.
  expect(meetBearings(bearings, weakPrior).positionEnuM[2]).toBeCloseTo(0.2, 9);
});

test("A single bearing leaves the point on the prior along its line", () => {
  const bearing: Bearing = { originEnuM: [0, 0, 0], direction: [0, 0, 1], sigmaM: 0.1 };
  const { positionEnuM, covarianceM2 } = meetBearings([bearing], { positionEnuM: [1, 0, 50], sigmaM: 10 });
  expect(positionEnuM[2]).toBeCloseTo(50, 9);
  expect(Math.abs(positionEnuM[0])).toBeLessThan(1e-3);
  expect(covarianceM2[8]).toBeCloseTo(100, 9);
});

test("Meeting covariance is consistent: mean NEES of 400 seeded points lies in its 99 % band", () => {
  const prng = createPrng(4);
  const origins: Vec3[] = [
    [-50, -40, 2],
    [55, -45, 5],
    [40, 60, 3],
  ];
  let sum = 0;
  for (let run = 0; run < 400; run++) {
    const truth: Vec3 = [prng.uniform(-10, 10), prng.uniform(-10, 10), prng.uniform(5, 20)];
    const bearings = origins.map((originEnuM, index): Bearing => {
      const sigmaM = 0.05 * (index + 1);
      const missed: Vec3 = [
        truth[0] + sigmaM * prng.normal(),
        truth[1] + sigmaM * prng.normal(),
        truth[2] + sigmaM * prng.normal(),
      ];
      return { originEnuM, direction: normalize(subtract(missed, originEnuM)), sigmaM };
    });
    const { positionEnuM, covarianceM2 } = meetBearings(bearings, weakPrior);
    sum += nees(subtract(positionEnuM, truth), covarianceM2);
  }
  // The sum of 400 chi-square values of 3 degrees of freedom has mean 1200 and variance 2400.
  expect(Math.abs(sum / 400 - 3)).toBeLessThan((2.576 * Math.sqrt(2400)) / 400);
});

test("Chi-square limit is within 4 % of the published quantile at 0.999", () => {
  for (const [degrees, published] of [
    [1, 10.828],
    [3, 16.266],
    [5, 20.515],
    [13, 34.528],
  ] as const) {
    expect(Math.abs(chiSquareLimit(degrees) / published - 1)).toBeLessThan(0.04);
  }
});

function nees(error: Vec3, covariance: readonly number[]): number {
  // Cramer's rule on the symmetric 3 by 3 system, independent of the code under test.
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, , , f = 0] = covariance;
  const det = (m: readonly number[]): number =>
    (m[0] ?? 0) * ((m[4] ?? 0) * (m[8] ?? 0) - (m[5] ?? 0) * (m[7] ?? 0)) -
    (m[1] ?? 0) * ((m[3] ?? 0) * (m[8] ?? 0) - (m[5] ?? 0) * (m[6] ?? 0)) +
    (m[2] ?? 0) * ((m[3] ?? 0) * (m[7] ?? 0) - (m[4] ?? 0) * (m[6] ?? 0));
  const [x, y, z] = error;
  const whole = det([a, b, c, b, d, e, c, e, f]);
  return (
    (x * det([x, b, c, y, d, e, z, e, f]) +
      y * det([a, x, c, b, y, e, c, z, f]) +
      z * det([a, b, x, b, d, y, c, e, z])) /
    whole
  );
}
