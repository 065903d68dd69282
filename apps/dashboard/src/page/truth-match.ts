/**
 * How far each track is from the truth it follows.
 *
 * Pairs are made closest first, each track and each truth once, at most `CUTOFF_M` apart; tracks that count (confirmed, coasting) choose
 * before tentative ones. The cut-off is the score's (GOSPA, c = 5 m); the score pairs for the least sum, which is the same wherever targets
 * lie further apart than errors are large.
 */
import type { TracksMessage } from "../messages.ts";
import type { Point } from "./geometry.ts";
import type { TrackState } from "./live-state.ts";

/** The truth a track follows and its distance in metres. */
export interface TruthError {
  readonly name: string;
  readonly positionM: Point;
  readonly distanceM: number;
}

type Truth = NonNullable<TracksMessage["truth"]>;

const CUTOFF_M = 5;

/** Pairs tracks with truth; a track without truth within reach has no entry. */
export function matchTruth(tracks: readonly TrackState[], truth: Truth): Map<number, TruthError> {
  const errors = new Map<number, TruthError>();
  const taken = new Set<string>();
  const pairs = tracks
    .flatMap((track) => truth.map((target) => pairOf(track, target)))
    .filter(({ error }) => error.distanceM <= CUTOFF_M)
    .sort((a, b) => a.rank - b.rank || a.error.distanceM - b.error.distanceM || a.id - b.id);
  for (const { id, error } of pairs) {
    if (errors.has(id) || taken.has(error.name)) continue;
    errors.set(id, error);
    taken.add(error.name);
  }
  return errors;
}

function pairOf(track: TrackState, { name, positionM }: Truth[number]) {
  const distanceM = Math.hypot(...positionM.map((value, axis) => value - (track.positionM[axis] ?? 0)));
  return { id: track.id, rank: track.state === "tentative" ? 1 : 0, error: { name, positionM, distanceM } };
}
