/**
 * The tracker on the scenes that trackers are measured on: time per scan, GOSPA, identity and consistency beside what was promised.
 *
 * Times are those of the second half of each scene's scans, over all rounds with a new tracker each; the first round is not timed. GOSPA
 * (c = 5 m, p = 2), missed and false are means over the second half too, identity over all scans. The tracker knows of a scene what the
 * scene says of itself: clutter density, detection probability, drift. No tracker can do better than GOSPA 7.934 on s1: that is what a
 * Kalman filter reaches that is told which detection is whose.
 */
import { type Clock, type Mat3, secondsFromNs, systemClock } from "@skyvox/core";
import { type TrackScene, type TrackSceneName, trackScene } from "@skyvox/scene";
import { defaultScoreOptions, type Score, type ScoredStep, scoreRun, Tracker } from "@skyvox/tracking";
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
    const found = names.map((name) => measure(name, small ? 6 : undefined, rounds));
    return {
      rows: found.flatMap(rowsOf),
      // Too few scans to confirm anything: only times are set against targets in the small size.
      targets: found.flatMap((result) => [...timeTargets(result), ...(small ? [] : qualityTargets(result))]),
      leftOut: [
        "several hypotheses: this tracker decides within the scan (one hypothesis)",
        "Stone Soup and MATLAB on the same scans: neither is started here",
      ],
      digest: digestOf(...found.map(({ gospaM }) => Float64Array.from(gospaM))),
    };
  },
};

/** What a tracker of one motion model is told of the targets: their speed per axis and how fast their velocity wanders. */
interface Motion {
  readonly speedMps: number;
  readonly accelerationMps2: number;
}

const wandering: readonly Motion[] = [{ speedMps: 10, accelerationMps2: 2 }];

/** Of several the one of least GOSPA is taken: the best single model. */
const motions: Readonly<Record<TrackSceneName, readonly Motion[]>> = {
  s1: wandering,
  s2: wandering,
  s3: wandering,
  s4: [5, 10, 15, 20, 30].map((accelerationMps2) => ({ speedMps: 35, accelerationMps2 })),
  s5: wandering,
};

interface Measured {
  readonly name: TrackSceneName;
  readonly motion: Motion;
  readonly ms: Float64Array;
  /** Of each scan. */
  readonly gospaM: readonly number[];
  /** Means over the second half of the scans. */
  readonly halfGospaM: number;
  readonly missed: number;
  readonly false: number;
  readonly score: Score;
}

function measure(
  name: TrackSceneName,
  scanCount: number | undefined,
  rounds: number,
  clock: Clock = systemClock,
): Measured {
  const scene = trackScene(name, scanCount === undefined ? {} : { scanCount });
  const tried = motions[name].map((motion) => judge(name, motion, follow(scene, motion, clock).steps));
  const best = tried.reduce((least, next) => (next.halfGospaM < least.halfGospaM ? next : least));
  const half = scene.scans.length >> 1;
  const times = Array.from({ length: rounds }, () => follow(scene, best.motion, clock).ms.slice(half));
  return { ...best, ms: Float64Array.from(times.flat()) };
}

function judge(name: TrackSceneName, motion: Motion, steps: readonly ScoredStep[]): Omit<Measured, "ms"> {
  const truthOfTime = new Map(steps.map(({ timeS, truth }) => [timeS, truth]));
  const score = scoreRun(steps, (timeS) => truthOfTime.get(timeS) ?? [], defaultScoreOptions);
  const half = score.steps.slice(steps.length >> 1);
  const mean = (pick: (step: (typeof half)[number]) => number): number =>
    half.reduce((sum, step) => sum + pick(step), 0) / half.length;
  return {
    name,
    motion,
    gospaM: score.steps.map(({ gospaM }) => gospaM),
    halfGospaM: mean(({ gospaM }) => gospaM),
    missed: mean(({ missedCount }) => missedCount),
    false: mean(({ falseCount }) => falseCount),
    score,
  };
}

/** Runs a new tracker over all scans, timing each. */
function follow(
  scene: TrackScene,
  motion: Motion,
  clock: Clock,
): { readonly steps: ScoredStep[]; readonly ms: number[] } {
  const [eastM, northM, upM] = scene.boxM;
  const tracker = new Tracker({
    ...motion,
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
  return { steps, ms };
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

function rowsOf({ name, motion, ms, halfGospaM, missed, false: falseTracks, score }: Measured): BenchRow[] {
  const { gospa, identity, clear, nees, rates } = score;
  const counts = `missed ${missed.toFixed(1)}, false ${falseTracks.toFixed(1)}, pair rms ${gospa.pairRmsM.toFixed(3)} m`;
  const kept = `IDF1 ${identity.idf1.toFixed(4)}, switches ${clear.switches}, MOTA ${clear.mota.toFixed(3)}, HOTA ${score.hota.hota.toFixed(3)}`;
  const late = `latency ${rates.latency.medianS.toFixed(1)} s, NEES ${nees.mean.toFixed(2)} of 3, drift ${motion.accelerationMps2} m/s²`;
  return [
    { name: `${name} scan p50`, median: median(ms), unit: "ms" },
    { name: `${name} scan p99`, median: percentile(ms, 0.99), unit: "ms" },
    { name: `${name} GOSPA`, median: halfGospaM, unit: "m", note: `${counts}; ${kept}; ${late}` },
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

/** What may be promised of a scene. */
interface SceneTarget {
  readonly msMedian?: number;
  readonly msP99?: number;
  readonly gospaM?: number;
  readonly missed?: number;
  readonly false?: number;
  readonly idf1?: number;
}
