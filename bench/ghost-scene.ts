/**
 * The scene ghosts are counted on: 200 targets in 5 x 5 x 1 km, 10 cameras that see all around on a rim of radius 2.5 km, 5 m high.
 *
 * Ten pictures a second. A target in reach is seen with probability 0.95, its bearing off by 0.3 pixel of 32 µrad across both ways, and
 * by the pose error of its camera, which lasts through the run. False bearings point at places drawn evenly from the same box, for each
 * camera its own: seen from one camera nothing tells them from targets. Targets drift by white acceleration.
 */

import {
  cameraId,
  createPrng,
  identity3,
  mat3FromQuaternion,
  nsFromSeconds,
  type Prng,
  quaternionFromAxisAngle,
  transform3,
  type Vec3,
} from "@skyvox/core";
import type { BearingView } from "@skyvox/tracking";

/** What a ghost scene is drawn from. */
export interface GhostSceneOptions {
  readonly targetCount: number;
  readonly cameraCount: number;
  readonly falsePerCamera: number;
  readonly poseSigmaRad: number;
  readonly frameCount: number;
  readonly seed: number;
}

/** One instant: what every camera saw, and where the targets are. */
export interface GhostFrame {
  readonly timeNs: bigint;
  readonly views: readonly BearingView[];
  readonly truth: readonly Vec3[];
}

/** Draws a scene frame by frame. */
export function* ghostScene(options: GhostSceneOptions): Generator<GhostFrame> {
  const random = createPrng(options.seed);
  const cameras = rim(random.fork("poses"), options);
  const paths = random.fork("paths");
  const targets = Array.from({ length: options.targetCount }, () => ({
    at: placeInBox(paths),
    velocity: [15 * paths.normal(), 15 * paths.normal(), 3 * paths.normal()] as [number, number, number],
  }));
  const seen = random.fork("bearings");
  for (let frame = 0; frame < options.frameCount; frame++) {
    if (frame > 0) for (const { at, velocity } of targets) drift(paths, at, velocity);
    const timeNs = nsFromSeconds(frame * PERIOD_S);
    const views = cameras.map((camera) => viewOf(seen, camera, targets, options, timeNs));
    yield { timeNs, views, truth: targets.map(({ at }): Vec3 => [at[0], at[1], at[2]]) };
  }
}

/** The name of a camera of the rim. */
export function cameraNameOf(index: number): string {
  return `rim-${String(index).padStart(2, "0")}`;
}

interface RimCamera {
  readonly name: string;
  readonly originEnuM: Vec3;
  /** Rotation by which the bearings of this camera are off. */
  readonly turn: ReturnType<typeof mat3FromQuaternion>;
}

function rim(random: Prng, { cameraCount, poseSigmaRad }: GhostSceneOptions): RimCamera[] {
  return Array.from({ length: cameraCount }, (_, index) => {
    const azimuth = (2 * Math.PI * index) / cameraCount;
    const axis: Vec3 = [random.normal(), random.normal(), random.normal()];
    const angleRad = poseSigmaRad * Math.hypot(...axis);
    return {
      name: cameraNameOf(index),
      originEnuM: [RADIUS_M * Math.cos(azimuth), RADIUS_M * Math.sin(azimuth), 5],
      turn: mat3FromQuaternion(quaternionFromAxisAngle(axis, angleRad)),
    };
  });
}

function viewOf(
  random: Prng,
  camera: RimCamera,
  targets: readonly { readonly at: Vec3 }[],
  { falsePerCamera, poseSigmaRad }: GhostSceneOptions,
  timeNs: bigint,
): BearingView {
  const directions: Vec3[] = [];
  for (const { at } of targets) {
    if (random.float() < DETECTION_PROBABILITY) directions.push(measured(random, camera, at));
  }
  for (let k = 0; k < falsePerCamera; k++) directions.push(measured(random, camera, placeInBox(random)));
  const bearings = new Float64Array(directions.length * 9);
  const variance = BEARING_SIGMA_RAD * BEARING_SIGMA_RAD;
  for (const [index, [x, y, z]] of directions.entries()) {
    const across = [1 - x * x, -x * y, -x * z, 1 - y * y, -y * z, 1 - z * z].map((value) => variance * value);
    bearings.set([x, y, z, ...across], index * 9);
  }
  return {
    camera: cameraId(camera.name),
    captureNs: timeNs,
    timeSigmaNs: 0,
    pose: {
      cameraInEnuM: camera.originEnuM,
      cameraFromEnu: identity3,
      positionSigmaM: 0,
      angleSigmaRad: poseSigmaRad,
    },
    intrinsics: null,
    solidAngleSr: 4 * Math.PI,
    pixelRad: PIXEL_RAD,
    bearings,
    refusedCount: 0,
  };
}

/** The direction to a place as the camera measures it: off by noise on both axes across, then by the camera's pose error. */
function measured(random: Prng, { originEnuM, turn }: RimCamera, at: Vec3): Vec3 {
  const [x, y, z] = [at[0] - originEnuM[0], at[1] - originEnuM[1], at[2] - originEnuM[2]];
  const rangeM = Math.hypot(x, y, z);
  // Noise on all three axes: what lies along the direction vanishes as the length is taken out.
  const off = BEARING_SIGMA_RAD * rangeM;
  const noisy: Vec3 = [x + off * random.normal(), y + off * random.normal(), z + off * random.normal()];
  const [tx, ty, tz] = transform3(turn, noisy);
  const length = Math.hypot(tx, ty, tz);
  return [tx / length, ty / length, tz / length];
}

function placeInBox(random: Prng): [number, number, number] {
  return [random.uniform(-2500, 2500), random.uniform(-2500, 2500), random.uniform(0, 1000)];
}

function drift(random: Prng, at: [number, number, number], velocity: [number, number, number]): void {
  for (let axis = 0; axis < 3; axis++) {
    const turnMps = DRIFT_MPS2 * Math.sqrt(PERIOD_S) * random.normal();
    at[axis]! += PERIOD_S * (velocity[axis]! + 0.5 * turnMps);
    velocity[axis]! += turnMps;
  }
}

const PERIOD_S = 0.1;
const RADIUS_M = 2500;
const PIXEL_RAD = 32e-6;
const BEARING_SIGMA_RAD = 0.3 * PIXEL_RAD;
const DETECTION_PROBABILITY = 0.95;
const DRIFT_MPS2 = 2;
