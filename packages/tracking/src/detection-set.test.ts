import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { pointDetection } from "../test/scenario.ts";
import { DetectionSet } from "./detection-set.ts";

test("Detection set keeps the heaviest detections and counts the rest", () => {
  const set = new DetectionSet(2);
  const weights = [5, 9, 7];
  const dropped = set.load(weights.map((weight) => ({ ...pointDetection(0n, [weight, 0, 0], 1), weight })));
  expect(dropped).toBe(1);
  expect([set.positions[0], set.positions[3]]).toEqual([9, 7]);
});

test("Grid finds every detection in a box, each once, at any cell width", () => {
  const prng = createPrng(11);
  const points = Array.from(
    { length: 300 },
    () => [prng.uniform(-50, 50), prng.uniform(-50, 50), prng.uniform(-9, 9)] as const,
  );
  const set = new DetectionSet(512);
  set.load(points.map((point) => pointDetection(0n, point, 1)));
  const found = new Int32Array(512);
  for (const cellM of [0.5, 3, 40]) {
    set.buildGrid(cellM);
    for (let trial = 0; trial < 50; trial++) {
      const centre = [prng.uniform(-60, 60), prng.uniform(-60, 60), prng.uniform(-10, 10)] as const;
      const half = prng.uniform(0, 12);
      const hits = [...found.subarray(0, set.near(...centre, half, half, half, found))];
      expect(new Set(hits).size).toBe(hits.length);
      const inside = hits.filter((index) =>
        [0, 1, 2].every((axis) => Math.abs((set.positions[index * 3 + axis] ?? 0) - (centre[axis] ?? 0)) <= half),
      );
      const wanted = points.filter((point) =>
        point.every((value, axis) => Math.abs(value - (centre[axis] ?? 0)) <= half),
      );
      expect(inside.length).toBe(wanted.length);
    }
  }
});

test("Detection set refuses a position that is not finite", () => {
  const set = new DetectionSet(2);
  expect(() => set.load([pointDetection(0n, [Number.NaN, 0, 0], 1)])).toThrow("finite");
  expect(() => set.load([pointDetection(0n, [0, Number.POSITIVE_INFINITY, 0], 1)])).toThrow("finite");
});
