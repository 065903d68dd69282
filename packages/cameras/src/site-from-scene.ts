import { quaternionFromMat3 } from "@skyvox/core";
import type { Scene, SceneCamera } from "@skyvox/scene";
import { parseSite, type Site } from "./site.ts";

/** Simulated clocks have no jitter; the site still claims no better than hardware time stamps give. */
const SCENE_TIME_SIGMA_MS = 0.1;

/**
 * Makes the site of a simulated scene: its cameras as they truly stand, each fed by `source`, which names that scene.
 *
 * What a simulated clock is off stays in the stamps: the site does not know it, as a real one would not.
 */
export function siteFromScene(scene: Scene, source: string): Site {
  const { minM, maxM, voxelSizeM } = scene.volume;
  const site = {
    name: scene.name,
    volume: { minM, maxM, voxelSizeM },
    cameras: scene.cameras.map((camera) => cameraOf(camera, source)),
  };
  return parseSite(site, source);
}

function cameraOf({ id, intrinsics, pose }: SceneCamera, source: string): object {
  return {
    id,
    source,
    intrinsics,
    pose: {
      positionM: pose.cameraInEnuM,
      orientation: { cameraFromEnu: quaternionFromMat3(pose.cameraFromEnu) },
      positionSigmaM: pose.positionSigmaM,
      angleSigmaDeg: (pose.angleSigmaRad * 180) / Math.PI,
    },
    clock: { sigmaMs: SCENE_TIME_SIGMA_MS, state: "locked" },
  };
}
