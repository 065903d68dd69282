import { expect, test } from "bun:test";
import { createPrng, distance, type Vec3 } from "@skyvox/core";
import { neesOf } from "../../test/bearing-nees.ts";
import { cameraAt, ringOfCameras, type SeenOptions, type TestCamera, viewOf } from "../../test/bearing-scene.ts";
import { defaultBearingOptions } from "./bearing-options.ts";
import { type Birth, BirthSearch } from "./birth.ts";
import type { BirthView } from "./epipolar.ts";
import { Sky } from "./sky.ts";

const clean: SeenOptions = { pixelSigmaPx: 0.5, detectionProbability: 0.95, falseCount: 0 };
const poses = { angleSigmaRad: 3e-4, positionSigmaM: 0.01 };

function birthViews(
  cameras: readonly TestCamera[],
  targets: readonly Vec3[],
  seen: SeenOptions,
  seed: number,
): BirthView[] {
  const random = createPrng(seed);
  return cameras.map((camera, index) => {
    const sky = new Sky();
    sky.load(viewOf(random, camera, 0, targets, seen), 4096, 0.1);
    const { cameraInEnuM, angleSigmaRad, positionSigmaM } = camera.believed;
    return {
      camera: index,
      sky,
      originEnuM: cameraInEnuM,
      angleSigmaRad,
      positionSigmaM,
      placeSigmaM: positionSigmaM,
      lagS: 0,
      timeSigmaS: 0,
    };
  });
}

function placeOf({ state }: Birth): Vec3 {
  return [state[0]!, state[1]!, state[2]!];
}

function targetsIn(seed: number, count: number): Vec3[] {
  const random = createPrng(seed);
  return Array.from({ length: count }, () => [
    random.uniform(-25, 25),
    random.uniform(-25, 25),
    random.uniform(10, 50),
  ]);
}

test("Births are the targets and nothing else, among hundreds of false bearings", () => {
  const cameras = ringOfCameras(createPrng(1), { count: 8, radiusM: 80, ...poses });
  const targets = targetsIn(2, 12);
  const views = birthViews(cameras, targets, { ...clean, falseCount: 200 }, 3);
  const search = new BirthSearch({ ...defaultBearingOptions, targetsPerM3: 1e-6 }, 8);
  const births = search.search(views);
  expect(births.filter(({ memberCount }) => memberCount > 2).length).toBe(12);
  for (const target of targets) {
    expect(births.filter((birth) => distance(placeOf(birth), target) < 0.2).length).toBe(1);
  }
  const used = births.flatMap(({ members }) => [...members].map((index, view) => `${view} ${index}`));
  const taken = used.filter((name) => !name.endsWith("-1"));
  expect(new Set(taken).size).toBe(taken.length);
});

test("False bearings alone give few births, and none that is sure", () => {
  const cameras = ringOfCameras(createPrng(1), { count: 8, radiusM: 80, ...poses });
  const search = new BirthSearch({ ...defaultBearingOptions, targetsPerM3: 1e-6 }, 8);
  for (let seed = 10; seed < 15; seed++) {
    const births = search.search(birthViews(cameras, [], { ...clean, falseCount: 200 }, seed));
    expect(births.filter(({ memberCount }) => memberCount > 2).length).toBeLessThanOrEqual(2);
    // One in a million.
    expect(births.filter(({ score }) => score > Math.log(1e6))).toEqual([]);
    expect(search.seedCount).toBeGreaterThan(100);
  }
});

test("The covariance of a birth is honest: mean NEES of 50 births lies in its 95 % band", () => {
  let sum = 0;
  let count = 0;
  for (let run = 0; run < 50; run++) {
    const cameras = ringOfCameras(createPrng(100 + run), { count: 6, radiusM: 70, ...poses });
    const targets = targetsIn(200 + run, 4);
    const births = new BirthSearch(defaultBearingOptions, 6).search(birthViews(cameras, targets, clean, 300 + run));
    // One of each run: births of one run share the pose errors of its cameras.
    const [birth] = births;
    const near = targets.find((target) => birth !== undefined && distance(placeOf(birth), target) < 1);
    if (birth === undefined || near === undefined) continue;
    sum += neesOf({ positionEnuM: placeOf(birth), covariance: birth.covariance }, near);
    count++;
  }
  expect(count).toBe(50);
  // The sum of 50 chi-square values of 3 degrees of freedom has variance 300.
  expect(Math.abs(sum / 50 - 3)).toBeLessThan((1.96 * Math.sqrt(300)) / 50);
});

test("A wrong bearing among right ones is taken out of the birth", () => {
  const cameras = ringOfCameras(createPrng(5), { count: 6, radiusM: 70, ...poses });
  const views = birthViews(cameras, [[3, 4, 30]], { ...clean, detectionProbability: 1 - 1e-12 }, 6);
  // Four sigmas aside: inside the first look, outside what five others leave.
  const rows = views[2]!.sky.rows;
  rows[2]! += 0.004;
  const length = Math.hypot(rows[0]!, rows[1]!, rows[2]!);
  for (let axis = 0; axis < 3; axis++) rows[axis]! /= length;
  const [birth] = new BirthSearch(defaultBearingOptions, 6).search(views);
  expect(birth?.memberCount).toBe(5);
  expect(birth?.members[2]).toBe(-1);
  expect(distance(birth === undefined ? [0, 0, 0] : placeOf(birth), [3, 4, 30])).toBeLessThan(0.1);
});

test("Cameras at one place tell no range and give no birth", () => {
  const random = createPrng(7);
  const cameras = ["a", "b", "c"].map((name) => cameraAt(random, name, [60, 0, 3], poses));
  const views = birthViews(cameras, [[0, 0, 30]], clean, 8);
  expect(new BirthSearch(defaultBearingOptions, 3).search(views)).toEqual([]);
});
