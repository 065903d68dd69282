/** When a path is known, as tests of an instant: under a control track, or while enough cameras see the target. */

import { type PlacedSights, viewCountAt } from "./path-from-sights.ts";
import { firstAtOrAfter, GAP_MAX_S } from "./sight-track.ts";

/** Control rows further apart than this leave the path between them unknown, seconds. */
const CONTROL_GAP_MAX_S = 1;
const GRID_S = GAP_MAX_S / 2;

/** True between rows of a control track that are no gap apart. */
export function knownByControl(timesS: Float64Array): (timeS: number) => boolean {
  return (timeS) => {
    const after = firstAtOrAfter(timesS, timeS);
    if (after === timesS.length) return false;
    return after > 0 && timesS[after]! - timesS[after - 1]! <= CONTROL_GAP_MAX_S;
  };
}

/** True while at least `viewsMin` cameras see the target, on a grid of `GRID_S`. */
export function knownByViews(
  cameras: readonly PlacedSights[],
  span: { readonly fromS: number; readonly toS: number },
  viewsMin: number,
): (timeS: number) => boolean {
  const cells = Math.max(1, Math.ceil((span.toS - span.fromS) / GRID_S));
  const isSeen = new Uint8Array(cells);
  for (let i = 0; i < cells; i++) {
    isSeen[i] = viewCountAt(cameras, span.fromS + (i + 0.5) * GRID_S) >= viewsMin ? 1 : 0;
  }
  return (timeS) => isSeen[Math.floor((timeS - span.fromS) / GRID_S)] === 1;
}

/** The span of site time in which any camera sees the target. */
export function spanOf(cameras: readonly PlacedSights[]): { fromS: number; toS: number } {
  let fromS = Number.POSITIVE_INFINITY;
  let toS = Number.NEGATIVE_INFINITY;
  for (const { sights } of cameras) {
    fromS = Math.min(fromS, sights.timesS[0] ?? fromS);
    toS = Math.max(toS, sights.timesS.at(-1) ?? toS);
  }
  return { fromS, toS };
}
