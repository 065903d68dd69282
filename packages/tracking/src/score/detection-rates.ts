/**
 * How reliably targets are found, how often something is tracked that is none, and how long it takes to be sure.
 *
 * A target is found in a step where a track that counts lies nearer than the cut-off (pairs of least GOSPA). A false track is one that
 * is paired with a target in less than half of the steps it counts in. Latency runs from the first step a target is there to the first
 * step it is found.
 */
import { type Interval, rateInterval, shareInterval } from "./interval.ts";
import { quantileOf } from "./position-errors.ts";
import type { ScoredStep } from "./scored-run.ts";

/** What a reader of the numbers must know about them, in words. */
export const RATE_DEFINITIONS =
  "Pd: share of target-steps with a confirmed track nearer than the cut-off. False track: paired with a target in less than half of its confirmed steps. Intervals: Wilson, 95 %.";

/** Rates over a run with their 95 % intervals. */
export interface DetectionRates {
  /** Detection probability of confirmed tracks, per target and step. */
  readonly pd: Interval;
  readonly trackCount: number;
  readonly falseTrackCount: number;
  /** False tracks as a share of all confirmed tracks. */
  readonly falseShare: Interval;
  readonly falsePerHour: Interval;
  readonly latency: Latency;
}

/** Seconds from the appearance of a target to its first confirmed track, over the targets that got one. */
export interface Latency {
  readonly foundCount: number;
  readonly neverFoundCount: number;
  readonly medianS: number;
  readonly p90S: number;
  readonly maxS: number;
}

/** Counts over a run; `trackOfTruth[k]` holds for each truth point of step k the place of its track in the step, or -1. */
export function detectionRates(steps: readonly ScoredStep[], trackOfTruth: readonly Int32Array[]): DetectionRates {
  let present = 0;
  let found = 0;
  const stepsOfTrack = new Map<number, { all: number; paired: number }>();
  const firstSeenS = new Map<string, number>();
  const latencies = new Map<string, number>();
  for (const [index, { timeS, truth, tracks }] of steps.entries()) {
    for (const { id } of tracks) {
      const counts = stepsOfTrack.get(id) ?? { all: 0, paired: 0 };
      stepsOfTrack.set(id, counts);
      counts.all++;
    }
    for (const [row, { name }] of truth.entries()) {
      present++;
      if (!firstSeenS.has(name)) firstSeenS.set(name, timeS);
      const track = tracks[trackOfTruth[index]![row]!];
      if (track === undefined) continue;
      found++;
      stepsOfTrack.get(track.id)!.paired++;
      if (!latencies.has(name)) latencies.set(name, timeS - firstSeenS.get(name)!);
    }
  }
  const falseTrackCount = [...stepsOfTrack.values()].filter(({ all, paired }) => 2 * paired < all).length;
  return {
    pd: shareInterval(found, present),
    trackCount: stepsOfTrack.size,
    falseTrackCount,
    falseShare: shareInterval(falseTrackCount, stepsOfTrack.size),
    falsePerHour: rateInterval(falseTrackCount, hoursOf(steps)),
    latency: latencyOf(firstSeenS.size, [...latencies.values()]),
  };
}

const SECONDS_PER_HOUR = 3600;

/** The time the steps stand for: each for one period, so that one step alone is a second rather than nothing. */
function hoursOf(steps: readonly ScoredStep[]): number {
  const spanS = (steps.at(-1)?.timeS ?? 0) - (steps[0]?.timeS ?? 0);
  const periodS = steps.length > 1 ? spanS / (steps.length - 1) : 1;
  return (spanS + periodS) / SECONDS_PER_HOUR;
}

function latencyOf(targetCount: number, secondsOfFound: readonly number[]): Latency {
  const ascending = Float64Array.from(secondsOfFound).sort();
  return {
    foundCount: ascending.length,
    neverFoundCount: targetCount - ascending.length,
    medianS: quantileOf(ascending, 0.5),
    p90S: quantileOf(ascending, 0.9),
    maxS: ascending.at(-1) ?? 0,
  };
}
