import { expect, test } from "bun:test";
import { distance, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { gospa } from "./gospa.ts";

/** Tries every way to pair truth with estimates. */
function bruteForceSquared(truth: readonly Vec3[], estimates: readonly Vec3[], cutoffM: number): number {
  const price = cutoffM ** 2 / 2;
  const least = (row: number, taken: number): number => {
    const point = truth[row];
    if (point === undefined) return price * (estimates.length - taken.toString(2).replaceAll("0", "").length);
    let best = price + least(row + 1, taken);
    for (const [column, estimate] of estimates.entries()) {
      if ((taken >> column) & 1) continue;
      const squared = Math.min(distance(point, estimate), cutoffM) ** 2;
      best = Math.min(best, squared + least(row + 1, taken | (1 << column)));
    }
    return best;
  };
  return least(0, 0);
}

test("GOSPA of a worked case splits into localisation, missed and false", () => {
  // One pair 3 m apart, one truth missed, two false ones: 9 + 12.5 + 25 = 46.5.
  const result = gospa(
    [
      [0, 0, 0],
      [100, 0, 0],
    ],
    [
      [0, 3, 0],
      [50, 0, 0],
      [-50, 0, 0],
    ],
  );
  expect(result.gospaM).toBeCloseTo(Math.sqrt(46.5), 12);
  expect([result.localisationM2, result.missedM2, result.falseM2]).toEqual([9, 12.5, 25]);
  expect([result.matchedCount, result.missedCount, result.falseCount]).toEqual([1, 1, 2]);
  expect([...result.estimateOfTruth]).toEqual([0, -1]);
});

test("GOSPA counts a pair at the cut-off as missed and false, one just under it as a pair", () => {
  expect(gospa([[0, 0, 0]], [[5, 0, 0]])).toMatchObject({ missedCount: 1, falseCount: 1, gospaM: 5 });
  expect(gospa([[0, 0, 0]], [[4.999, 0, 0]]).matchedCount).toBe(1);
});

test("GOSPA of nothing is zero", () => {
  expect(gospa([], []).gospaM).toBe(0);
  expect(
    gospa(
      [],
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
    ).gospaM,
  ).toBe(5);
});

test("GOSPA equals brute force for up to 6 points and is symmetric", () => {
  const metres = fc.double({ min: 0, max: 8, noNaN: true });
  const point: fc.Arbitrary<Vec3> = fc.tuple(metres, metres, metres);
  fc.assert(
    fc.property(fc.array(point, { maxLength: 6 }), fc.array(point, { maxLength: 6 }), (truth, estimates) => {
      const result = gospa(truth, estimates);
      expect(result.gospaM ** 2).toBeCloseTo(bruteForceSquared(truth, estimates, 5), 8);
      expect(result.localisationM2 + result.missedM2 + result.falseM2).toBeCloseTo(result.gospaM ** 2, 8);
      expect(gospa(estimates, truth).gospaM).toBeCloseTo(result.gospaM, 8);
    }),
    { numRuns: 150, seed: 21 },
  );
});
