/**
 * The CLEAR measures (Bernardin & Stiefelhagen 2008): MOTA, MOTP, identity switches and fragmentations.
 *
 * In every step a pair of the step before is kept where it still matches; the rest is matched by greatest similarity. An identity switch
 * is a truth matched to another track than the last time it was matched, however long ago. A fragmentation is a truth that was matched,
 * then there but not matched, then matched again. Matching follows TrackEval (clear.py); it counts a pause of the truth itself as a
 * fragmentation too, this does not (nor does py-motmetrics).
 */
import { cheapest } from "./close-pairs.ts";
import { MATCH_SIMILARITY, type SimilarityRun, type SimilarityStep } from "./similarity.ts";

/** Counts over all steps, and what follows from them. */
export interface Clear {
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly falsePositives: number;
  readonly switches: number;
  readonly fragmentations: number;
  /** 1 - (FN + FP + switches) / truth; has no lower bound; 0 where there is no truth. */
  readonly mota: number;
  /** Mean similarity of the matched pairs, 0.5 to 1; 0 where there is none. */
  readonly motp: number;
  /** Targets matched in more than 80 %, in 20 to 80 % and in less than 20 % of their steps. */
  readonly mostlyTracked: number;
  readonly partlyTracked: number;
  readonly mostlyLost: number;
}

/** Scores a run. */
export function clear(run: SimilarityRun): Clear {
  const ledger = newLedger(run.truthCount);
  for (const step of run.steps) {
    ledger.truth += step.truth.length;
    ledger.tracks += step.tracks.length;
    for (const truth of step.truth) ledger.present[truth]! += 1;
    if (step.truth.length > 0 && step.tracks.length > 0) enter(ledger, step, match(step, ledger.previousTrack));
    else for (const truth of step.truth) ledger.interrupted[truth] = 1;
  }
  const falseNegatives = ledger.truth - ledger.matches;
  const falsePositives = ledger.tracks - ledger.matches;
  const errors = falseNegatives + falsePositives + ledger.switches;
  const shares = Array.from(ledger.matched, (count, truth) => count / Math.max(1, ledger.present[truth]!));
  const mostlyTracked = shares.filter((share) => share > 0.8).length;
  const mostlyLost = shares.filter((share) => share < 0.2).length;
  return {
    truePositives: ledger.matches,
    falseNegatives,
    falsePositives,
    switches: ledger.switches,
    fragmentations: ledger.fragmentations,
    mota: ledger.truth === 0 ? 0 : 1 - errors / ledger.truth,
    motp: ledger.similarity / Math.max(1, ledger.matches),
    mostlyTracked,
    partlyTracked: run.truthCount - mostlyTracked - mostlyLost,
    mostlyLost,
  };
}

interface Ledger {
  /** The track that each truth was last matched to, -1 before the first time. */
  readonly lastTrack: Int32Array;
  /** The same for the last step that had truth and tracks alone: -1 where the truth was not matched in it. */
  readonly previousTrack: Int32Array;
  /** 1 where the truth was there without a match since it was last matched. */
  readonly interrupted: Uint8Array;
  readonly present: Int32Array;
  readonly matched: Int32Array;
  truth: number;
  tracks: number;
  matches: number;
  similarity: number;
  switches: number;
  fragmentations: number;
}

function newLedger(truthCount: number): Ledger {
  return {
    lastTrack: new Int32Array(truthCount).fill(-1),
    previousTrack: new Int32Array(truthCount).fill(-1),
    interrupted: new Uint8Array(truthCount),
    present: new Int32Array(truthCount),
    matched: new Int32Array(truthCount),
    truth: 0,
    tracks: 0,
    matches: 0,
    similarity: 0,
    switches: 0,
    fragmentations: 0,
  };
}

/** Finds the pair of each truth of a step, as an index into its pairs, or -1. */
function match(step: SimilarityStep, previousTrack: Int32Array): Int32Array {
  const { truth, tracks, rowStart, columns, similarities } = step;
  const costs = new Float64Array(columns.length);
  for (let row = 0; row < truth.length; row++) {
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
      if (similarities[k]! < MATCH_SIMILARITY - Number.EPSILON) continue;
      const keeps = previousTrack[truth[row]!] === tracks[columns[k]!];
      costs[k] = -similarities[k]! - (keeps ? KEEPING_WORTH : 0);
    }
  }
  const { columnOfRow } = cheapest({ rowStart, columns, costs, columnCount: tracks.length });
  const pairOfRow = new Int32Array(truth.length).fill(-1);
  for (let row = 0; row < truth.length; row++) {
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
      if (columnOfRow[row] === columns[k] && costs[k]! < 0) pairOfRow[row] = k;
    }
  }
  return pairOfRow;
}

/** More than all similarities of a step together can make up for. */
const KEEPING_WORTH = 1000;

function enter(ledger: Ledger, step: SimilarityStep, pairOfRow: Int32Array): void {
  ledger.previousTrack.fill(-1);
  for (const [row, pair] of pairOfRow.entries()) {
    const truth = step.truth[row]!;
    if (pair < 0) {
      ledger.interrupted[truth] = 1;
      continue;
    }
    const track = step.tracks[step.columns[pair]!]!;
    const last = ledger.lastTrack[truth]!;
    if (last >= 0 && last !== track) ledger.switches++;
    if (last >= 0 && ledger.interrupted[truth] === 1) ledger.fragmentations++;
    ledger.interrupted[truth] = 0;
    ledger.lastTrack[truth] = track;
    ledger.previousTrack[truth] = track;
    ledger.matched[truth]! += 1;
    ledger.matches++;
    ledger.similarity += step.similarities[pair]!;
  }
}
