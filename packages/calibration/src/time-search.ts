/**
 * The clock of a camera from nothing but what it saw and a path that is known (RTK): which offset makes the directions those of one place.
 *
 * For every offset on a grid the path is laid under the sights and a pose is drawn from triples (`resection.ts`). Only near the right offset do
 * many sights agree with one pose; elsewhere next to none do. The offset counts as found when its score stands clear of every other further away than
 * `NEAR_S`. Where the nominal rate gives no clear offset, rates around it are tried.
 */
import type { Prng } from "@skyvox/core";
import { type LinearClock, neighboursOf, timeAt } from "./linear-clock.ts";
import { type PathSpline, positionAt } from "./path-spline.ts";
import { type Resection, refinePose, resect, type SeenPoints } from "./resection.ts";
import { movingSights, type SightTrack } from "./sight-track.ts";

/** A clock that was found, with the pose that came with it. */
export interface FoundClock {
  readonly clock: LinearClock;
  readonly resection: Resection;
  /** Best score further away than a second or two: what chance gives. */
  readonly chanceScore: number;
  /** True where the score stands clear of chance. */
  readonly isClear: boolean;
}

/** A path and when it is known: over gaps of what made it, it is a bridge. */
export interface PathSpan {
  readonly path: PathSpline;
  readonly fromS: number;
  readonly toS: number;
  readonly isKnown: (timeS: number) => boolean;
}

/** Truncation of sight errors during the search, tangent: 3 % of the focal length. */
const CUT_OFF = 0.03;
const SIGHTS_MAX = 160;
const DRAWS = 30;
const FINE_DRAWS = 200;
const STEP_S = 0.4;
const NEAR_S = 2;
/** How far below chance a score must lie. */
const MARGIN = 0.1;
/** Share of the sights, and how many, must fall where the path is known: fewer fit anywhere. */
const OVERLAP_MIN = 0.25;
const SIGHTS_MIN = 24;
/** Movement in the picture between sights, tangent. */
const MOVE_TAN = 0.02;
const RATE_STEP = 0.0015;
const RATE_STEPS = 8;

/** Searches the clock of a camera, or returns null where no offset leaves enough sights under the path. */
export function searchClock(track: SightTrack, span: PathSpan, prng: Prng): FoundClock | null {
  const sights = movingSights(track, MOVE_TAN, SIGHTS_MAX);
  const atNominal = searchOffset(sights, span, 1, prng);
  if (atNominal?.isClear) return refineClock(sights, span, atNominal, prng);
  let best = atNominal;
  for (let k = 1; k <= RATE_STEPS; k++) {
    for (const rate of [1 - k * RATE_STEP, 1 + k * RATE_STEP]) {
      const found = searchOffset(sights, span, rate, prng);
      if (found !== null && found.resection.score < (best?.resection.score ?? 1)) best = found;
    }
  }
  return best === null ? null : refineClock(sights, span, best, prng);
}

/** Finds the pose of a camera whose clock is known, or null where the sights have none in common with the path. */
export function poseAtClock(track: SightTrack, span: PathSpan, clock: LinearClock, prng: Prng): Resection | null {
  const sights = movingSights(track, MOVE_TAN, SIGHTS_MAX * 3);
  const seen = layUnder(sights, span, clock, 0);
  if (seen === null) return null;
  const drawn = resect(seen, { cutOff: CUT_OFF, draws: FINE_DRAWS }, prng);
  return drawn && refinePose(seen, drawn, CUT_OFF);
}

function searchOffset(sights: SightTrack, span: PathSpan, rate: number, prng: Prng): FoundClock | null {
  const first = sights.timesS[0];
  const last = sights.timesS.at(-1);
  if (first === undefined || last === undefined) return null;
  const scores: { offsetS: number; resection: Resection }[] = [];
  for (let offsetS = span.fromS - last * rate; offsetS <= span.toS - first * rate; offsetS += STEP_S) {
    const seen = layUnder(sights, span, { offsetS, rate }, OVERLAP_MIN);
    const resection = seen && resect(seen, { cutOff: CUT_OFF, draws: DRAWS }, prng);
    if (resection) scores.push({ offsetS, resection });
  }
  const best = scores.reduce<(typeof scores)[number] | null>(
    (a, b) => (a === null || b.resection.score < a.resection.score ? b : a),
    null,
  );
  if (best === null) return null;
  let chanceScore = 1;
  for (const { offsetS, resection } of scores) {
    if (Math.abs(offsetS - best.offsetS) > NEAR_S) chanceScore = Math.min(chanceScore, resection.score);
  }
  return {
    clock: { offsetS: best.offsetS, rate },
    resection: best.resection,
    chanceScore,
    isClear: best.resection.score < chanceScore - MARGIN,
  };
}

/** Halves the step around the best offset and rate until neither matters, each time with a better pose. */
function refineClock(sights: SightTrack, span: PathSpan, found: FoundClock, prng: Prng): FoundClock {
  const middleS = (sights.timesS[0]! + sights.timesS.at(-1)!) / 2;
  let { clock, resection } = found;
  for (let stepS = STEP_S / 2, stepRate = RATE_STEP / 2; stepS > 0.01; stepS /= 2, stepRate /= 2) {
    for (const trial of [clock, ...neighboursOf(clock, { stepS, stepRate, middleS })]) {
      const seen = layUnder(sights, span, trial, OVERLAP_MIN);
      const drawn = seen && resect(seen, { cutOff: CUT_OFF, draws: FINE_DRAWS }, prng);
      const refined = seen && drawn && refinePose(seen, drawn, CUT_OFF);
      if (refined && refined.score < resection.score) {
        clock = trial;
        resection = refined;
      }
    }
  }
  return { ...found, clock, resection, isClear: resection.score < found.chanceScore - MARGIN };
}

/** Pairs sights with the path at a clock; null where too few fall where it is known. */
function layUnder(sights: SightTrack, span: PathSpan, clock: LinearClock, shareMin: number): SeenPoints | null {
  const count = sights.timesS.length;
  const pointsM = new Float64Array(count * 3);
  const directions = new Float64Array(count * 2);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const timeS = timeAt(clock, sights.timesS[i]!);
    if (timeS < span.fromS || timeS > span.toS || !span.isKnown(timeS)) continue;
    pointsM.set(positionAt(span.path, timeS), used * 3);
    directions[used * 2] = sights.x[i]!;
    directions[used * 2 + 1] = sights.y[i]!;
    used += 1;
  }
  if (used < Math.max(SIGHTS_MIN, count * shareMin)) return null;
  return { pointsM: pointsM.subarray(0, used * 3), directions: directions.subarray(0, used * 2) };
}
