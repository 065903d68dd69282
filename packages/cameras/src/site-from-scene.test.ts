import { expect, test } from "bun:test";
import { demoScene } from "@skyvox/scene";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";
import { siteFromScene } from "./site-from-scene.ts";

test("Site of a scene has its cameras where they truly stand", () => {
  const scene = demoScene(3);
  const site = siteFromScene(scene, "scene:demo?seed=3");
  expect(site.cameras.map(({ id }) => id)).toEqual(scene.cameras.map(({ id }) => id));
  expect(site.volume).toEqual({ minM: [-30, -30, 0], maxM: [30, 30, 30], voxelSizeM: 0.25 });
  for (const [index, camera] of site.cameras.entries()) {
    const truth = scene.cameras[index];
    if (truth === undefined) throw new Error("site and scene have the same cameras");
    expect(cameraIntrinsics(camera)).toEqual(truth.intrinsics);
    const pose = cameraPose(camera);
    expect(pose.cameraInEnuM).toEqual(truth.pose.cameraInEnuM);
    for (const [at, value] of pose.cameraFromEnu.entries())
      expect(value).toBeCloseTo(truth.pose.cameraFromEnu[at] ?? 9, 12);
    expect(pose.angleSigmaRad).toBeCloseTo(1e-4, 12);
  }
});
