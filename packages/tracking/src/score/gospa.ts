/**
 * The generalised optimal sub-pattern assignment metric (Rahmathullah, García-Fernández & Svensson 2017) at p = 2, alpha = 2.
 *
 * GOSPA² = Σ over pairs d² + c²/2 · (missed + false), minimised over assignments; a pair at distance c or more is no pair. In metres.
 */
import { assert, distance, type Vec3 } from "@skyvox/core";
import { solveAssignment } from "../assignment.ts";

/** The one free parameter of the metric. */
export interface GospaOptions {
  /** Distance from which a target counts as missed and an estimate as false, metres. */
  readonly cutoffM: number;
}

/** The metric, its three shares (each in square metres, they add up to `gospaM` squared) and the pairs behind it. */
export interface Gospa {
  readonly gospaM: number;
  readonly localisationM2: number;
  readonly missedM2: number;
  readonly falseM2: number;
  readonly matchedCount: number;
  readonly missedCount: number;
  readonly falseCount: number;
  /** For each truth point the index of its estimate, or -1. */
  readonly estimateOfTruth: Int32Array;
}

/** Scores estimates against truth at one instant, exactly. */
export function gospa(
  truth: readonly Vec3[],
  estimates: readonly Vec3[],
  options: GospaOptions = { cutoffM: GOSPA_CUTOFF_M },
): Gospa {
  assert(options.cutoffM > 0, "the cut-off is positive");
  const limit = options.cutoffM * options.cutoffM;
  const rowStart = new Int32Array(truth.length + 1);
  const columns: number[] = [];
  const costs: number[] = [];
  for (const [row, point] of truth.entries()) {
    for (const [column, estimate] of estimates.entries()) {
      const squared = distance(point, estimate) ** 2;
      if (squared >= limit) continue;
      columns.push(column);
      // A pair saves half a miss and half a false one on each side: d² instead of c²/2 + c²/2.
      costs.push(squared - limit);
    }
    rowStart[row + 1] = columns.length;
  }
  const { columnOfRow } = solveAssignment({
    rowCount: truth.length,
    columnCount: estimates.length,
    rowStart,
    edgeColumn: Int32Array.from(columns),
    edgeCost: Float64Array.from(costs),
    unassignedCost: 0,
  });
  let matchedCount = 0;
  let localisationM2 = 0;
  for (const [row, point] of truth.entries()) {
    const column = columnOfRow[row]!;
    if (column < 0) continue;
    matchedCount++;
    localisationM2 += distance(point, estimates[column]!) ** 2;
  }
  const missedCount = truth.length - matchedCount;
  const falseCount = estimates.length - matchedCount;
  const missedM2 = (limit / 2) * missedCount;
  const falseM2 = (limit / 2) * falseCount;
  const gospaM = Math.sqrt(localisationM2 + missedM2 + falseM2);
  return {
    gospaM,
    localisationM2,
    missedM2,
    falseM2,
    matchedCount,
    missedCount,
    falseCount,
    estimateOfTruth: columnOfRow,
  };
}

const GOSPA_CUTOFF_M = 5;
