/**
 * What the tracker assumes about targets, sensors and clutter, with the defaults in one place.
 *
 * Every number has its unit in its name or comment; probabilities are per frame set unless they say otherwise.
 */

import { MOTION_MODELS } from "./manoeuvre-models.ts";
import type { MotionOptions } from "./motion-filters.ts";

/** The options of a tracker; `defaultTrackerOptions` holds a value for each. */
export interface TrackerOptions extends MotionOptions {
  /** Chance that a target in view gives a detection in one frame set, 0 … 1 exclusive. */
  readonly detectionProbability: number;
  /** False detections per cubic metre and frame set: expected false detections divided by the watched volume. */
  readonly clutterPerM3: number;
  /** Share of false tracks that come from something that stays where it is: a hole that a target left in the background, 0 … 1. */
  readonly stillShare: number;
  /** Chance that a track begun by a false detection is ever confirmed. */
  readonly falseConfirmProbability: number;
  /** Chance that the track of a target that is still there is deleted by one run of bad luck. */
  readonly trueDeleteProbability: number;
  /** Chance that a target's own detection falls inside its gate. */
  readonly gateProbability: number;
  /** Misses closer together than this share their cause (an occluder, a pause of motion) and count as one, seconds. */
  readonly missCorrelationS: number;
  /** A track without a detection for longer than this is deleted, whatever its score, seconds. */
  readonly coastSecondsMax: number;
  /** How late a frame set may come after later ones and still be taken, seconds; 0: frame sets come in order of time. */
  readonly lateSecondsMax: number;
  /** Explanations kept for tracks that compete for the same detections; 1 decides in every step for good (global nearest neighbour). */
  readonly hypothesesMax: number;
  /** Steps after which an open question is decided for good. */
  readonly deferStepsMax: number;
  /** Assignment problems solved in one step for one group of tracks that compete; past it the likeliest explanation is believed, and counted. */
  readonly solvesMax: number;
  /** Tracks alive at once, tentative ones included. When full, new tracks are refused and counted. */
  readonly tracksMax: number;
  /** Detections taken per step. When there are more, the ones of least weight are dropped and counted. */
  readonly detectionsMax: number;
}

/** Small drones, birds and people at 10 … 60 frame sets per second, about one false detection per 100 000 cubic metres. */
export const defaultTrackerOptions: TrackerOptions = {
  detectionProbability: 0.9,
  clutterPerM3: 1e-5,
  stillShare: 0.1,
  falseConfirmProbability: 1e-6,
  trueDeleteProbability: 1e-3,
  gateProbability: 0.9999,
  motionModels: ["velocity"],
  speedMps: 10,
  accelerationMps2: 4,
  manoeuvreMps2: 10,
  missCorrelationS: 0.2,
  coastSecondsMax: 2,
  lateSecondsMax: 0,
  hypothesesMax: 20,
  deferStepsMax: 5,
  solvesMax: 500,
  tracksMax: 1024,
  detectionsMax: 4096,
};

/** Says in one line what is wrong with the options, or returns null where nothing is. */
export function trackerOptionsProblem(options: TrackerOptions): string | null {
  const probabilities = [
    "detectionProbability",
    "stillShare",
    "falseConfirmProbability",
    "trueDeleteProbability",
    "gateProbability",
  ] as const;
  for (const name of probabilities) {
    if (!(options[name] > 0 && options[name] < 1)) return `${name} is ${options[name]}, need a number between 0 and 1`;
  }
  const positives = [
    "clutterPerM3",
    "speedMps",
    "accelerationMps2",
    "manoeuvreMps2",
    "missCorrelationS",
    "coastSecondsMax",
  ] as const;
  for (const name of positives) {
    if (!(options[name] > 0 && Number.isFinite(options[name]))) return `${name} is ${options[name]}, need more than 0`;
  }
  if (!(options.lateSecondsMax >= 0 && Number.isFinite(options.lateSecondsMax))) {
    return `lateSecondsMax is ${options.lateSecondsMax}, need 0 or more`;
  }
  const counts = {
    hypothesesMax: [1, 64],
    deferStepsMax: [DEFER_STEPS_MIN, 32],
    solvesMax: [1, 65536],
    tracksMax: [1, 65536],
    detectionsMax: [1, 65536],
  } as const;
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
    const [least, most] = counts[name];
    if (!(Number.isInteger(options[name]) && options[name] >= least && options[name] <= most)) {
      return `${name} is ${options[name]}, need an integer from ${least} to ${most}`;
    }
  }
  const models = options.motionModels;
  const isKnown = models.every((model, place) => MOTION_MODELS.includes(model) && models.indexOf(model) === place);
  if (models.length === 0 || !isKnown) {
    return `motionModels is "${models.join(" ")}", need one or more of ${MOTION_MODELS.join(", ")}, each once`;
  }
  return null;
}

/** Branches are merged by what they share of so many steps. */
const DEFER_STEPS_MIN = 3;
