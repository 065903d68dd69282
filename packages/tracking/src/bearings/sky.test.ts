import { expect, test } from "bun:test";
import { cameraId, createPrng, identity3, normalize } from "@skyvox/core";
import type { BearingView } from "./bearing-view.ts";
import { Sky } from "./sky.ts";

function allRound(rows: readonly (readonly number[])[]): BearingView {
  return {
    camera: cameraId("c"),
    captureNs: 0n,
    timeSigmaNs: 0,
    pose: { cameraInEnuM: [0, 0, 0], cameraFromEnu: identity3, positionSigmaM: 0, angleSigmaRad: 0 },
    intrinsics: null,
    solidAngleSr: 4 * Math.PI,
    pixelRad: 1e-3,
    bearings: Float64Array.from(rows.flat()),
    refusedCount: 0,
  };
}

function randomRows(count: number, seed: number): number[][] {
  const random = createPrng(seed);
  return Array.from({ length: count }, () => {
    const direction = normalize([random.normal(), random.normal(), random.normal()]);
    return [...direction, 1e-6, 0, 0, 1e-6, 0, 1e-6];
  });
}

test("Sky finds exactly the bearings in a box, all round", () => {
  const rows = randomRows(500, 1);
  const sky = new Sky();
  expect(sky.load(allRound(rows), 1000, 0.1)).toBe(0);
  const found = new Int32Array(500);
  for (const half of [0.01, 0.1, 0.7, 3]) {
    for (const [x = 0, y = 0, z = 0] of randomRows(40, 2)) {
      const count = sky.near(x, y, z, half, found);
      const wanted = Array.from({ length: 500 }, (_, k) => k).filter((k) =>
        [x, y, z].every((value, axis) => Math.abs(sky.rows[k * 9 + axis]! - value) <= half),
      );
      expect([...found.subarray(0, count)].sort((a, b) => a - b)).toEqual(wanted);
    }
  }
});

test("Sky holds the same bearings in the same order however they came, ties of the first component too", () => {
  const rows = [
    ...randomRows(50, 3),
    [0, 0.6, 0.8, 1e-6, 0, 0, 1e-6, 0, 1e-6],
    [0, -0.6, 0.8, 1e-6, 0, 0, 1e-6, 0, 1e-6],
  ];
  const [one, two] = [new Sky(), new Sky()];
  one.load(allRound(rows), 100, 0.1);
  two.load(allRound(rows.toReversed()), 100, 0.1);
  expect(two.count).toBe(52);
  expect([...two.rows.subarray(0, 52 * 9)]).toEqual([...one.rows.subarray(0, 52 * 9)]);
});

test("Sky leaves out and counts rows that are no direction, have no doubt, or are too many", () => {
  const good = randomRows(3, 4);
  const bad = [
    [Number.NaN, 0, 1, 1e-6, 0, 0, 1e-6, 0, 1e-6],
    [0, 0, 2, 1e-6, 0, 0, 1e-6, 0, 1e-6],
    [0, 0, 1, 0, 0, 0, 0, 0, 0],
    [0, 0, 1, Number.NaN, 0, 0, 1e-6, 0, 0],
  ];
  const sky = new Sky();
  expect(sky.load(allRound([...bad, ...good]), 100, 0.1)).toBe(4);
  expect(sky.count).toBe(3);
  expect(sky.load(allRound(good), 2, 0.1)).toBe(1);
});

test("Sky expects what stays unclaimed, and at least what it is told", () => {
  const sky = new Sky();
  sky.load(allRound(randomRows(400, 5)), 1000, 0.1);
  expect(sky.clutterMean).toBeCloseTo(400 / (4 * Math.PI), 9);
  sky.owner.fill(1, 0, 400);
  for (let k = 0; k < 200; k++) {
    sky.learnClutter();
    sky.load(allRound(randomRows(400, 5)), 1000, 2);
    sky.owner.fill(1, 0, 400);
  }
  expect(sky.clutterMean).toBeCloseTo(2 / (4 * Math.PI), 9);
});
