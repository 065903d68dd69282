/**
 * What one camera saw as directions over time: undistorted, normalised image coordinates at nominal times.
 *
 * The searches for time offsets and first poses work on directions, which the lens guess is good enough for; the bundle adjustment goes back to pixels.
 */
import { assert, type Intrinsics, undistort } from "@skyvox/core";
import type { Views } from "./bundle-problem.ts";

/** Directions of one camera. Arrays of one length, rising in time: `timesS` nominal seconds, `x` right and `y` down as tangents. */
export interface SightTrack {
  readonly timesS: Float64Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A gap between views longer than this is not bridged, seconds. */
export const GAP_MAX_S = 0.2;

/** Undistorts views; those past the fold of the lens are left out. */
export function sightTrack(views: Views, lens: Intrinsics): SightTrack {
  const timesS: number[] = [];
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < views.nominalS.length; i++) {
    const seen = undistort(lens, (views.uPx[i]! - lens.cxPx) / lens.fxPx, (views.vPx[i]! - lens.cyPx) / lens.fyPx);
    if (seen === null) continue;
    timesS.push(views.nominalS[i]!);
    x.push(seen[0]);
    y.push(seen[1]);
  }
  return withoutJumps({ timesS: Float64Array.from(timesS), x: Float64Array.from(x), y: Float64Array.from(y) });
}

/** A sight this far from the median of its neighbours (tangent) is no movement of a target. */
const JUMP_TAN = 0.03;
const NEIGHBOURS = 4;

/** Leaves out sights that jump away from their neighbours: wrong labels look like the liveliest movement. */
function withoutJumps(track: SightTrack): SightTrack {
  const { timesS, x, y } = track;
  const near = (values: Float64Array, i: number) => {
    const around = values.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1).sort();
    return Math.abs(values[i]! - around[around.length >> 1]!) < JUMP_TAN;
  };
  const kept = [...timesS.keys()].filter((i) => near(x, i) && near(y, i));
  const pick = (from: Float64Array) => Float64Array.from(kept, (i) => from[i]!);
  return { timesS: pick(timesS), x: pick(x), y: pick(y) };
}

/** Writes the direction at a nominal time to `out` at `at`, between neighbours; false outside and in gaps. */
export function sightAt(track: SightTrack, timeS: number, out: Float64Array, at: number): boolean {
  const { timesS, x, y } = track;
  const after = firstAtOrAfter(timesS, timeS);
  if (after === timesS.length) return false;
  if (after === 0) {
    if (timesS[0] !== timeS) return false;
    out[at] = x[0]!;
    out[at + 1] = y[0]!;
    return true;
  }
  const from = timesS[after - 1]!;
  const span = timesS[after]! - from;
  if (span > GAP_MAX_S) return false;
  const share = (timeS - from) / span;
  out[at] = x[after - 1]! + share * (x[after]! - x[after - 1]!);
  out[at + 1] = y[after - 1]! + share * (y[after]! - y[after - 1]!);
  return true;
}

/** Returns the index of the first of rising times that is not before `timeS`. */
export function firstAtOrAfter(timesS: Float64Array, timeS: number): number {
  let low = 0;
  let high = timesS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timesS[middle]! < timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Picks at most `countMax` sights between which the target moved at least `stepTan` in the picture.
 *
 * A target at rest says the same for minutes; of it one sight is kept.
 */
export function movingSights(track: SightTrack, stepTan: number, countMax: number): SightTrack {
  assert(countMax > 0, "some sights are wanted");
  const kept: number[] = [];
  let last = -1;
  for (let i = 0; i < track.timesS.length; i++) {
    const moved = last < 0 ? stepTan : Math.hypot(track.x[i]! - track.x[last]!, track.y[i]! - track.y[last]!);
    if (moved < stepTan) continue;
    kept.push(i);
    last = i;
  }
  const stride = Math.max(1, kept.length / countMax);
  const chosen: number[] = [];
  for (let k = 0; Math.floor(k) < kept.length; k += stride) chosen.push(kept[Math.floor(k)]!);
  const pick = (from: Float64Array) => Float64Array.from(chosen, (i) => from[i]!);
  return { timesS: pick(track.timesS), x: pick(track.x), y: pick(track.y) };
}
