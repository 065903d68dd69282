/**
 * The identity measures (Ristani et al. 2016): each truth is given at most one track for the whole run, the choice that explains most.
 *
 * IDTP counts the steps in which a truth and its own track match; IDF1 = IDTP / (IDTP + (IDFN + IDFP) / 2). As TrackEval (identity.py).
 */
import { cheapest } from "./close-pairs.ts";
import { MATCH_SIMILARITY, presenceOf, type SimilarityRun } from "./similarity.ts";

/** Counts over all steps, and what follows from them, 0 to 1. */
export interface Identity {
  readonly idtp: number;
  readonly idfn: number;
  readonly idfp: number;
  readonly idf1: number;
  readonly idPrecision: number;
  readonly idRecall: number;
}

/** Scores a run. */
export function identity(run: SimilarityRun): Identity {
  const matches: Map<number, number>[] = Array.from({ length: run.truthCount }, () => new Map());
  for (const { truth, tracks, rowStart, columns, similarities } of run.steps) {
    for (let row = 0; row < truth.length; row++) {
      const counts = matches[truth[row]!]!;
      for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
        const track = tracks[columns[k]!]!;
        if (similarities[k]! >= MATCH_SIMILARITY) counts.set(track, (counts.get(track) ?? 0) + 1);
      }
    }
  }
  const rowStart = new Int32Array(run.truthCount + 1);
  const columns: number[] = [];
  const costs: number[] = [];
  for (const [truth, counts] of matches.entries()) {
    for (const [track, count] of counts) {
      columns.push(track);
      costs.push(-count);
    }
    rowStart[truth + 1] = columns.length;
  }
  const idtp = 0 - cheapest({ rowStart, columns, costs, columnCount: run.trackCount }).cost;
  const presence = presenceOf(run);
  const truthTotal = presence.truth.reduce((total, count) => total + count, 0);
  const trackTotal = presence.tracks.reduce((total, count) => total + count, 0);
  return {
    idtp,
    idfn: truthTotal - idtp,
    idfp: trackTotal - idtp,
    idf1: (2 * idtp) / Math.max(1, truthTotal + trackTotal),
    idPrecision: idtp / Math.max(1, trackTotal),
    idRecall: idtp / Math.max(1, truthTotal),
  };
}
