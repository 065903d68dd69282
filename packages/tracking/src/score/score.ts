/**
 * All measures of one run in one value: the radar family (GOSPA, OSPA, NEES, Pd, false tracks per hour, latency), the vision family
 * (HOTA, CLEAR, IDF1) and the errors in metres under every alignment.
 *
 * One match distance c rules them all: a pair at c or more is no pair of GOSPA, and has similarity 0.5 or less for the vision family.
 * Plain numbers throughout, so that the value prints as JSON.
 */
import { assert, subtract } from "@skyvox/core";
import { type Clear, clear } from "./clear.ts";
import { type Consistency, consistencyOf, meanBand, normalisedSquare } from "./consistency.ts";
import { type DetectionRates, detectionRates } from "./detection-rates.ts";
import { type Gospa, gospa } from "./gospa.ts";
import { type Hota, hota } from "./hota.ts";
import { type Identity, identity } from "./identity.ts";
import { ospa } from "./ospa.ts";
import { type EstimatePair, type PositionErrors, positionErrors } from "./position-errors.ts";
import type { ScoredStep, ScoredTrack, TruthAt, TruthPoint } from "./scored-run.ts";
import { MATCH_SIMILARITY, similarityOf } from "./similarity.ts";
import { type TrajectoryGospa, trajectoryGospa } from "./trajectory-gospa.ts";

/** How a run is scored. */
export interface ScoreOptions {
  /** The match distance c, metres. */
  readonly cutoffM: number;
  /** The price of a switch in the GOSPA of the run, metres. */
  readonly switchM: number;
  /** How far the time fit may move the truth, seconds. */
  readonly fitWindowS: number;
  /**
   * What the errors and NEES are taken from: `near` pairs of GOSPA; `only` pairs the one target there is with the track that lives
   * longest of those in the step, whatever their distance, for tracks in a frame or clock of their own.
   */
  readonly pairing: "near" | "only";
}

/** The match distance of the published comparisons, and what else is taken where nothing is said. */
export const defaultScoreOptions: ScoreOptions = { cutoffM: 5, switchM: 2, fitWindowS: 1, pairing: "near" };

/** What one step contributes; metres, and counts of targets and tracks. `nees` is null where no pair has a covariance. */
export interface StepScore {
  readonly timeS: number;
  readonly gospaM: number;
  readonly ospaM: number;
  readonly truthCount: number;
  readonly matchedCount: number;
  readonly missedCount: number;
  readonly falseCount: number;
  readonly nees: number | null;
  readonly neesLow: number;
  readonly neesHigh: number;
}

/** GOSPA over the steps: the mean, the mean shares in square metres, and the rms of localised pairs. */
export interface MeanGospa {
  readonly gospaM: number;
  readonly localisationM2: number;
  readonly missedM2: number;
  readonly falseM2: number;
  readonly missedCount: number;
  readonly falseCount: number;
  readonly pairRmsM: number;
}

/** Everything that is known of a run; lengths in metres, times in seconds. */
export interface Score {
  readonly options: ScoreOptions;
  readonly stepCount: number;
  readonly startS: number;
  readonly endS: number;
  readonly targetCount: number;
  readonly gospa: MeanGospa;
  readonly trajectoryGospa: TrajectoryGospa;
  readonly ospaM: number;
  readonly hota: Hota;
  /** `motpM` is the mean distance of matched pairs. */
  readonly clear: Clear & { readonly motpM: number };
  readonly identity: Identity;
  readonly rates: DetectionRates;
  /** Of position, 3 degrees of freedom. */
  readonly nees: Consistency;
  readonly errors: readonly PositionErrors[];
  readonly steps: readonly StepScore[];
}

/**
 * Scores a run.
 *
 * @throws {AssertionError} without steps, or when `only` pairing meets more than one target.
 */
export function scoreRun(steps: readonly ScoredStep[], truthAt: TruthAt, options: ScoreOptions): Score {
  assert(steps.length > 0, "a run to be scored has at least one step");
  const { cutoffM, switchM, fitWindowS } = options;
  const found = steps.map((step) => gospa(placesOf(step.truth), placesOf(step.tracks), { cutoffM }));
  const nearest = found.map(({ estimateOfTruth }) => estimateOfTruth);
  const paired = options.pairing === "near" ? nearest : onlyTarget(steps);
  const squares = steps.map((step, index) => squaresOf(step, paired[index]!));
  const run = similarityOf(steps, cutoffM);
  const cleared = clear(run);
  const stepScores = steps.map((step, index) => stepScoreOf(step, found[index]!, squares[index]!, cutoffM));
  return {
    options,
    stepCount: steps.length,
    startS: steps[0]!.timeS,
    endS: steps.at(-1)!.timeS,
    targetCount: run.truthCount,
    gospa: meanGospaOf(found),
    trajectoryGospa: trajectoryGospa(steps, { cutoffM, switchM }),
    ospaM: meanOf(stepScores.map(({ ospaM }) => ospaM)),
    hota: hota(run),
    clear: {
      ...cleared,
      motpM: cleared.truePositives === 0 ? 0 : ((1 - cleared.motp) * cutoffM) / (1 - MATCH_SIMILARITY),
    },
    identity: identity(run),
    rates: detectionRates(steps, nearest),
    nees: consistencyOf(squares, 3),
    errors: positionErrors(pairsOf(steps, paired), truthAt, fitWindowS),
    steps: stepScores,
  };
}

function placesOf(points: readonly (TruthPoint | ScoredTrack)[]): ScoredTrack["positionEnuM"][] {
  return points.map(({ positionEnuM }) => positionEnuM);
}

/** Pairs the one target with the track of most steps; the lower id where two have as many. */
function onlyTarget(steps: readonly ScoredStep[]): Int32Array[] {
  const lives = new Map<number, number>();
  for (const { truth, tracks } of steps) {
    assert(truth.length <= 1, "there is one target");
    for (const { id } of tracks) lives.set(id, (lives.get(id) ?? 0) + 1);
  }
  const life = ({ id }: ScoredTrack): number => lives.get(id) ?? 0;
  return steps.map(({ truth, tracks }) => {
    const longest = tracks.toSorted((a, b) => life(b) - life(a) || a.id - b.id)[0];
    return new Int32Array(truth.length).fill(longest === undefined ? -1 : tracks.indexOf(longest));
  });
}

function squaresOf({ truth, tracks }: ScoredStep, trackOfTruth: Int32Array): number[] {
  return truth.flatMap(({ positionEnuM }, row) => {
    const track = tracks[trackOfTruth[row]!];
    if (track === undefined) return [];
    return normalisedSquare(subtract(track.positionEnuM, positionEnuM), track.covarianceM2) ?? [];
  });
}

function pairsOf(steps: readonly ScoredStep[], trackOfTruth: readonly Int32Array[]): EstimatePair[] {
  return steps.flatMap(({ timeS, truth, tracks }, index) =>
    truth.flatMap(({ name }, row) => {
      const track = tracks[trackOfTruth[index]![row]!];
      return track === undefined ? [] : { timeS, name, positionEnuM: track.positionEnuM };
    }),
  );
}

function stepScoreOf(step: ScoredStep, found: Gospa, squares: readonly number[], cutoffM: number): StepScore {
  const band = meanBand(Math.max(1, squares.length), 3);
  return {
    timeS: step.timeS,
    gospaM: found.gospaM,
    ospaM: ospa(placesOf(step.truth), placesOf(step.tracks), { cutoffM, order: 2 }).ospaM,
    truthCount: step.truth.length,
    matchedCount: found.matchedCount,
    missedCount: found.missedCount,
    falseCount: found.falseCount,
    nees: squares.length === 0 ? null : meanOf(squares),
    neesLow: band.low,
    neesHigh: band.high,
  };
}

function meanGospaOf(found: readonly Gospa[]): MeanGospa {
  const mean = (pick: (step: Gospa) => number): number => meanOf(found.map(pick));
  const localisationM2 = mean((step) => step.localisationM2);
  return {
    gospaM: mean((step) => step.gospaM),
    localisationM2,
    missedM2: mean((step) => step.missedM2),
    falseM2: mean((step) => step.falseM2),
    missedCount: mean((step) => step.missedCount),
    falseCount: mean((step) => step.falseCount),
    pairRmsM: Math.sqrt(
      localisationM2 /
        Math.max(
          Number.MIN_VALUE,
          mean((step) => step.matchedCount),
        ),
    ),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
