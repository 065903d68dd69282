import { expect, test } from "bun:test";
import { rateInterval, shareInterval } from "./interval.ts";

// scipy 1.17.1: binomtest(k, n).proportion_ci(method="wilson").
test("Share interval is Wilson's", () => {
  for (const [successes, trials, low, high] of [
    [5, 10, 0.2365930905, 0.7634069095],
    [993, 1000, 0.9856216845, 0.9966051316],
  ] as const) {
    const found = shareInterval(successes, trials);
    expect(found.value).toBe(successes / trials);
    expect(found.low).toBeCloseTo(low, 8);
    expect(found.high).toBeCloseTo(high, 8);
  }
});

test("Share interval of none, of all and of no trials stays within 0 and 1", () => {
  // z² / (n + z²) with z² = 3.841459.
  expect(shareInterval(0, 10)).toEqual({ value: 0, low: 0, high: expect.closeTo(0.2775327999, 8) });
  expect(shareInterval(10, 10)).toEqual({ value: 1, low: expect.closeTo(1 - 0.2775327999, 8), high: 1 });
  expect(shareInterval(0, 0)).toEqual({ value: 0, low: 0, high: 1 });
  expect(() => shareInterval(3, 2)).toThrow("no more successes than trials");
});

test("Rate interval inverts the score test of a Poisson count", () => {
  // Both ends of 10 events in 2 hours satisfy (10 - m)² = z² m; m = 2 x rate.
  const found = rateInterval(10, 2);
  expect(found.value).toBe(5);
  for (const rate of [found.low, found.high]) expect((10 - 2 * rate) ** 2 / (2 * rate)).toBeCloseTo(3.841458821, 8);
  expect(rateInterval(0, 1)).toEqual({ value: 0, low: 0, high: expect.closeTo(3.841458821, 8) });
});
