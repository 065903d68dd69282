import { expect, test } from "bun:test";
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
