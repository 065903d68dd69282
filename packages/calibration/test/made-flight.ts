/**
 * A made-up flight for tests: a wandering target, cameras around it with lenses, clocks and rolling shutters of their own, and what they saw.
 *
 * Projection goes through the camera model of `@skyvox/core`, not through this package's, and rows are found by iterating on the capture time. All from a seed.
 */
import { createPrng, type Intrinsics, isInFrame, lookAt, type Prng, project, type Vec3 } from "@skyvox/core";
import type { ControlTrack, Views } from "../src/bundle-problem.ts";
import type { CameraInput } from "../src/calibration-input.ts";
import { type CameraState, captureTimeS, createCameraState, poseOf } from "../src/camera-state.ts";
import { createPathSpline, type PathSpline, positionAt } from "../src/path-spline.ts";

/** How a flight is made. */
export interface FlightOptions {
  readonly seed: number;
  readonly cameraCount: number;
  readonly seconds: number;
  readonly rateHz: number;
  readonly noisePx: number;
  /** Share of views that are anywhere in the picture. */
  readonly outlierShare?: number;
  /** Places of cameras; irregularly around the flight where not given. */
  readonly centresM?: readonly Vec3[];
  /** By how much the clock of camera `index` jumps half way, seconds. */
  readonly clockStep?: { readonly index: number; readonly jumpS: number };
}

/** A camera as it truly is, and what it saw. */
export interface MadeCamera {
  readonly state: CameraState;
  readonly intrinsics: Intrinsics;
  readonly views: Views;
  readonly input: CameraInput;
}

/** A flight with its truth. */
export interface MadeFlight {
  readonly path: PathSpline;
  readonly cameras: readonly MadeCamera[];
  readonly control: ControlTrack;
}

const MARGIN_S = 2;
/** No two distances are alike, so that no order of the cameras fits but the right one. */
const PLACES_M: readonly Vec3[] = [
  [42, 15, 2],
  [-8, 51, 6],
  [-47, -4, 3],
  [-20, -38, 9],
  [30, -33, 1],
];

/** Makes a flight. */
export function makeFlight(options: FlightOptions): MadeFlight {
  const prng = createPrng(options.seed);
  const path = wanderingPath(options.seconds, prng.fork("path"));
  const cameras = Array.from({ length: options.cameraCount }, (_, index) =>
    makeCamera(options, index, path, prng.fork(`camera ${index}`)),
  );
  const timesS = Float64Array.from({ length: Math.floor(options.seconds * 5) + 1 }, (_, i) => i / 5);
  const noise = prng.fork("control");
  const positionsM = Float64Array.from(
    [...timesS].flatMap((timeS) => positionAt(path, timeS).map((value) => value + 0.01 * noise.normal())),
  );
  return { path, cameras, control: { timesS, positionsM, sigmaM: 0.02 } };
}

/** A target that is pulled back to the middle of a box of some 60 x 60 x 25 m and pushed about at random. */
function wanderingPath(seconds: number, prng: Prng): PathSpline {
  const path = createPathSpline({ fromS: -MARGIN_S, toS: seconds + MARGIN_S, stepS: 0.4 });
  const position = [0, 0, 25];
  const velocity = [0, 0, 0];
  const middle = [0, 0, 25];
  for (let i = 0; i < path.control.length / 3; i++) {
    for (let axis = 0; axis < 3; axis++) {
      const pull = axis === 2 ? 0.25 : 0.06;
      velocity[axis]! += 0.4 * (-pull * (position[axis]! - middle[axis]!) - 0.15 * velocity[axis]! + 4 * prng.normal());
      position[axis]! += 0.4 * velocity[axis]!;
      path.control[i * 3 + axis] = position[axis]!;
    }
  }
  return path;
}

function makeCamera(options: FlightOptions, index: number, path: PathSpline, prng: Prng): MadeCamera {
  const centre = options.centresM?.[index] ?? PLACES_M[index]!;
  const focalPx = 900 + 60 * index;
  const intrinsics: Intrinsics = {
    widthPx: 1920,
    heightPx: 1080,
    fxPx: focalPx,
    fyPx: focalPx * 1.004,
    cxPx: 965,
    cyPx: 531,
    distortion: [-0.08 + 0.02 * index, 0.03, 0.0005, -0.0004, -0.005],
  };
  const offsetS = 7.3 * index - 4.1;
  const last = options.seconds - offsetS;
  const state = createCameraState({
    pose: lookAt({ cameraInEnuM: centre, targetEnuM: [0, 0, 24] }),
    intrinsics,
    lineTimeS: (12 + 4 * index) * 1e-6,
    knotsS: [-offsetS, last],
    correctionS: [offsetS, offsetS + 1e-4 * index * options.seconds],
  });
  const { frames, uvPx } = see({ options, index, state, intrinsics, path, prng, offsetS });
  const views = {
    nominalS: frames.map((frame) => frame / options.rateHz),
    uPx: frames.map((_, i) => uvPx[i * 2]!),
    vPx: frames.map((_, i) => uvPx[i * 2 + 1]!),
  };
  return {
    state,
    intrinsics,
    views,
    input: { id: `cam${index}`, intrinsics, frameRateHz: options.rateHz, frames, uvPx, clock: null },
  };
}

interface Seeing {
  readonly options: FlightOptions;
  readonly index: number;
  readonly state: CameraState;
  readonly intrinsics: Intrinsics;
  readonly path: PathSpline;
  readonly prng: Prng;
  readonly offsetS: number;
}

function see({ options, index, state, intrinsics, path, prng, offsetS }: Seeing): {
  frames: Float64Array;
  uvPx: Float64Array;
} {
  const frames: number[] = [];
  const uvPx: number[] = [];
  const pose = { ...poseOf(state), positionSigmaM: 0, angleSigmaRad: 0 };
  const step = options.clockStep;
  for (
    let frame = Math.ceil(-offsetS * options.rateHz);
    frame <= (options.seconds - offsetS) * options.rateHz;
    frame++
  ) {
    const nominalS = frame / options.rateHz;
    const lateS = step?.index === index && nominalS + offsetS > options.seconds / 2 ? step.jumpS : 0;
    let row = intrinsics.heightPx / 2;
    let seen: readonly [number, number] | null = null;
    for (let round = 0; round < 6; round++) {
      seen = project(intrinsics, pose, positionAt(path, captureTimeS(state, nominalS, row) + lateS));
      if (seen === null) break;
      row = seen[1];
    }
    if (seen === null || !isInFrame(intrinsics, seen)) continue;
    const isWrong = prng.float() < (options.outlierShare ?? 0);
    const point = isWrong
      ? [prng.uniform(0, 1919), prng.uniform(0, 1079)]
      : [seen[0] + options.noisePx * prng.normal(), seen[1] + options.noisePx * prng.normal()];
    if (!isInFrame(intrinsics, [point[0]!, point[1]!])) continue;
    frames.push(frame);
    uvPx.push(...point);
  }
  return { frames: Float64Array.from(frames), uvPx: Float64Array.from(uvPx) };
}
