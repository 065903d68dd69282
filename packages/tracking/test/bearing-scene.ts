/**
 * Worlds of point targets for the bearing tracker: cameras about a place, and the views they have of targets and of nothing.
 */
import {
  type CameraId,
  cameraId,
  type Intrinsics,
  isInFrame,
  lookAt,
  mat3FromQuaternion,
  multiply3,
  nsFromSeconds,
  type Pose,
  type Prng,
  project,
  quaternionFromAxisAngle,
  type Vec3,
} from "@skyvox/core";
import { type BearingView, type PicturePoint, viewFromPoints } from "../src/mod.ts";

/** A camera as it is believed to stand, and as it stands. */
export interface TestCamera {
  readonly id: CameraId;
  readonly believed: Pose;
  readonly actual: Pose;
  readonly intrinsics: Intrinsics;
}

/** What the cameras of a test measure. */
export interface SeenOptions {
  readonly pixelSigmaPx: number;
  readonly detectionProbability: number;
  readonly falseCount: number;
}

export const testLens: Intrinsics = {
  widthPx: 1920,
  heightPx: 1080,
  fxPx: 1400,
  fyPx: 1400,
  cxPx: 959.5,
  cyPx: 539.5,
  distortion: [-0.05, 0.01, 0, 0, 0],
};

/** Cameras evenly about the origin, looking at a place above it; their poses are off as their sigmas say. */
export function ringOfCameras(
  random: Prng,
  {
    count,
    radiusM,
    angleSigmaRad,
    positionSigmaM,
  }: Record<"count" | "radiusM" | "angleSigmaRad" | "positionSigmaM", number>,
): TestCamera[] {
  return Array.from({ length: count }, (_, index) => {
    const azimuth = (2 * Math.PI * (index + 0.1 * random.float())) / count;
    const at: Vec3 = [radiusM * Math.cos(azimuth), radiusM * Math.sin(azimuth), 3 + (index % 3)];
    return cameraAt(random, `cam-${index}`, at, { angleSigmaRad, positionSigmaM });
  });
}

/** A camera at a place that looks at the middle of the test volume. */
export function cameraAt(
  random: Prng,
  name: string,
  cameraInEnuM: Vec3,
  sigmas: { readonly angleSigmaRad: number; readonly positionSigmaM: number },
): TestCamera {
  const believed = { ...lookAt({ cameraInEnuM, targetEnuM: [0, 0, 30] }), ...sigmas };
  const axis: Vec3 = [random.normal(), random.normal(), random.normal()];
  const turn = mat3FromQuaternion(quaternionFromAxisAngle(axis, sigmas.angleSigmaRad * Math.hypot(...axis)));
  const off = (i: number): number => cameraInEnuM[i]! + sigmas.positionSigmaM * random.normal();
  const actual: Pose = {
    ...believed,
    cameraInEnuM: [off(0), off(1), off(2)],
    cameraFromEnu: multiply3(turn, believed.cameraFromEnu),
  };
  return { id: cameraId(name), believed, actual, intrinsics: testLens };
}

/** What a camera sees of targets at a time, with false points evenly over its picture. */
export function viewOf(
  random: Prng,
  camera: TestCamera,
  timeS: number,
  targets: readonly Vec3[],
  { pixelSigmaPx, detectionProbability, falseCount }: SeenOptions,
): BearingView {
  const variance = pixelSigmaPx * pixelSigmaPx;
  const covariancePx2 = [variance, 0, variance] as const;
  const points: PicturePoint[] = [];
  for (const target of targets) {
    const uv = project(camera.intrinsics, camera.actual, target);
    const isDetected = random.float() < detectionProbability;
    const [du, dv] = [pixelSigmaPx * random.normal(), pixelSigmaPx * random.normal()];
    if (!isDetected || uv === null || !isInFrame(camera.intrinsics, uv)) continue;
    points.push({ u: uv[0] + du, v: uv[1] + dv, covariancePx2 });
  }
  for (let k = 0; k < falseCount; k++) {
    points.push({ u: random.uniform(0, 1919), v: random.uniform(0, 1079), covariancePx2 });
  }
  return viewFromPoints({
    camera: camera.id,
    captureNs: nsFromSeconds(timeS),
    timeSigmaNs: 0,
    pose: camera.believed,
    intrinsics: camera.intrinsics,
    points,
  });
}

/** A target that drifts by white acceleration of one sigma `accelerationMps2` after a second. */
export class DriftingTarget {
  at: [number, number, number];
  velocity: [number, number, number];
  readonly #accelerationMps2: number;

  constructor(at: Vec3, velocity: Vec3, accelerationMps2: number) {
    this.at = [...at];
    this.velocity = [...velocity];
    this.#accelerationMps2 = accelerationMps2;
  }

  /** The exact draw over `elapsedS`. */
  move(random: Prng, elapsedS: number): void {
    for (let axis = 0; axis < 3; axis++) {
      const [a, b] = [random.normal(), random.normal()];
      this.at[axis]! += elapsedS * this.velocity[axis]! + this.#accelerationMps2 * Math.sqrt(elapsedS ** 3 / 3) * a;
      this.velocity[axis]! += this.#accelerationMps2 * Math.sqrt(elapsedS) * ((Math.sqrt(3) / 2) * a + 0.5 * b);
    }
  }
}
