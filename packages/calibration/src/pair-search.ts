/**
 * The time offset between two cameras from nothing but what they saw: at the right one all directions share one epipolar geometry.
 *
 * Offsets are tried on a grid over the whole overlap. A score counts only with enough common sights, and the offset as found when it
 * stands clear of all others further away than `NEAR_S`. Rates around the nominal ones are tried where it does not.
 */
import { type EpipolarFit, fitEpipolar, type SightPairs } from "./epipolar.ts";
import { type LinearClock, neighboursOf, timeAt } from "./linear-clock.ts";
import { movingSights, type SightTrack, sightAt } from "./sight-track.ts";

/** How the second camera's nominal time becomes the first's, and the geometry found with it. */
export interface PairFit {
  readonly clock: LinearClock;
  readonly fit: EpipolarFit;
  readonly pairs: SightPairs;
  /** Best score at any other offset: what chance gives. */
  readonly chanceScore: number;
  readonly isClear: boolean;
}

const CUT_OFF = 0.01;
const SIGHTS_MAX = 200;
const MOVE_TAN = 0.02;
const STEP_S = 0.2;
const NEAR_S = 2;
const COMMON_MIN = 60;
/** A score this share of chance's is clear. */
const CLEAR_SHARE = 0.7;
const RATE_STEP = 0.0015;
const RATE_STEPS = 8;

/** Searches the offset between two cameras; null where they have too little in common at any. */
export function searchPair(first: SightTrack, second: SightTrack): PairFit | null {
  const sights = movingSights(second, MOVE_TAN, SIGHTS_MAX);
  const atNominal = searchOffset(first, sights, 1);
  if (atNominal?.isClear) return refinePair(first, sights, atNominal);
  let best = atNominal;
  for (let k = 1; k <= RATE_STEPS; k++) {
    for (const rate of [1 - k * RATE_STEP, 1 + k * RATE_STEP]) {
      const found = searchOffset(first, sights, rate);
      if (found !== null && contrast(found) > (best === null ? 0 : contrast(best))) best = found;
    }
  }
  return best && refinePair(first, sights, best);
}

/** How far a score lies below chance, 0 … 1. */
export function contrast({ fit, chanceScore }: PairFit): number {
  return Math.max(0, 1 - fit.score / chanceScore);
}

/** Fits the epipolar geometry of two cameras whose clocks are known. */
export function fitPairAt(first: SightTrack, second: SightTrack, clock: LinearClock): PairFit | null {
  const pairs = pairUp(first, movingSights(second, MOVE_TAN, SIGHTS_MAX), clock);
  const fit = pairs && fitEpipolar(pairs, CUT_OFF);
  return fit && pairs && { clock, fit, pairs, chanceScore: 1, isClear: true };
}

function searchOffset(first: SightTrack, sights: SightTrack, rate: number): PairFit | null {
  if (first.timesS.length === 0 || sights.timesS.length === 0) return null;
  const from = first.timesS[0]! - sights.timesS.at(-1)! * rate;
  const to = first.timesS.at(-1)! - sights.timesS[0]! * rate;
  const scores: { offsetS: number; score: number }[] = [];
  let best: Omit<PairFit, "chanceScore" | "isClear"> | null = null;
  for (let offsetS = from; offsetS <= to; offsetS += STEP_S) {
    const clock = { offsetS, rate };
    const pairs = pairUp(first, sights, clock);
    const fit = pairs && fitEpipolar(pairs, CUT_OFF);
    if (fit === null || pairs === null) continue;
    scores.push({ offsetS, score: fit.score });
    if (best === null || fit.score < best.fit.score) best = { clock, fit, pairs };
  }
  if (best === null) return null;
  let chanceScore = 1;
  for (const { offsetS, score } of scores) {
    if (Math.abs(offsetS - best.clock.offsetS) > NEAR_S) chanceScore = Math.min(chanceScore, score);
  }
  return { ...best, chanceScore, isClear: best.fit.score < CLEAR_SHARE * chanceScore };
}

/** Halves the step around the best offset and rate. */
function refinePair(first: SightTrack, sights: SightTrack, found: PairFit): PairFit {
  const middleS = (sights.timesS[0]! + sights.timesS.at(-1)!) / 2;
  let best = found;
  for (let stepS = STEP_S / 2, stepRate = RATE_STEP / 4; stepS > 0.005; stepS /= 2, stepRate /= 2) {
    for (const clock of neighboursOf(best.clock, { stepS, stepRate, middleS })) {
      const pairs = pairUp(first, sights, clock);
      const fit = pairs && fitEpipolar(pairs, CUT_OFF);
      if (fit && pairs && fit.score < best.fit.score) best = { ...best, clock, fit, pairs };
    }
  }
  return { ...best, isClear: best.fit.score < CLEAR_SHARE * best.chanceScore };
}

/** Pairs the sights of the second camera with what the first saw then; null with too few in common. */
function pairUp(track: SightTrack, sights: SightTrack, clock: LinearClock): SightPairs | null {
  const count = sights.timesS.length;
  const first = new Float64Array(count * 2);
  const second = new Float64Array(count * 2);
  let used = 0;
  for (let i = 0; i < count; i++) {
    if (!sightAt(track, timeAt(clock, sights.timesS[i]!), first, used * 2)) continue;
    second[used * 2] = sights.x[i]!;
    second[used * 2 + 1] = sights.y[i]!;
    used += 1;
  }
  if (used < COMMON_MIN) return null;
  return { first: first.subarray(0, used * 2), second: second.subarray(0, used * 2) };
}
