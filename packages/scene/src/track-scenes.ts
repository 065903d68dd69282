/**
 * Scenes for trackers: detections of point targets in metres, with clutter, misses and the truth behind them; no cameras, no pixels.
 *
 * - `s1` 200 targets that wander in 1000 x 1000 x 300 m among 100 false detections a scan; 60 scans
 * - `s2` the same crowd in 150 x 150 x 45 m among 400 false ones; 30 scans
 * - `s3` 100 pairs that cross at less than two standard deviations of a detection, seen nine times in ten; 60 scans
 * - `s4` 50 fast targets that fly straight and turn at 3 g by turns; 120 scans
 * - `s5` 1000 targets in the box of s1 among 500 false ones; 60 scans
 *
 * A scan every 0.1 s from 0.1 s on. All targets live from the first to the last scan, and there are no walls: many leave the box that
 * the clutter fills. `s1`, `s2` and `s5` of seed 1 are the draws of the Python script that other trackers were measured on, to the last
 * digit (see `numpy-random.ts`). A shorter run is the beginning of a longer one, except of `s3`, whose paths are drawn from the crossing
 * outwards.
 */
import { assert, type Detection, nsFromSeconds, type Vec3 } from "@skyvox/core";
import { crossingPaths } from "./crossing-paths.ts";
import { createNumpyRandom, type NumpyRandom } from "./numpy-random.ts";
import type { PathState } from "./path.ts";
import { turningPaths } from "./turning-paths.ts";
import { type NextStates, SCAN_PERIOD_S, wanderingPaths } from "./wandering-paths.ts";

/** Names of the scenes. */
export const trackSceneNames = ["s1", "s2", "s3", "s4", "s5"] as const;

/** One of them. */
export type TrackSceneName = (typeof trackSceneNames)[number];

/** What a tracker may know of a scene, and the scans. */
export interface TrackScene {
  readonly targetCount: number;
  /** Mean number of false detections per scan. */
  readonly clutterMean: number;
  /** The box from the origin that false detections fill evenly, metres. */
  readonly boxM: Vec3;
  readonly detectionProbability: number;
  /** Standard deviation of a detection per axis, metres. */
  readonly sigmaM: number;
  readonly scans: readonly TrackScan[];
}

/** One scan: what was detected, in no order, and where the targets are. */
export interface TrackScan {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly truth: readonly TargetState[];
}

/** Where one target is; `name` identifies it over time. */
export interface TargetState extends PathState {
  readonly name: string;
}

/** How a scene is drawn: what is known of it and its paths. */
interface Recipe extends Omit<TrackScene, "scans"> {
  readonly scanCount: number;
  paths(random: NumpyRandom, recipe: Recipe): NextStates;
}

const sensor = { detectionProbability: 0.95, sigmaM: 0.5, paths: wanderingPaths } as const;

const recipes: Readonly<Record<TrackSceneName, Recipe>> = {
  s1: { ...sensor, targetCount: 200, clutterMean: 100, boxM: [1000, 1000, 300], scanCount: 60 },
  s2: { ...sensor, targetCount: 200, clutterMean: 400, boxM: [150, 150, 45], scanCount: 30 },
  s3: {
    ...sensor,
    targetCount: 200,
    clutterMean: 100,
    boxM: [1000, 1000, 300],
    detectionProbability: 0.9,
    scanCount: 60,
    paths: crossingPaths,
  },
  s4: { ...sensor, targetCount: 50, clutterMean: 20, boxM: [2000, 2000, 300], scanCount: 120, paths: turningPaths },
  s5: { ...sensor, targetCount: 1000, clutterMean: 500, boxM: [1000, 1000, 300], scanCount: 60 },
};

/** Draws a scene; `scanCount` shortens or lengthens it. */
export function trackScene(
  name: TrackSceneName,
  { seed = 1, scanCount }: { seed?: number; scanCount?: number } = {},
): TrackScene {
  const recipe = { ...recipes[name], ...(scanCount === undefined ? {} : { scanCount }) };
  assert(Number.isInteger(recipe.scanCount) && recipe.scanCount >= 1, "a scene has at least one scan");
  const random = createNumpyRandom(seed);
  const next = recipe.paths(random, recipe);
  const { targetCount, clutterMean, boxM, detectionProbability, sigmaM } = recipe;
  const scans = Array.from({ length: recipe.scanCount }, (_, index) => {
    const states = next();
    const timeNs = nsFromSeconds(SCAN_PERIOD_S * (index + 1));
    const detections = detect(random, recipe, states).map((positionEnuM) =>
      pointDetection(timeNs, positionEnuM, sigmaM),
    );
    return { timeNs, detections, truth: states.map((state, target) => ({ name: `t${target}`, ...state })) };
  });
  return { targetCount, clutterMean, boxM, detectionProbability, sigmaM, scans };
}

/** Draws who is seen, the noise of those, the number and places of false ones, and an order. */
function detect(random: NumpyRandom, recipe: Recipe, states: readonly PathState[]): Vec3[] {
  const { detectionProbability, sigmaM, clutterMean, boxM } = recipe;
  const seen = states.filter(() => random.float() < detectionProbability);
  const noisy = (value: number): number => value + sigmaM * random.normal();
  const rows: Vec3[] = seen.map(({ positionEnuM: [e, n, u] }) => [noisy(e), noisy(n), noisy(u)]);
  const clutterCount = random.poisson(clutterMean);
  for (let k = 0; k < clutterCount; k++) {
    rows.push([random.float() * boxM[0], random.float() * boxM[1], random.float() * boxM[2]]);
  }
  random.shuffle(rows);
  return rows;
}

/** A detection with the same sigma on every axis, as four cameras see a point. */
function pointDetection(timeNs: bigint, positionEnuM: Vec3, sigmaM: number): Detection {
  const variance = sigmaM * sigmaM;
  return {
    timeNs,
    positionEnuM,
    covarianceM2: [variance, 0, 0, 0, variance, 0, 0, 0, variance],
    extentM: [0, 0, 0],
    cameraBits: 0b1111,
    cameraCount: 4,
    weight: 1000,
  };
}
