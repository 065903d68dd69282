import { quaternionFromMat3 } from "@skyvox/core";
import type { PixelCamera, PixelScene } from "@skyvox/scene";
import { parseSite, type Site, type SiteInput } from "./site.ts";

/** Where the pictures of a scene's camera are: what a site writes as its source. */
export type SourceOfCamera = (camera: PixelCamera) => string;

/** A simulated clock is off by half a millisecond in a scene of physics: the site claims what was drawn. */
const CLOCK_SIGMA_MS = 0.5;
/** No pixel differs by more: all that is seen are points of the matched filter, whose centres are twice as sharp as those of blobs. */
const THRESHOLD_GREY = 255;
const FALSE_ALARMS_PER_FRAME = 1;

/**
 * Makes the site of a scene of physics, whose cameras are fed by pictures at `sourceOf`: poses as they were measured, not as they are, and no
 * word of clocks that are off.
 *
 * Motion is a mean in units of its own noise with a matched filter beside it, as targets of a few pixels need.
 */
export function siteFromPixelScene(scene: PixelScene, sourceOf: SourceOfCamera): Site {
  const { minM, maxM, voxelSizeM } = scene.volume;
  return parseSite(
    {
      name: scene.name,
      volume: { minM: [...minM], maxM: [...maxM], voxelSizeM },
      cameras: scene.cameras.map((camera) => cameraOf(scene, camera, sourceOf)),
      options: {
        motion: { mode: "gaussian", threshold: THRESHOLD_GREY },
        spots: { falseAlarmsPerFrame: FALSE_ALARMS_PER_FRAME },
        target: { sizeM: 0.5, speedMps: 15, accelerationMps2: 15 },
      },
    } satisfies SiteInput,
    scene.name,
  );
}

function cameraOf(scene: PixelScene, camera: PixelCamera, sourceOf: SourceOfCamera): SiteInput["cameras"][number] {
  const { id, intrinsics, pose, frameRateHz } = camera;
  const [w, x, y, z] = quaternionFromMat3(pose.cameraFromEnu);
  const [e, n, u] = pose.cameraInEnuM;
  const partner = scene.pairs.get(id);
  const middle = ([0, 1, 2] as const).map((axis) => (scene.volume.minM[axis] + scene.volume.maxM[axis]) / 2);
  const rangeM = Math.hypot(...middle.map((it, axis) => it - (pose.cameraInEnuM[axis] ?? 0)));
  return {
    id,
    source: sourceOf(camera),
    frameRateHz,
    intrinsics: { ...intrinsics, distortion: [...intrinsics.distortion] },
    pose: {
      positionM: [e, n, u],
      orientation: { cameraFromEnu: [w, x, y, z] },
      positionSigmaM: pose.positionSigmaM,
      angleSigmaDeg: (pose.angleSigmaRad * 180) / Math.PI,
    },
    clock: { sigmaMs: CLOCK_SIGMA_MS, state: "locked" },
    ...(partner === undefined ? {} : { thermal: { camera: partner, rangeM } }),
  };
}
