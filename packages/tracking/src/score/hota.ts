/**
 * Higher order tracking accuracy (Luiten et al. 2021): how well targets are found (DetA) and kept (AssA), averaged over thresholds.
 *
 * In every step pairs are matched so that similarity times the overlap of the two lives is greatest. At threshold alpha a match counts
 * where its similarity reaches alpha: DetA = TP / (TP + FN + FP); AssA = mean over the TP of TPA / (TPA + FNA + FPA), where TPA counts
 * the steps in which the same two are matched; HOTA(alpha) = sqrt(DetA AssA). Thresholds 0.05, 0.10 … 0.95.
 *
 * Follows TrackEval (JonathonLuiten/TrackEval, hota.py) to the last digit, ties aside.
 */
import { cheapest } from "./close-pairs.ts";
import { presenceOf, type SimilarityRun, type SimilarityStep } from "./similarity.ts";

/** The measure at each threshold (`[19]` each) and its means over the thresholds, all from 0 to 1. */
export interface Hota {
  readonly hota: number;
  readonly detA: number;
  readonly assA: number;
  readonly alphas: readonly number[];
  readonly hotaOfAlpha: readonly number[];
  readonly detAOfAlpha: readonly number[];
  readonly assAOfAlpha: readonly number[];
}

/** Scores a run. Without truth or without tracks all is 0. */
export function hota(run: SimilarityRun): Hota {
  const alphas = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
  const { truth, tracks } = presenceOf(run);
  const truthTotal = sum(truth);
  const trackTotal = sum(tracks);
  const alignment = alignmentOf(run, truth, tracks);
  const matched = run.steps.flatMap((step) => matchesOf(step, run, alignment));
  const detAOfAlpha: number[] = [];
  const assAOfAlpha: number[] = [];
  for (const alpha of alphas) {
    const together = new Map<number, number>();
    let truePositives = 0;
    for (const { pair, similarity } of matched) {
      if (similarity < alpha - Number.EPSILON) continue;
      truePositives++;
      together.set(pair, (together.get(pair) ?? 0) + 1);
    }
    let association = 0;
    for (const [pair, count] of together) {
      const lives = truth[Math.floor(pair / run.trackCount)]! + tracks[pair % run.trackCount]!;
      association += (count * count) / (lives - count);
    }
    // TP + FN is all truth, TP + FP all tracks.
    detAOfAlpha.push(truePositives / Math.max(1, truthTotal + trackTotal - truePositives));
    assAOfAlpha.push(association / Math.max(1, truePositives));
  }
  const hotaOfAlpha = alphas.map((_, index) => Math.sqrt(detAOfAlpha[index]! * assAOfAlpha[index]!));
  const mean = (values: readonly number[]): number => sum(values) / values.length;
  return {
    hota: mean(hotaOfAlpha),
    detA: mean(detAOfAlpha),
    assA: mean(assAOfAlpha),
    alphas,
    hotaOfAlpha,
    detAOfAlpha,
    assAOfAlpha,
  };
}

/** How far the lives of a truth and a track overlap, 0 to 1, by pair number `truth * trackCount + track`. */
function alignmentOf(run: SimilarityRun, truth: Int32Array, tracks: Int32Array): Map<number, number> {
  const potential = new Map<number, number>();
  for (const step of run.steps) {
    const columnSum = new Float64Array(step.tracks.length);
    const rowSum = new Float64Array(step.truth.length);
    eachPair(step, (row, k) => {
      rowSum[row]! += step.similarities[k]!;
      columnSum[step.columns[k]!]! += step.similarities[k]!;
    });
    eachPair(step, (row, k) => {
      const similarity = step.similarities[k]!;
      const union = rowSum[row]! + columnSum[step.columns[k]!]! - similarity;
      const pair = pairNumber(step, run, row, k);
      potential.set(pair, (potential.get(pair) ?? 0) + similarity / union);
    });
  }
  for (const [pair, count] of potential) {
    const lives = truth[Math.floor(pair / run.trackCount)]! + tracks[pair % run.trackCount]!;
    potential.set(pair, count / (lives - count));
  }
  return potential;
}

interface Match {
  readonly pair: number;
  readonly similarity: number;
}

function matchesOf(step: SimilarityStep, run: SimilarityRun, alignment: Map<number, number>): Match[] {
  const costs = new Float64Array(step.columns.length);
  eachPair(step, (row, k) => {
    costs[k] = -(alignment.get(pairNumber(step, run, row, k)) ?? 0) * step.similarities[k]!;
  });
  const { rowStart, columns } = step;
  const { columnOfRow } = cheapest({ rowStart, columns, costs, columnCount: step.tracks.length });
  const matches: Match[] = [];
  eachPair(step, (row, k) => {
    if (columnOfRow[row] === columns[k])
      matches.push({ pair: pairNumber(step, run, row, k), similarity: step.similarities[k]! });
  });
  return matches;
}

function pairNumber(step: SimilarityStep, run: SimilarityRun, row: number, k: number): number {
  return step.truth[row]! * run.trackCount + step.tracks[step.columns[k]!]!;
}

function eachPair(step: SimilarityStep, visit: (row: number, k: number) => void): void {
  for (let row = 0; row < step.truth.length; row++) {
    for (let k = step.rowStart[row]!; k < step.rowStart[row + 1]!; k++) visit(row, k);
  }
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k]!;
  return total;
}
