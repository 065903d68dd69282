import { expect, test } from "bun:test";
import { chiSquareQuantile, invert, logLikelihood, newInverseCovariance, squaredDistance } from "./gate.ts";

// Abramowitz & Stegun, table 26.8, to the digits printed there.
const published = [
  { degrees: 1, probability: 0.95, value: 3.841 },
  { degrees: 2, probability: 0.95, value: 5.991 },
  { degrees: 3, probability: 0.5, value: 2.366 },
  { degrees: 3, probability: 0.95, value: 7.815 },
  { degrees: 3, probability: 0.99, value: 11.345 },
  { degrees: 3, probability: 0.999, value: 16.266 },
  { degrees: 6, probability: 0.95, value: 12.592 },
  { degrees: 10, probability: 0.99, value: 23.209 },
  { degrees: 30, probability: 0.95, value: 43.773 },
];

for (const { degrees, probability, value } of published) {
  test(`Chi-square quantile equals the published one at ${probability} with ${degrees} degrees of freedom`, () => {
    expect(Math.abs(chiSquareQuantile(probability, degrees) - value)).toBeLessThan(6e-4);
  });
}

test("Chi-square quantile of two degrees of freedom is -2 ln(1 - p)", () => {
  for (const p of [0, 0.001, 0.3, 0.999, 0.999999]) expect(chiSquareQuantile(p, 2)).toBeCloseTo(-2 * Math.log1p(-p), 9);
});

test("Chi-square quantile refuses a probability of 1", () => {
  expect(() => chiSquareQuantile(1, 3)).toThrow("probability lies in [0, 1)");
});

test("Squared distance and likelihood follow from a diagonal covariance", () => {
  const inverse = newInverseCovariance();
  invert(inverse, 4, 0, 0, 9, 0, 16);
  expect(squaredDistance(inverse, 2, 3, 8)).toBeCloseTo(1 + 1 + 4, 12);
  // ln N = -(6 + ln 576 + 3 ln 2π) / 2
  expect(logLikelihood(inverse, 6)).toBeCloseTo(-0.5 * (6 + Math.log(576) + 3 * Math.log(2 * Math.PI)), 12);
});

test("Squared distance respects correlation", () => {
  const inverse = newInverseCovariance();
  // [[2, 1, 0], [1, 2, 0], [0, 0, 1]]: inverse [[2, -1, 0], [-1, 2, 0], [0, 0, 3]] / 3.
  invert(inverse, 2, 1, 0, 2, 0, 1);
  expect(squaredDistance(inverse, 1, 1, 0)).toBeCloseTo(2 / 3, 12);
  expect(squaredDistance(inverse, 1, -1, 0)).toBeCloseTo(2, 12);
  expect(squaredDistance(inverse, 0, 0, 2)).toBeCloseTo(4, 12);
});

test("Gate refuses a covariance that is not positive definite", () => {
  expect(() => invert(newInverseCovariance(), 1, 2, 0, 1, 0, 1)).toThrow("positive definite");
  expect(() => invert(newInverseCovariance(), Number.NaN, 0, 0, 1, 0, 1)).toThrow("positive definite");
});
