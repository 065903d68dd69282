import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { consistencyOf, meanBand, normalisedSquare } from "./consistency.ts";

test("Normalised square is error' covariance⁻¹ error", () => {
  // The inverse of [[4, 2], [2, 3]] is [[3, -2], [-2, 4]] / 8: (1, 2) gives (3 - 8 + 16) / 8.
  expect(normalisedSquare([1, 2], [4, 2, 2, 3])).toBeCloseTo(11 / 8, 12);
  expect(normalisedSquare([3, 0, 0], [9, 0, 0, 0, 1, 0, 0, 0, 1])).toBeCloseTo(1, 12);
});

test("Normalised square of a covariance that is none is null", () => {
  expect(normalisedSquare([1, 1], [1, 2, 2, 1])).toBeNull();
  expect(normalisedSquare([1], [0])).toBeNull();
});

// scipy 1.17.1: chi2.ppf([0.025, 0.975], degrees).
test("Band of a mean is the central 95 % of chi-square, below and above 100 degrees of freedom", () => {
  for (const [count, degrees, low, high] of [
    [1, 3, CHI2[3][0], CHI2[3][1]],
    [50, 3, CHI2[150][0], CHI2[150][1]],
    [10_000, 3, CHI2[30000][0], CHI2[30000][1]],
  ] as const) {
    const band = meanBand(count, degrees);
    expect(Math.abs((band.low * count) / low - 1)).toBeLessThan(1e-4);
    expect(Math.abs((band.high * count) / high - 1)).toBeLessThan(1e-4);
  }
});

const CHI2 = {
  3: [0.21579528, 9.3484036],
  150: [117.98451589, 185.80044702],
  30000: [29521.805937, 30481.982656],
} as const;

test("An estimator that knows its error is inside, one that thinks itself twice as good is not", () => {
  const random = createPrng(8);
  const squares = (sigma: number) =>
    Array.from({ length: 200 }, () =>
      Array.from({ length: 20 }, () => [1, 2, 3].reduce((sum) => sum + (sigma * random.normal()) ** 2, 0)),
    );
  const honest = consistencyOf(squares(1), 3);
  expect(honest.sampleCount).toBe(4000);
  expect(honest.mean).toBeGreaterThan(honest.low);
  expect(honest.mean).toBeLessThan(honest.high);
  // Shares of 4000 and of 200 draws with probability 0.95: within four standard deviations.
  expect(Math.abs(honest.samplesInside - 0.95)).toBeLessThan(4 * Math.sqrt(0.0475 / 4000));
  expect(Math.abs(honest.stepsInside - 0.95)).toBeLessThan(4 * Math.sqrt(0.0475 / 200));
  const proud = consistencyOf(squares(2), 3);
  expect(proud.mean).toBeGreaterThan(proud.high);
  expect(proud.stepsInside).toBe(0);
});

test("Consistency of nothing claims nothing", () => {
  expect(consistencyOf([[], []], 3)).toMatchObject({ sampleCount: 0, mean: 0, samplesInside: 0, stepsInside: 0 });
});
