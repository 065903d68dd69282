/**
 * Scenes of physics ready to run: rings of visible and thermal cameras around a patch of sky, and one camera for what it sees at what range.
 *
 * Pictures are windows of a large sensor: as many pixels as are worth drawing at the angle per pixel of the whole. What a window cuts off
 * are pixels without targets; those that it shows are crowded the more.
 */
import {
  type CameraId,
  cameraId,
  createPrng,
  type Intrinsics,
  lookAt,
  multiply3,
  type PixelUv,
  type Pose,
  type Prng,
  SkyvoxError,
  transformTransposed3,
  type Vec3,
} from "@skyvox/core";
import { circling, harmonicPath, swinging } from "./path.ts";
import type { Air, PixelBody, PixelCamera, PixelScene, PixelTarget } from "./pixel-scene.ts";
import { monoSensor, type Sensor, thermalSensor } from "./sensor.ts";

/** The names {@link pixelPreset} knows. */
export const pixelPresetNames = ["long-range", "short-range"] as const;

/**
 * Returns a scene of physics by name.
 *
 * - `long-range` ten pairs of 200 mm lenses, 4 km around 200 targets of 0.2 m; windows of 1920 by 1080 and 640 by 360
 * - `short-range` four pairs of 50 mm lenses, 600 m around 6 targets; windows of 640 by 480 and 160 by 120
 *
 * @throws {SkyvoxError} code "usage" for a name that is no such scene.
 */
export function pixelPreset(name: string, seed = 1): PixelScene {
  if (name === "long-range") {
    const window = { mono: { widthPx: 1920, heightPx: 1080 }, thermal: { widthPx: 640, heightPx: 360 } };
    const lens = { mono: { focalMm: 200, fNumber: 4 }, thermal: { focalMm: 200, netdMk: 30 } };
    return ring({ name, seed, pairCount: 10, targetCount: 200, rangeM: 4000, lens, window });
  }
  if (name === "short-range") {
    const window = { mono: { widthPx: 640, heightPx: 480 }, thermal: { widthPx: 160, heightPx: 120 } };
    const lens = { mono: { focalMm: 50, fNumber: 2.8 }, thermal: { focalMm: 50, netdMk: 40 } };
    return ring({ name, seed, pairCount: 4, targetCount: 6, rangeM: 600, lens, window });
  }
  throw new SkyvoxError("usage", `Cannot open scene: "${name}", need one of ${pixelPresetNames.join(", ")}`);
}

/** A lens and where its camera looks from, for {@link rangeScene}. */
export interface RangeSceneOptions {
  readonly seed: number;
  readonly focalMm: number;
  readonly fNumber: number;
  readonly contrast: number;
  /** Distances of the targets, metres: one target each. */
  readonly rangesM: readonly number[];
}

/**
 * Makes one visible camera that looks at targets of 0.2 m at given ranges, each in a lane of its own that it crosses at six pixels a frame.
 *
 * A lane takes 64 frames from one target's place to the next one's: no pixel is visited twice before.
 */
export function rangeScene({ seed, focalMm, fNumber, contrast, rangesM }: RangeSceneOptions): PixelScene {
  const sensor = monoSensor({ focalMm, fNumber });
  const lanes = Math.ceil(rangesM.length / TARGETS_PER_LANE);
  const size = { widthPx: (TARGETS_PER_LANE + 1) * LANE_STEP_PX, heightPx: (lanes + 1) * LANE_HEIGHT_PX };
  const pose = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 1000, 300] });
  const prng = createPrng(seed).fork("ranges");
  const targets = rangesM.map((rangeM, index): PixelTarget => {
    const inLane = index % TARGETS_PER_LANE;
    const start: PixelUv = [
      LANE_STEP_PX * (inLane + prng.uniform(0.1, 0.2)),
      LANE_HEIGHT_PX * (Math.floor(index / TARGETS_PER_LANE) + prng.uniform(0.9, 1.1)),
    ];
    const pxPerS: PixelUv = [LANE_PX_PER_S, prng.uniform(-4, 4)];
    return {
      name: `at-${Math.round(rangeM)}-m-${index}`,
      ...DRONE,
      contrast,
      pathAt: lanePath({ pose, sensor, size, rangeM, start, pxPerS }),
    };
  });
  const camera = pixelCamera({ id: cameraId("a"), sensor, size, pose, truePose: pose, prng });
  return {
    name: "range",
    seed,
    volume: { minM: [-1000, 100, 0], maxM: [1000, 12_000, 4000], voxelSizeM: 100 },
    air: AIR,
    cameras: [{ ...camera, clockOffsetS: 0, lineTimeS: 0 }],
    pairs: new Map(),
    targets,
    clutter: [],
  };
}

/** A path across the picture at one range: straight and even in pixels. */
function lanePath(lane: {
  readonly pose: Pose;
  readonly sensor: Sensor;
  readonly size: Size;
  readonly rangeM: number;
  readonly start: PixelUv;
  readonly pxPerS: PixelUv;
}): PixelTarget["pathAt"] {
  const { pose, sensor, size, rangeM, start, pxPerS } = lane;
  const scaleM = rangeM * sensor.pixelAngleRad;
  const enuOf = (right: number, down: number, ahead: number) =>
    transformTransposed3(pose.cameraFromEnu, [right * scaleM, down * scaleM, ahead]);
  return (tSeconds) => {
    const right = start[0] + pxPerS[0] * tSeconds - (size.widthPx - 1) / 2;
    const down = start[1] + pxPerS[1] * tSeconds - (size.heightPx - 1) / 2;
    return { positionEnuM: enuOf(right, down, rangeM), velocityEnuMps: enuOf(pxPerS[0], pxPerS[1], 0) };
  };
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

function ring(options: {
  readonly name: string;
  readonly seed: number;
  readonly pairCount: number;
  readonly targetCount: number;
  readonly rangeM: number;
  readonly lens: {
    readonly mono: Parameters<typeof monoSensor>[0];
    readonly thermal: Parameters<typeof thermalSensor>[0];
  };
  readonly window: { readonly mono: Size; readonly thermal: Size };
}): PixelScene {
  const { name, seed, pairCount, targetCount, rangeM, lens, window } = options;
  const prng = createPrng(seed).fork(name);
  const [mono, thermal] = [monoSensor(lens.mono), thermalSensor(lens.thermal)];
  const aim: Vec3 = [0, 0, rangeM * Math.sin(ELEVATION_RAD)];
  // What every camera sees: of a level disc the far edge stands higher in the picture than the near one.
  const footprint = mono.pixelAngleRad * rangeM;
  const radiusM = 0.36 * window.mono.widthPx * footprint;
  const halfHeightM = 0.4 * window.mono.heightPx * footprint - radiusM * Math.sin(ELEVATION_RAD);
  const masts = Array.from({ length: pairCount }, (_, index) => {
    const bearingRad = (2 * Math.PI * index) / pairCount + prng.uniform(-0.1, 0.1);
    const groundM = rangeM * Math.cos(ELEVATION_RAD);
    const at: Vec3 = [groundM * Math.sin(bearingRad), groundM * Math.cos(bearingRad), prng.uniform(2, 12)];
    return pairOn({ at, aim, number: index + 1, mono, thermal, window, prng: prng.fork(`mast ${index + 1}`) });
  });
  const cameras = masts.flat();
  const corner = (sign: number): Vec3 => [
    sign * radiusM * 1.2,
    sign * radiusM * 1.2,
    aim[2] + sign * halfHeightM * 1.4,
  ];
  return {
    name,
    seed,
    volume: { minM: corner(-1), maxM: corner(1), voxelSizeM: Math.ceil((20 * rangeM) / VOXELS_IN_RANGE) / 20 },
    air: AIR,
    cameras,
    pairs: new Map(masts.map(([visible, warm]) => [visible.id, warm.id])),
    targets: Array.from({ length: targetCount }, (_, index) => drone(index, aim, radiusM, halfHeightM, prng)),
    clutter: cameras.filter(({ sensor }) => sensor.kind === "mono").map((camera) => bird(camera, aim, prng)),
  };
}

/** A visible and a thermal camera on one mast: they share its error, and were aimed alike to a tenth of it. */
function pairOn(options: {
  readonly at: Vec3;
  readonly aim: Vec3;
  readonly number: number;
  readonly mono: Sensor;
  readonly thermal: Sensor;
  readonly window: { readonly mono: Size; readonly thermal: Size };
  readonly prng: Prng;
}): [PixelCamera, PixelCamera] {
  const { at, aim, number, mono, thermal, window, prng } = options;
  const cameraOn = (sensor: Sensor, aboveM: number): PixelCamera => {
    const id = cameraId(`${sensor.kind}-${number}`);
    const pose = lookAt({ ...POSE_SIGMAS, cameraInEnuM: [at[0], at[1], at[2] + aboveM], targetEnuM: aim });
    const onMast = disturbed(pose, 1, prng.fork("error of the mast"));
    const truePose = disturbed(onMast, BORESIGHT_SHARE, prng.fork(`boresight of ${sensor.kind}`));
    return pixelCamera({ id, sensor, size: window[sensor.kind], pose, truePose, prng: prng.fork(sensor.kind) });
  };
  return [cameraOn(mono, 0), cameraOn(thermal, THERMAL_ABOVE_M)];
}

/** A multirotor that circles, within the disc of `radiusM` around `aim` and half of `halfHeightM` of its height. */
function drone(index: number, aim: Vec3, radiusM: number, halfHeightM: number, prng: Prng): PixelTarget {
  const turnM = prng.uniform(0.2, 0.4) * radiusM;
  const bearingRad = prng.uniform(0, 2 * Math.PI);
  const outM = (radiusM - turnM) * Math.sqrt(prng.float());
  const upM = aim[2] + prng.uniform(-0.7, 0.7) * halfHeightM;
  const centre: Vec3 = [outM * Math.sin(bearingRad), outM * Math.cos(bearingRad), upM];
  const speedMps = prng.uniform(4, 12);
  const rateRadps = ((prng.float() < 0.5 ? -1 : 1) * speedMps) / turnM;
  const phase = prng.uniform(0, 2 * Math.PI);
  const climb = swinging(2, 0.3 * halfHeightM, prng.uniform(0.2, 0.6), phase);
  return {
    name: `drone-${index + 1}`,
    ...DRONE,
    contrast: prng.uniform(-0.9, -0.4),
    warmthK: prng.uniform(5, 10),
    pathAt: harmonicPath(centre, [circling(turnM, rateRadps, phase), climb]),
  };
}

/** A bird that circles before a camera, a fifth of the way to the targets. */
function bird({ pose }: PixelCamera, aim: Vec3, prng: Prng): PixelBody {
  const share = prng.uniform(0.15, 0.25);
  const between = (axis: 0 | 1 | 2) => pose.cameraInEnuM[axis] + share * (aim[axis] - pose.cameraInEnuM[axis]);
  const circle = circling(prng.uniform(3, 6), prng.uniform(1, 2), prng.uniform(0, 2 * Math.PI));
  return {
    radiusM: prng.uniform(0.15, 0.3),
    fill: 0.4,
    contrast: -0.6,
    warmthK: 6,
    flapHz: prng.uniform(3, 8),
    pathAt: harmonicPath([between(0), between(1), between(2)], [circle]),
  };
}

function pixelCamera(options: {
  readonly id: CameraId;
  readonly sensor: Sensor;
  readonly size: Size;
  readonly pose: Pose;
  readonly truePose: Pose;
  readonly prng: Prng;
}): PixelCamera {
  const { id, sensor, size, pose, truePose, prng } = options;
  const focalPx = 1 / sensor.pixelAngleRad;
  const middle = { cxPx: (size.widthPx - 1) / 2, cyPx: (size.heightPx - 1) / 2 };
  const intrinsics: Intrinsics = { ...size, fxPx: focalPx, fyPx: focalPx, ...middle, distortion: [0, 0, 0, 0, 0] };
  return {
    id,
    intrinsics,
    sensor,
    pose,
    truePose,
    frameRateHz: 30,
    clockOffsetS: CLOCK_SIGMA_S * prng.normal(),
    jitterPx: sensor.kind === "mono" ? 0.3 : 0.08,
    lineTimeS: sensor.kind === "mono" ? 5e-6 : 0,
    hotPixelCount: Math.round(1e-5 * size.widthPx * size.heightPx),
  };
}

/** A pose off by a share of its sigmas. */
function disturbed(pose: Pose, share: number, prng: Prng): Pose {
  const { positionSigmaM, angleSigmaRad, cameraInEnuM, cameraFromEnu } = pose;
  const turn = () => share * angleSigmaRad * prng.normal();
  const [x, y, z] = [turn(), turn(), turn()];
  const off = (axis: 0 | 1 | 2) => cameraInEnuM[axis] + share * positionSigmaM * prng.normal();
  return {
    ...pose,
    cameraInEnuM: [off(0), off(1), off(2)],
    // A tenth of a milliradian: the square of the angle is of no account.
    cameraFromEnu: multiply3([1, -z, y, z, 1, -x, -y, x, 1], cameraFromEnu),
  };
}

const DRONE = { radiusM: 0.1, fill: 0.35, warmthK: 7, flapHz: 0 };
/** 23 km of visibility and half of a thermal contrast left at 5 km, under clouds at 2.5 km in a wind of 8 m/s. */
const AIR: Air = {
  visibilityM: 23_000,
  thermalExtinctionPerM: Math.LN2 / 5000,
  cloudBaseM: 2500,
  windMps: [7, 4],
};
/** Rays reach about 1.3 times the range, and no grid holds rays of 2048 voxels. */
const VOXELS_IN_RANGE = 1400;
const ELEVATION_RAD = 0.3;
const POSE_SIGMAS = { positionSigmaM: 0.02, angleSigmaRad: (0.005 * Math.PI) / 180 };
const BORESIGHT_SHARE = 0.1;
const THERMAL_ABOVE_M = 0.4;
const CLOCK_SIGMA_S = 0.5e-3;
const TARGETS_PER_LANE = 4;
const LANE_STEP_PX = 384;
const LANE_HEIGHT_PX = 48;
const LANE_PX_PER_S = 180;
