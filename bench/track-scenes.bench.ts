/**
 * The tracker on the scenes that trackers are measured on: time per scan, GOSPA, identity and consistency beside what was promised.
 *
 * Every scene is run twice, with one hypothesis (decided in every scan) and with several (the default). Times are those of the second half
 * of each scene's scans, over all rounds with a new tracker each; the first round is not timed. A fixed piece of work, a dense assignment
 * of 200 rows to 300 columns, is timed in between: on a busy machine times are read as multiples of it. GOSPA (c = 5 m, p = 2), missed and
 * false are means over the second half too, identity over all scans. The tracker knows of a scene what the scene says of itself: clutter
 * density, detection probability, drift. No tracker can do better than GOSPA 7.934 on s1: that is what a Kalman filter reaches that is
 * told which detection is whose. In s4 one hypothesis goes with the best of several single motion models, several with interacting ones.
 */
import { type Clock, createPrng, type Mat3, secondsFromNs, systemClock } from "@skyvox/core";
import { type TrackScene, type TrackSceneName, trackScene } from "@skyvox/scene";
import {
  defaultScoreOptions,
  type Score,
  type ScoredStep,
  scoreRun,
  solveAssignment,
  Tracker,
  type TrackerOptions,
} from "@skyvox/tracking";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  median,
} from "./harness.ts";
import { targets } from "./targets.ts";

export const bench: Bench = {
  name: "track-scenes",
  subject: "tracking",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const names: readonly TrackSceneName[] = small ? ["s1", "s2"] : ["s1", "s2", "s3", "s4", "s5"];
    const scanCount = small ? 6 : undefined;
    const found = names.map((name) => ({
      one: measure(name, "one", scanCount, rounds),
      several: measure(name, "several", scanCount, rounds),
    }));
    return {
      rows: found.flatMap(({ one, several }) => [...rowsOf(several), ...rowsOf(one)]),
      // Too few scans to confirm anything: only times are set against targets in the small size.
      targets: found.flatMap(({ one, several }) => [
        ...timeTargets(several),
        ...(small ? [] : [...qualityTargets(several), ...comparisons(one, several)]),
      ]),
      leftOut: ["Stone Soup and MATLAB on the same scans: neither is started here"],
      digest: digestOf(
        ...found.flatMap(({ one, several }) => [one, several].map((run) => Float64Array.from(run.gospaM))),
      ),
    };
  },
};

/** How a tracker is told that targets move. */
type Motion = Pick<TrackerOptions, "motionModels" | "speedMps" | "accelerationMps2" | "manoeuvreMps2">;

/** One hypothesis or several. */
type Mode = "one" | "several";

const wandering: readonly Motion[] = [
  { motionModels: ["velocity"], speedMps: 10, accelerationMps2: 2, manoeuvreMps2: 1 },
];

/** Single models for targets that fly straight and turn. */
const turningSingly: readonly Motion[] = [
  ...[5, 7, 10, 15].map((accelerationMps2) => ({ ...wandering[0]!, speedMps: 35, accelerationMps2 })),
  ...[8, 10, 12, 15].map((manoeuvreMps2) => ({
    motionModels: ["acceleration"] as const,
    speedMps: 35,
    accelerationMps2: 1,
    manoeuvreMps2,
  })),
];

/** Of the acceleration per axis, turns at 3 g (17 m/s²) and straight legs taken together. */
const turning: readonly Motion[] = [
  { motionModels: ["velocity", "turn", "acceleration"], speedMps: 35, accelerationMps2: 0.5, manoeuvreMps2: 10.5 },
];

/** Of several the one of least GOSPA is taken: the best single model. */
function motionsOf(name: TrackSceneName, mode: Mode): readonly Motion[] {
  if (name !== "s4") return wandering;
  return mode === "one" ? turningSingly : turning;
}

/** Switches of s3 beside those with one hypothesis, and errors of s4 beside those of the best single model. */
const SWITCHES_SHARE_MAX = 0.5;
const RMS_SHARE_MAX = 0.8;

interface Measured {
  readonly name: TrackSceneName;
  readonly mode: Mode;
  readonly motion: Motion;
  readonly ms: Float64Array;
  /** Median of the fixed piece of work in the same rounds. */
  readonly workMs: number;
  /** Of each scan. */
  readonly gospaM: readonly number[];
  /** Means over the second half of the scans. */
  readonly halfGospaM: number;
  readonly missed: number;
  readonly false: number;
  /** Groups of tracks that were too much work for several hypotheses. */
  readonly fallbackCount: number;
  readonly score: Score;
}

/** What came of one tracker on one scene. */
interface Run {
  readonly steps: readonly ScoredStep[];
  readonly ms: readonly number[];
  readonly fallbackCount: number;
}

function measure(
  name: TrackSceneName,
  mode: Mode,
  scanCount: number | undefined,
  rounds: number,
  clock: Clock = systemClock,
): Measured {
  const scene = trackScene(name, scanCount === undefined ? {} : { scanCount });
  const run = (motion: Motion): Run => follow(scene, motion, mode, clock);
  const tried = motionsOf(name, mode).map((motion) => ({ name, mode, motion, ...judge(run(motion)) }));
  const best = tried.reduce((least, next) => (next.halfGospaM < least.halfGospaM ? next : least));
  const half = scene.scans.length >> 1;
  const workMs: number[] = [];
  const times = Array.from({ length: rounds }, () => {
    workMs.push(timeWork(clock));
    return run(best.motion).ms.slice(half);
  });
  return { ...best, ms: Float64Array.from(times.flat()), workMs: median(Float64Array.from(workMs)) };
}

function judge({ steps, fallbackCount }: Run): Omit<Measured, "name" | "mode" | "motion" | "ms" | "workMs"> {
  const truthOfTime = new Map(steps.map(({ timeS, truth }) => [timeS, truth]));
  const score = scoreRun(steps, (timeS) => truthOfTime.get(timeS) ?? [], defaultScoreOptions);
  const half = score.steps.slice(steps.length >> 1);
  const mean = (pick: (step: (typeof half)[number]) => number): number =>
    half.reduce((sum, step) => sum + pick(step), 0) / half.length;
  return {
    fallbackCount,
    gospaM: score.steps.map(({ gospaM }) => gospaM),
    halfGospaM: mean(({ gospaM }) => gospaM),
    missed: mean(({ missedCount }) => missedCount),
    false: mean(({ falseCount }) => falseCount),
    score,
  };
}

/** Runs a new tracker over all scans, timing each. */
function follow(scene: TrackScene, motion: Motion, mode: Mode, clock: Clock): Run {
  const [eastM, northM, upM] = scene.boxM;
  const tracker = new Tracker({
    ...motion,
    ...(mode === "one" ? { hypothesesMax: 1 } : {}),
    clutterPerM3: scene.clutterMean / (eastM * northM * upM),
    detectionProbability: scene.detectionProbability,
    // Misses are independent from scan to scan, and nothing stands still.
    missCorrelationS: 0.1,
    stillShare: 1e-12,
    tracksMax: 8192,
  });
  const ms: number[] = [];
  const steps = scene.scans.map(({ timeNs, detections, truth }) => {
    const beforeNs = clock.nowNs();
    const updates = tracker.step(timeNs, detections);
    ms.push(Number(clock.nowNs() - beforeNs) / 1e6);
    const tracks = updates
      .filter(({ state }) => state === "confirmed" || state === "coasting")
      .map(({ id, positionEnuM, covariance }) => ({ id, positionEnuM, covarianceM2: positionBlock(covariance) }));
    return { timeS: secondsFromNs(timeNs), truth, tracks };
  });
  return { steps, ms, fallbackCount: tracker.counts.fallbacks };
}

/** Milliseconds of one dense assignment, the same every time. */
function timeWork(clock: Clock): number {
  const random = createPrng(1);
  const edges = {
    rowCount: 200,
    columnCount: 300,
    rowStart: Int32Array.from({ length: 201 }, (_, row) => row * 300),
    edgeColumn: Int32Array.from({ length: 60_000 }, (_, k) => k % 300),
    edgeCost: Float64Array.from({ length: 60_000 }, () => random.float()),
    unassignedCost: 1e6,
  };
  const beforeNs = clock.nowNs();
  solveAssignment(edges);
  return Number(clock.nowNs() - beforeNs) / 1e6;
}

/** The position part of a `[6, 6]` covariance. */
function positionBlock(covariance: Float64Array): Mat3 {
  const at = (row: number, column: number): number => covariance[row * 6 + column] ?? 0;
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

function percentile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function rowsOf(run: Measured): BenchRow[] {
  const { motion, ms, workMs, halfGospaM, missed, false: falseTracks, fallbackCount, score } = run;
  const { gospa, identity, clear, nees, rates } = score;
  const label = `${run.name} ${run.mode}`;
  const counts = `missed ${missed.toFixed(1)}, false ${falseTracks.toFixed(1)}, pair rms ${gospa.pairRmsM.toFixed(3)} m`;
  const kept = `IDF1 ${identity.idf1.toFixed(4)}, switches ${clear.switches}, MOTA ${clear.mota.toFixed(3)}, HOTA ${score.hota.hota.toFixed(3)}`;
  const late = `latency ${rates.latency.medianS.toFixed(1)} s, NEES ${nees.mean.toFixed(2)} (95 % of runs ${nees.low.toFixed(2)} to ${nees.high.toFixed(2)}), fallbacks ${fallbackCount}`;
  const models = `${motion.motionModels.join(" + ")}, drift ${motion.accelerationMps2} m/s², manoeuvres ${motion.manoeuvreMps2} m/s²`;
  const work = `${(median(ms) / workMs).toFixed(2)} of a dense 200 x 300 assignment (${workMs.toFixed(2)} ms)`;
  return [
    { name: `${label} scan p50`, median: median(ms), unit: "ms", note: work },
    { name: `${label} scan p99`, median: percentile(ms, 0.99), unit: "ms" },
    { name: `${label} GOSPA`, median: halfGospaM, unit: "m", note: `${counts}; ${kept}; ${late}; ${models}` },
  ];
}

function timeTargets({ name, ms }: Measured): BenchTarget[] {
  const { msMedian, msP99 }: SceneTarget = targets.trackScenes[name];
  const one = (label: string, achieved: number, wanted: number | undefined): BenchTarget[] =>
    wanted === undefined ? [] : [{ name: `${name} ${label}`, achieved, wanted, unit: "ms", better: "lower" }];
  return [...one("scan p50", median(ms), msMedian), ...one("scan p99", percentile(ms, 0.99), msP99)];
}

function qualityTargets({ name, halfGospaM, missed, false: falseTracks, score }: Measured): BenchTarget[] {
  const wanted: SceneTarget = targets.trackScenes[name];
  const one = (
    label: string,
    achieved: number,
    limit: number | undefined,
    better: BenchTarget["better"],
  ): BenchTarget[] =>
    limit === undefined
      ? []
      : [{ name: `${name} ${label}`, achieved, wanted: limit, unit: label === "GOSPA" ? "m" : "", better }];
  return [
    ...one("GOSPA", halfGospaM, wanted.gospaM, "lower"),
    ...one("missed", missed, wanted.missed, "lower"),
    ...one("false", falseTracks, wanted.false, "lower"),
    ...one("IDF1", score.identity.idf1, wanted.idf1, "higher"),
  ];
}

/** What several hypotheses and models must gain over one. */
function comparisons(one: Measured, several: Measured): BenchTarget[] {
  const shared = { unit: "", better: "lower" } as const;
  if (one.name === "s3") {
    const wanted = SWITCHES_SHARE_MAX * one.score.clear.switches;
    return [{ ...shared, name: "s3 switches", achieved: several.score.clear.switches, wanted }];
  }
  if (one.name === "s4") {
    const wanted = RMS_SHARE_MAX * one.score.gospa.pairRmsM;
    const { mean, low, high, degrees } = several.score.nees;
    return [
      { ...shared, name: "s4 pair rms", achieved: several.score.gospa.pairRmsM, wanted, unit: "m" },
      { ...shared, name: "s4 NEES off 3", achieved: Math.abs(mean - degrees), wanted: (high - low) / 2 },
    ];
  }
  return [];
}

/** What may be promised of a scene. */
interface SceneTarget {
  readonly msMedian?: number;
  readonly msP99?: number;
  readonly gospaM?: number;
  readonly missed?: number;
  readonly false?: number;
  readonly idf1?: number;
}
