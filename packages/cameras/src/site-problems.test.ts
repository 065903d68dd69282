import { expect, test } from "bun:test";
import type { Vec3 } from "@skyvox/core";
import { pairScene } from "@skyvox/scene";
import { cameraInput, siteInput, siteOf } from "../test/fixtures.ts";
import { siteFromScene } from "./site-from-scene.ts";
import { siteProblems } from "./site-problems.ts";

test("Site whose cameras see the volume together has no problems", () => {
  expect(siteProblems(siteOf())).toEqual([]);
  expect(siteProblems(siteFromScene(pairScene(1), "scene:pair"))).toEqual([]);
});

test("Site of one camera is a problem", () => {
  expect(siteProblems(siteOf({ cameras: [cameraInput()] }))).toEqual([
    "1 camera, need at least 2 to find a place in space",
  ]);
});

test("A pair of a camera and a thermal one is one camera to the site", () => {
  const pair = [cameraInput({ id: "a", thermal: { camera: "b", rangeM: 10 } }), cameraInput({ id: "b" })];
  expect(siteProblems(siteOf({ cameras: pair }))).toEqual([
    "1 camera (a pair with a thermal one counts as one), need at least 2 to find a place in space",
  ]);
});

test("Camera that looks away is named, and no two cameras are left to agree", () => {
  const away = cameraInput({ id: "away", pose: { positionM: [10, 10, 0], orientation: { lookAtM: [20, 10, 0] } } });
  expect(siteProblems(siteOf({ cameras: [cameraInput(), away] }))).toEqual([
    'camera "away" sees no part of the volume, need it in view',
    "no place in the volume is seen by 2 cameras (options.viewsMin), the most is 1",
  ]);
});

test("Cameras that see different ends of the volume have no place in common", () => {
  const volume = siteInput({ volume: { minM: [-100, 9, -1], maxM: [100, 11, 1], voxelSizeM: 1 } });
  const far = (id: string, e: number) =>
    cameraInput({ id, pose: { positionM: [e, 0, 0], orientation: { lookAtM: [e, 10, 0] } } });
  expect(siteProblems(siteOf({ ...volume, cameras: [far("west", -95), far("east", 95)] }))).toEqual([
    "no place in the volume is seen by 2 cameras (options.viewsMin), the most is 1",
  ]);
});

/** 20 km by 20 km by 2 km: the lattice that samples it has a point every 2,500 m, 250 m up. */
const wideVolume = { minM: [-10_000, -10_000, 0], maxM: [10_000, 10_000, 2000], voxelSizeM: "auto" } as const;
/** Half way between the points of that lattice. */
const BETWEEN_M: Vec3 = [1250, 1250, 1125];

/** Cameras south and west of a place, 5 km away, whose pictures of 0.6° cover 53 m by 40 m there, aimed that far beside it. */
function narrowSite(asideOfSouthM: Vec3, asideOfWestM: Vec3) {
  const [e, n, u] = BETWEEN_M;
  const camera = (id: string, positionM: Vec3, aside: Vec3) =>
    cameraInput({
      id,
      intrinsics: { widthPx: 64, heightPx: 48, fxPx: 6000, fyPx: 6000, cxPx: 31.5, cyPx: 23.5 },
      pose: { positionM: [...positionM], orientation: { lookAtM: [e + aside[0], n + aside[1], u + aside[2]] } },
    });
  const cameras = [camera("south", [e, n - 5000, u], asideOfSouthM), camera("west", [e - 5000, n, u], asideOfWestM)];
  return siteOf({ volume: { ...wideVolume, minM: [...wideVolume.minM], maxM: [...wideVolume.maxM] }, cameras });
}

test("Narrow cameras that meet between the points of the lattice have no problems", () => {
  expect(siteProblems(narrowSite([0, 0, 0], [0, 0, 0]))).toEqual([]);
  // Measured axes pass each other: here by 15 m, within pictures that are 40 m high there.
  expect(siteProblems(narrowSite([0, 0, 0], [0, 0, 15]))).toEqual([]);
});

test("Cameras whose pictures share only a corner have no problems", () => {
  // The axes are 36 m apart in height and cross 24 m beside the place: it is 18 m below the middle of one picture and above the other's.
  expect(siteProblems(narrowSite([24, 0, 18], [0, 24, -18]))).toEqual([]);
});

test("Narrow cameras that pass each other between the points of the lattice have no place in common", () => {
  expect(siteProblems(narrowSite([0, 0, 100], [0, 0, -100]))).toEqual([
    "no place in the volume is seen by 2 cameras (options.viewsMin), the most is 1",
  ]);
});

/** A pair at the origin: the first looks north, the thermal one of half the pixels where it is told. */
function pairedSite(lookAtM: Vec3, rangeM: number) {
  const [first, second] = [
    cameraInput({ id: "a", thermal: { camera: "a-thermal", rangeM } }),
    cameraInput({ id: "b" }),
  ];
  const thermal = cameraInput({
    id: "a-thermal",
    intrinsics: { widthPx: 32, heightPx: 24, fxPx: 25, fyPx: 25, cxPx: 15.5, cyPx: 11.5 },
    pose: { positionM: [0.2, 0, 0], orientation: { lookAtM: [...lookAtM] } },
  });
  return siteOf({ cameras: [first, second, thermal] });
}

test("A thermal camera beside another and aimed alike is no problem, if only at an edge", () => {
  expect(siteProblems(pairedSite([0.2, 10, 0], 10))).toEqual([]);
  // Pictures of 64 pixels at 50 are 65° wide: turned by 60° they share 5°.
  expect(siteProblems(pairedSite([10 * Math.sin(Math.PI / 3), 10 * Math.cos(Math.PI / 3), 0], 10))).toEqual([]);
});

test("A thermal camera that looks elsewhere is named with the camera it stands beside", () => {
  expect(siteProblems(pairedSite([10, 0, 0], 10))).toEqual([
    'the pictures of "a" and its thermal camera "a-thermal" share nothing at 10 m (cameras[0].thermal.rangeM), need them side by side and aimed alike',
  ]);
});
