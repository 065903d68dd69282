/**
 * Truth and tracks of a run as pairs with a similarity, the input that the measures of computer vision share (HOTA, CLEAR, identity).
 *
 * Similarity falls linearly from 1 at distance 0 to 0 at twice the match distance, as TrackEval does for points; at the match distance
 * it is 0.5, the threshold of CLEAR and identity. Pairs of similarity 0 are left out.
 */
import { assert, distance } from "@skyvox/core";
import type { ScoredStep } from "./scored-run.ts";

/** Similarity from which a pair counts as a match in CLEAR and identity. */
export const MATCH_SIMILARITY = 0.5;

/** One instant: who is there, and the pairs that look alike at all. */
export interface SimilarityStep {
  /** Index of each truth point in the run, `0 … truthCount - 1`, each at most once. */
  readonly truth: Int32Array;
  /** Index of each track in the run, `0 … trackCount - 1`, each at most once. */
  readonly tracks: Int32Array;
  /** Of `[truth.length + 1]`: the pairs of row i are `rowStart[i] … rowStart[i + 1]`. */
  readonly rowStart: Int32Array;
  /** The place of each pair's track in `tracks`. */
  readonly columns: Int32Array;
  /** Above 0 and at most 1. */
  readonly similarities: Float64Array;
}

/** A whole run. */
export interface SimilarityRun {
  readonly truthCount: number;
  readonly trackCount: number;
  readonly steps: readonly SimilarityStep[];
}

/** Turns positions into similarities. @throws {AssertionError} when the match distance is not above 0. */
export function similarityOf(steps: readonly ScoredStep[], matchM: number): SimilarityRun {
  assert(matchM > 0, "the match distance is positive");
  const truthIndex = new Map<string, number>();
  const trackIndex = new Map<number, number>();
  const reachM = matchM / (1 - MATCH_SIMILARITY);
  const similar = steps.map(({ truth, tracks }): SimilarityStep => {
    const columns: number[] = [];
    const similarities: number[] = [];
    const rowStart = new Int32Array(truth.length + 1);
    for (const [row, { positionEnuM }] of truth.entries()) {
      for (const [column, track] of tracks.entries()) {
        if (Math.abs(positionEnuM[0] - track.positionEnuM[0]) >= reachM) continue;
        const similarity = 1 - distance(positionEnuM, track.positionEnuM) / reachM;
        if (similarity <= 0) continue;
        columns.push(column);
        similarities.push(similarity);
      }
      rowStart[row + 1] = columns.length;
    }
    return {
      truth: Int32Array.from(truth, ({ name }) => indexOf(truthIndex, name)),
      tracks: Int32Array.from(tracks, ({ id }) => indexOf(trackIndex, id)),
      rowStart,
      columns: Int32Array.from(columns),
      similarities: Float64Array.from(similarities),
    };
  });
  return { truthCount: truthIndex.size, trackCount: trackIndex.size, steps: similar };
}

function indexOf<Key>(known: Map<Key, number>, key: Key): number {
  const index = known.get(key) ?? known.size;
  known.set(key, index);
  return index;
}

/** Counts in how many steps each truth and each track is there. */
export function presenceOf(run: SimilarityRun): { readonly truth: Int32Array; readonly tracks: Int32Array } {
  const truth = new Int32Array(run.truthCount);
  const tracks = new Int32Array(run.trackCount);
  for (const step of run.steps) {
    for (const index of step.truth) truth[index]! += 1;
    for (const index of step.tracks) tracks[index]! += 1;
  }
  return { truth, tracks };
}
