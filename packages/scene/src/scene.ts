/**
 * The simulated world: cameras with known poses and targets with known paths.
 *
 * Truth is a pure function of scene and time; nothing here holds state. `render.ts` makes pixels of it.
 */
import { type CameraId, createPrng, type Intrinsics, type Pose, type Vec3 } from "@skyvox/core";
import type { Path } from "./path.ts";

/** The box that is watched, in metres of the local east-north-up frame, and the voxel size it is meant for ("auto": by range). */
export interface SceneVolume {
  readonly minM: Vec3;
  readonly maxM: Vec3;
  readonly voxelSizeM: number | "auto";
}

/**
 * A simulated camera.
 *
 * `clockOffsetS` is what its clock shows minus the true time: a source adds it to the stamps, the renderer does not know it.
 * `dropRate` is the share of frames that never arrive (see {@link isFrameDropped}). `noiseSigma` is in grey levels.
 */
export interface SceneCamera {
  readonly id: CameraId;
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  readonly frameRateHz: number;
  readonly clockOffsetS: number;
  readonly dropRate: number;
  readonly noiseSigma: number;
  readonly hotPixelCount: number;
}

/**
 * Something that flies, drawn as a disc that faces the camera.
 *
 * `contrast` is (target - background) / background: -1 is black, 0 invisible, +1 twice as bright as what is behind it.
 */
export interface SceneBody {
  readonly radiusM: number;
  readonly contrast: number;
  readonly pathAt: Path;
}

/** A body that a tracker is meant to find. */
export interface SceneTarget extends SceneBody {
  readonly name: string;
}

/** A simulated site. `clutter` is what moves but is no target: birds beyond the volume. */
export interface Scene {
  readonly name: string;
  readonly seed: number;
  readonly volume: SceneVolume;
  readonly cameras: readonly SceneCamera[];
  readonly targets: readonly SceneTarget[];
  readonly clutter: readonly SceneBody[];
}

/** Where one target truly is: metres and metres per second, local east-north-up. */
export interface TargetTruth {
  readonly name: string;
  readonly positionEnuM: Vec3;
  readonly velocityEnuMps: Vec3;
}

/** Tells where every target is at a time in seconds of the scene, in the order of `scene.targets`. */
export function truthAt(scene: Scene, tSeconds: number): TargetTruth[] {
  return scene.targets.map(({ name, pathAt }) => ({ name, ...pathAt(tSeconds) }));
}

/** Tells whether a frame of a camera never arrives: each is lost with probability `dropRate`, by the scene's seed. */
export function isFrameDropped(scene: Scene, camera: SceneCamera, frameIndex: number): boolean {
  if (camera.dropRate <= 0) return false;
  return createPrng(scene.seed).fork(`drop ${camera.id} ${frameIndex}`).float() < camera.dropRate;
}

/** Returns the scene without birds and without hot pixels. */
export function withoutClutter(scene: Scene): Scene {
  const cameras = scene.cameras.map((camera) => ({ ...camera, hotPixelCount: 0 }));
  return { ...scene, cameras, clutter: [] };
}
