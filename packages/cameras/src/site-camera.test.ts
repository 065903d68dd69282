import { expect, test } from "bun:test";
import { project } from "@skyvox/core";
import { cameraOf } from "../test/fixtures.ts";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";

test("Camera aimed at a point sees it at its principal point", () => {
  const camera = cameraOf({ pose: { positionM: [3, -2, 5], orientation: { lookAtM: [40, 30, 12] } } });
  const [u, v] = project(cameraIntrinsics(camera), cameraPose(camera), [40, 30, 12]) ?? [Number.NaN, Number.NaN];
  expect(u).toBeCloseTo(31.5, 9);
  expect(v).toBeCloseTo(23.5, 9);
});

test("Camera with a quaternion looks where it says", () => {
  // A quarter turn about east takes north (0, 1, 0) to forward (0, 0, 1) when it turns up (0, 0, 1) to -down: q = [cos 45°, sin 45°, 0, 0].
  const orientation: { cameraFromEnu: [number, number, number, number] } = {
    cameraFromEnu: [Math.SQRT1_2, Math.SQRT1_2, 0, 0],
  };
  const camera = cameraOf({ pose: { positionM: [0, 0, 0], orientation } });
  // 10 m north, 1 m east, 2 m up: 50 px focal length put it 5 px right of and 10 px above (31.5, 23.5).
  const [u, v] = project(cameraIntrinsics(camera), cameraPose(camera), [1, 10, 2]) ?? [Number.NaN, Number.NaN];
  expect(u).toBeCloseTo(36.5, 9);
  expect(v).toBeCloseTo(13.5, 9);
});

test("Camera's sigmas come out in metres and radians", () => {
  const pose = {
    positionM: [0, 0, 0] as [number, number, number],
    orientation: { lookAtM: [0, 1, 0] as [number, number, number] },
  };
  const camera = cameraOf({ pose: { ...pose, positionSigmaM: 0.5, angleSigmaDeg: 180 } });
  expect(cameraPose(camera)).toMatchObject({ positionSigmaM: 0.5, angleSigmaRad: Math.PI });
});
