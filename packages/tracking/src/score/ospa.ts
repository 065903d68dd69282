/**
 * The optimal sub-pattern assignment metric (Schuhmacher, Vo & Vo 2008): the mean error per target, cut off at c, where a difference in
 * number counts as that many errors of c.
 *
 * OSPA^p = (Σ over the smaller set min(d, c)^p + c^p · |n - m|) / max(n, m). In metres, from 0 to c; 0 for two empty sets.
 */
import { distance, type Vec3 } from "@skyvox/core";
import { type PairRule, pairClosest } from "./close-pairs.ts";

/** The metric and its two shares: `ospaM^p = localisationM^p + cardinalityM^p`, all in metres. */
export interface Ospa {
  readonly ospaM: number;
  readonly localisationM: number;
  readonly cardinalityM: number;
}

/** Scores estimates against truth at one instant, exactly. */
export function ospa(truth: readonly Vec3[], estimates: readonly Vec3[], rule: PairRule): Ospa {
  const { cutoffM, order } = rule;
  const larger = Math.max(truth.length, estimates.length);
  if (larger === 0) return { ospaM: 0, localisationM: 0, cardinalityM: 0 };
  const smaller = Math.min(truth.length, estimates.length);
  let matchedCount = 0;
  let localisation = 0;
  for (const [row, column] of pairClosest(truth, estimates, rule).entries()) {
    if (column < 0) continue;
    matchedCount++;
    localisation += distance(truth[row]!, estimates[column]!) ** order;
  }
  // What has no partner nearer than c is paired all the same, at c.
  localisation = (localisation + cutoffM ** order * (smaller - matchedCount)) / larger;
  const cardinality = (cutoffM ** order * (larger - smaller)) / larger;
  const root = (value: number): number => value ** (1 / order);
  return {
    ospaM: root(localisation + cardinality),
    localisationM: root(localisation),
    cardinalityM: root(cardinality),
  };
}
