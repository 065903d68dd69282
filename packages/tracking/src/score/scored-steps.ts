/**
 * Lines up the rows of a run's tracks with the truth: one step per time of the tracks, and the times at which nothing was tracked.
 *
 * A file of tracks has no row where nothing is tracked. Where it is silent for more than one and a half periods (the median distance
 * of its times) while there is truth, steps of one period are put in, so that what was missed there counts. Steps outside the truth's
 * span are left out: nothing can be said about them.
 */
import { assert, type TrackState } from "@skyvox/core";
import type { ScoredStep, ScoredTrack, Truth } from "./scored-run.ts";

/** What one row of a file of tracks says: seconds, metres local east-north-up. */
export interface TrackRow extends ScoredTrack {
  readonly timeS: number;
  readonly state: TrackState;
}

/** The part of the run that is scored, seconds. */
export interface ScoredSpan {
  readonly fromS: number;
  readonly toS: number;
}

/** Makes the steps; only confirmed and coasting tracks count in them. */
export function stepsOf(rows: readonly TrackRow[], truth: Truth, span: ScoredSpan): ScoredStep[] {
  const fromS = Math.max(truth.startS, span.fromS);
  const toS = Math.min(truth.endS, span.toS);
  const rowsOfTime = Map.groupBy(rows, ({ timeS }) => timeS);
  const times = filled(
    [...rowsOfTime.keys()].sort((a, b) => a - b),
    fromS,
    toS,
  );
  return times.map((timeS) => {
    const shown = (rowsOfTime.get(timeS) ?? []).filter(({ state }) => state === "confirmed" || state === "coasting");
    assert(new Set(shown.map(({ id }) => id)).size === shown.length, "a track has one row per time");
    return { timeS, truth: truth.at(timeS), tracks: shown };
  });
}

/** Keeps the times inside the span and fills the silences before, between and after them. */
function filled(ascending: readonly number[], fromS: number, toS: number): number[] {
  const spans = Float64Array.from(ascending.slice(1), (timeS, k) => timeS - ascending[k]!).sort();
  const periodS = spans[spans.length >> 1] ?? PERIOD_DEFAULT_S;
  const inside = ascending.filter((timeS) => timeS >= fromS && timeS <= toS);
  if (toS < fromS) return [];
  const first = inside[0] ?? toS;
  const times: number[] = [];
  for (let k = Math.floor((first - fromS) / periodS + ROUNDING); k >= 1; k--) times.push(first - k * periodS);
  times.push(first);
  let last = first;
  const fill = (count: number): void => {
    for (let k = 1; k <= count; k++) times.push(last + k * periodS);
  };
  for (const timeS of inside.slice(1)) {
    fill(Math.ceil((timeS - last) / periodS - 1.5));
    times.push(timeS);
    last = timeS;
  }
  fill(Math.floor((toS - last) / periodS + ROUNDING));
  return times;
}

/** A tenth of a second where the tracks have no two times to tell their period. */
const PERIOD_DEFAULT_S = 0.1;
/** Keeps a step at the very end of the span from being lost to rounding. */
const ROUNDING = 1e-9;
