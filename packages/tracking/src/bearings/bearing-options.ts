/**
 * What the bearing tracker assumes about targets, cameras and false bearings, with the defaults in one place.
 *
 * Every number has its unit in its name or comment; probabilities are per camera and picture unless they say otherwise.
 */

/** The options of a bearing tracker; `defaultBearingOptions` holds a value for each. */
export interface BearingOptions {
  /** Chance that a target in the picture of a camera gives a bearing, 0 … 1 exclusive. */
  readonly detectionProbability: number;
  /** Chance that a target's own bearing falls inside its gate. */
  readonly gateProbability: number;
  /** False bearings expected in a picture at least; what a camera shows beyond its tracks is learnt. */
  readonly falseBearingsMin: number;
  /** Targets expected per cubic metre where none is followed yet. */
  readonly targetsPerM3: number;
  /** Chance that a track begun by false bearings is ever confirmed. */
  readonly falseConfirmProbability: number;
  /** Chance that the track of a target that is still there is deleted by one run of bad luck. */
  readonly trueDeleteProbability: number;
  /** One standard deviation of a target's velocity per axis, metres per second; what is known of a target seen once. */
  readonly speedMps: number;
  /** One standard deviation by which a target's velocity wanders per axis in one second, metres per second squared. */
  readonly accelerationMps2: number;
  /** The same two for what one camera alone sees, in angle: radians per second, and radians per second squared. */
  readonly turnRps: number;
  readonly turnRps2: number;
  /** Misses of a camera closer together than this share their cause (an occluder, a pause of motion) and count as one, seconds. */
  readonly missCorrelationS: number;
  /** A track that no camera saw for longer than this is deleted, whatever its score, seconds. */
  readonly coastSecondsMax: number;
  /** A track whose place is not known to within this (the root of the sum of its variances) is not reported until it is, metres. */
  readonly placeSigmaMaxM: number;
  /** How near to and how far from a camera a track may begin, metres. */
  readonly rangeMinM: number;
  readonly rangeMaxM: number;
  /** Views wait this long for late ones, so that all are taken in the order of their capture; what comes later still is counted, seconds. */
  readonly lagS: number;
  /** Views captured this close together update a track in one go, seconds. */
  readonly groupS: number;
  /** How far back the last view of a camera may lie to take part in a birth, seconds. */
  readonly birthWindowS: number;
  /** Tracks alive at once, tentative ones included. When full, births are refused and counted. */
  readonly tracksMax: number;
  /** Bearings taken per view. When there are more, the rest is dropped and counted. */
  readonly bearingsMax: number;
}

/** Small drones seen by ordinary cameras at 10 … 60 pictures per second. */
export const defaultBearingOptions: BearingOptions = {
  detectionProbability: 0.9,
  gateProbability: 0.9999,
  falseBearingsMin: 0.1,
  targetsPerM3: 1e-8,
  falseConfirmProbability: 1e-6,
  trueDeleteProbability: 1e-3,
  speedMps: 10,
  accelerationMps2: 4,
  turnRps: 0.1,
  turnRps2: 0.05,
  missCorrelationS: 0.2,
  coastSecondsMax: 2,
  placeSigmaMaxM: 50,
  rangeMinM: 2,
  rangeMaxM: 10_000,
  lagS: 0,
  groupS: 0.002,
  birthWindowS: 0.06,
  tracksMax: 1024,
  bearingsMax: 4096,
};

/** Says in one line what is wrong with the options, or returns null where nothing is. */
export function bearingOptionsProblem(options: BearingOptions): string | null {
  for (const name of PROBABILITIES) {
    if (!(options[name] > 0 && options[name] < 1)) return `${name} is ${options[name]}, need a number between 0 and 1`;
  }
  for (const name of POSITIVES) {
    if (!(options[name] > 0 && Number.isFinite(options[name]))) return `${name} is ${options[name]}, need more than 0`;
  }
  for (const name of SPANS) {
    if (!(options[name] >= 0 && options[name] < 3600)) return `${name} is ${options[name]}, need 0 to 3600`;
  }
  for (const name of ["tracksMax", "bearingsMax"] as const) {
    if (!(Number.isInteger(options[name]) && options[name] >= 1 && options[name] <= LIMIT_MAX)) {
      return `${name} is ${options[name]}, need an integer from 1 to ${LIMIT_MAX}`;
    }
  }
  if (options.rangeMinM >= options.rangeMaxM) {
    return `rangeMinM is ${options.rangeMinM}, need less than rangeMaxM, ${options.rangeMaxM}`;
  }
  return null;
}

const PROBABILITIES = [
  "detectionProbability",
  "gateProbability",
  "falseConfirmProbability",
  "trueDeleteProbability",
] as const;
const POSITIVES = [
  "falseBearingsMin",
  "targetsPerM3",
  "speedMps",
  "accelerationMps2",
  "turnRps",
  "turnRps2",
  "missCorrelationS",
  "coastSecondsMax",
  "placeSigmaMaxM",
  "rangeMinM",
  "rangeMaxM",
] as const;
const SPANS = ["lagS", "groupS", "birthWindowS"] as const;
const LIMIT_MAX = 65536;
