import { expect, test } from "bun:test";
import { distance, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { ospa } from "./ospa.ts";

const line = (...xs: readonly number[]): Vec3[] => xs.map((x) => [x, 0, 0]);

// Stone Soup's test_ospa_computemetric_cardinality_error names 2.4 and 4.49444 for 5 truths, 4 of them half a metre off.
test("OSPA has the values that Stone Soup's tests name for a missing track, c = 10", () => {
  const truth = line(0, 1, 2, 3, 4);
  const tracks = line(0.5, 1.5, 2.5, 3.5);
  expect(ospa(truth, tracks, { cutoffM: 10, order: 1 }).ospaM).toBeCloseTo(2.4, 12);
  expect(ospa(truth, tracks, { cutoffM: 10, order: 2 }).ospaM).toBeCloseTo(4.49444, 5);
  expect(ospa(line(1, 2, 3, 4, 5), line(1.2, 2.2, 3.2, 4.2), { cutoffM: 10, order: 1 }).ospaM).toBeCloseTo(2.16, 12);
  expect(ospa(line(1, 2, 3, 4, 5), line(1.2, 2.2, 3.2, 4.2), { cutoffM: 10, order: 2 }).ospaM).toBeCloseTo(4.47571, 5);
});

test("OSPA of a worked case splits into localisation and cardinality", () => {
  // One pair 3 m apart, one 100 m apart (cut at 5), one estimate too many: (9 + 25 + 25) / 3.
  const found = ospa(line(0, 100), line(3, 300, 500), { cutoffM: 5, order: 2 });
  expect(found.ospaM).toBeCloseTo(Math.sqrt(59 / 3), 12);
  expect(found.localisationM).toBeCloseTo(Math.sqrt(34 / 3), 12);
  expect(found.cardinalityM).toBeCloseTo(Math.sqrt(25 / 3), 12);
});

test("OSPA is 0 for nothing at all and c for something against nothing", () => {
  expect(ospa([], [], { cutoffM: 5, order: 2 }).ospaM).toBe(0);
  expect(ospa(line(1), [], { cutoffM: 5, order: 2 }).ospaM).toBe(5);
  expect(ospa([], line(1, 2), { cutoffM: 5, order: 1 }).ospaM).toBe(5);
});

/** Every way to give each of the fewer points one of the others. */
function bruteForce(few: readonly Vec3[], many: readonly Vec3[], c: number, p: number): number {
  if (many.length === 0) return 0;
  const least = (row: number, taken: readonly number[]): number => {
    const point = few[row];
    if (point === undefined) return c ** p * (many.length - few.length);
    return Math.min(
      ...many.flatMap((other, column) =>
        taken.includes(column) ? [] : Math.min(distance(point, other), c) ** p + least(row + 1, [...taken, column]),
      ),
    );
  };
  return (least(0, []) / many.length) ** (1 / p);
}

test("OSPA equals brute force for up to 5 points at both orders, and is symmetric", () => {
  const metres = fc.double({ min: 0, max: 8, noNaN: true });
  const points = fc.array(fc.tuple(metres, metres, metres), { maxLength: 5 });
  fc.assert(
    fc.property(points, points, fc.constantFrom(1 as const, 2 as const), (a, b, order) => {
      const found = ospa(a, b, { cutoffM: 5, order });
      const [few, many] = a.length <= b.length ? [a, b] : [b, a];
      expect(found.ospaM).toBeCloseTo(bruteForce(few, many, 5, order), 9);
      expect(ospa(b, a, { cutoffM: 5, order }).ospaM).toBeCloseTo(found.ospaM, 9);
      expect(found.localisationM ** order + found.cardinalityM ** order).toBeCloseTo(found.ospaM ** order, 9);
    }),
    { numRuns: 100, seed: 5 },
  );
});
