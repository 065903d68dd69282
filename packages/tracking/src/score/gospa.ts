/**
 * The generalised optimal sub-pattern assignment metric (Rahmathullah, García-Fernández & Svensson 2017) at p = 2, alpha = 2.
 *
 * GOSPA² = Σ over pairs d² + c²/2 · (missed + false), minimised over assignments; a pair at distance c or more is no pair. In metres.
 */
import { distance, type Vec3 } from "@skyvox/core";
import { pairClosest } from "./close-pairs.ts";

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

/** Distance from which a pair is no pair, unless a caller says otherwise, metres. */
export const GOSPA_CUTOFF_M = 5;

/** Scores estimates against truth at one instant, exactly. */
export function gospa(
  truth: readonly Vec3[],
  estimates: readonly Vec3[],
  options: GospaOptions = { cutoffM: GOSPA_CUTOFF_M },
): Gospa {
  const estimateOfTruth = pairClosest(truth, estimates, { cutoffM: options.cutoffM, order: 2 });
  let matchedCount = 0;
  let localisationM2 = 0;
  for (const [row, point] of truth.entries()) {
    const column = estimateOfTruth[row]!;
    if (column < 0) continue;
    matchedCount++;
    localisationM2 += distance(point, estimates[column]!) ** 2;
  }
  const price = options.cutoffM ** 2 / 2;
  const missedCount = truth.length - matchedCount;
  const falseCount = estimates.length - matchedCount;
  const missedM2 = price * missedCount;
  const falseM2 = price * falseCount;
  const gospaM = Math.sqrt(localisationM2 + missedM2 + falseM2);
  return { gospaM, localisationM2, missedM2, falseM2, matchedCount, missedCount, falseCount, estimateOfTruth };
}
