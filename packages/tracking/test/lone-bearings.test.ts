import { expect, test } from "bun:test";
import { createPrng, nsFromSeconds, subtract, type Vec3 } from "@skyvox/core";
import { BearingTracker, type LoneTrack } from "../src/mod.ts";
import { cameraAt, DriftingTarget, ringOfCameras, type SeenOptions, viewOf } from "./bearing-scene.ts";

const poses = { angleSigmaRad: 0, positionSigmaM: 0 };
const seen: SeenOptions = { pixelSigmaPx: 0.5, detectionProbability: 0.95, falseCount: 0 };

test("What one camera sees becomes a direction with its rate, and no place", () => {
  const random = createPrng(31);
  const camera = cameraAt(random, "only", [0, -60, 10], poses);
  const tracker = new BearingTracker([camera.id], { turnRps2: 0.02 });
  const [from, velocity]: Vec3[] = [
    [-15, 0, 30],
    [6, 0, 0],
  ];
  let last: readonly LoneTrack[] = [];
  let at: Vec3 = from!;
  for (let frame = 0; frame < 80; frame++) {
    const timeS = 1 + frame * 0.05;
    at = [from![0] + 6 * frame * 0.05, from![1], from![2]];
    expect(
      tracker.step(nsFromSeconds(timeS), [viewOf(random, camera, timeS, [at], { ...seen, falseCount: 3 })]),
    ).toEqual([]);
    last = tracker.loneTracks.filter(({ state }) => state === "confirmed" || state === "coasting");
  }
  expect(last.length).toBe(1);
  const [track] = last;
  const [x, y, z] = subtract(at, camera.believed.cameraInEnuM);
  // Azimuth clockwise from north, and its rate for a target that moves east: north distance over ground range squared.
  const flat = Math.hypot(x, y);
  expect(track?.azimuthRad).toBeCloseTo(Math.atan2(x, y), 2);
  expect(track?.elevationRad).toBeCloseTo(Math.atan2(z, flat), 2);
  expect(Math.abs((track?.azimuthRps ?? 0) - (y * velocity![0]) / (flat * flat))).toBeLessThan(0.01);
  const [aa = 0, , ee = 0] = track?.covarianceRad2 ?? [];
  const cosine = flat / Math.hypot(flat, z);
  expect(Math.abs((track?.azimuthRad ?? 0) - Math.atan2(x, y)) * cosine).toBeLessThan(4 * Math.sqrt(aa));
  expect(Math.abs((track?.elevationRad ?? 0) - Math.atan2(z, flat))).toBeLessThan(4 * Math.sqrt(ee));
  // One bearing of half a pixel is 3.6e-4 rad; the filter knows it better.
  expect(Math.sqrt(aa)).toBeLessThan(3.6e-4);
});

test("False bearings alone give no confirmed direction", () => {
  const random = createPrng(32);
  const camera = cameraAt(random, "only", [0, -60, 10], poses);
  const tracker = new BearingTracker([camera.id]);
  for (let frame = 0; frame < 60; frame++) {
    const timeS = 1 + frame * 0.05;
    tracker.step(nsFromSeconds(timeS), [viewOf(random, camera, timeS, [], { ...seen, falseCount: 20 })]);
    expect(tracker.loneTracks.filter(({ state }) => state === "confirmed")).toEqual([]);
  }
});

test("A direction ends when its target gets a place", () => {
  const random = createPrng(33);
  const cameras = ringOfCameras(random, { count: 4, radiusM: 60, ...poses });
  const tracker = new BearingTracker(cameras.map(({ id }) => id));
  const target = new DriftingTarget([0, 0, 30], [3, 0, 0], 1);
  for (let frame = 0; frame < 120; frame++) {
    const timeS = 1 + frame * 0.05;
    target.move(random, 0.05);
    // For two seconds all cameras but the first are dark.
    const looking = frame < 40 ? cameras.slice(0, 1) : cameras;
    const tracks = tracker.step(
      nsFromSeconds(timeS),
      looking.map((camera) => viewOf(random, camera, timeS, [[...target.at]], seen)),
    );
    if (frame === 39) {
      expect(tracks).toEqual([]);
      expect(tracker.loneTracks.map(({ camera, state }) => [camera, state])).toEqual([[cameras[0]!.id, "confirmed"]]);
    }
    if (frame === 119) {
      expect(tracks.map(({ state }) => state)).toEqual(["confirmed"]);
      expect(tracker.loneTracks).toEqual([]);
    }
  }
});
