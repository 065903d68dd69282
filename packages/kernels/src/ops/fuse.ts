/**
 * Op `fuse`: this camera's points, joined with the points of another camera that were registered last.
 *
 * The other camera (thermal) is soft evidence: it adds weight to a point of this camera, or makes a point where there is none, and
 * never takes weight away. A point that only this camera sees leaves as it came.
 *
 * Input: points of this camera, rows of 4 words `[u, v, weight, ignored]`, u and v in 1/256 pixel, below 2^21; the stored rows of
 * table "registered" (what passed `fusedMax` there is not seen); gateQ8 0 … 2^20 and gainQ4 0 … 255.
 *   point i and registered row j are near where |u_i - u'_j| ≤ gateQ8 and |v_i - v'_j| ≤ gateQ8
 *   joined(w, t) = min(2^32 - 1, w + (min(t, 2^20) · gainQ4 >> 4))
 * Table "fused": rows of 4 words `[u, v, weight, seenBy]`; seenBy has bit 0 for this camera and bit 1 for the other.
 *   First each point i, in order:  [u, v, joined(weight, T), 1 or 3]   T = min(2^32 - 1, Σ weights of the rows near it); 3 where any
 *   then each registered row near no point, in order:  [u', v', joined(0, weight'), 2], left out where that weight is 0.
 * The table keeps the first `fusedMax` rows; `total` counts all, and `fusedOverflow` is set where they differ.
 */
import type { FuseParams } from "../camera-spec.ts";
import { POINT_WORDS } from "./rays.ts";
import { Rows } from "./rows.ts";

/** Words in a row of table "fused", and of table "registered": both are points as op `rays` takes them. */
export const FUSED_WORDS = POINT_WORDS;

/** Returns all rows of table "fused", past any limit too. */
export function fusePoints(points: Uint32Array, registered: Uint32Array, { gateQ8, gainQ4 }: FuseParams): Uint32Array {
  const rows = new Rows();
  const isAlone = new Array<boolean>(registered.length / FUSED_WORDS).fill(true);
  for (let p = 0; p < points.length; p += POINT_WORDS) {
    let seenBy = 1;
    let nearWeight = 0;
    for (let r = 0; r < registered.length; r += FUSED_WORDS) {
      if (Math.abs(points[p]! - registered[r]!) > gateQ8) continue;
      if (Math.abs(points[p + 1]! - registered[r + 1]!) > gateQ8) continue;
      seenBy = 3;
      nearWeight = Math.min(WEIGHT_MAX, nearWeight + registered[r + 2]!);
      isAlone[r / FUSED_WORDS] = false;
    }
    rows.push(points[p]!, points[p + 1]!, joinWeights(points[p + 2]!, nearWeight, gainQ4), seenBy);
  }
  for (let r = 0; r < registered.length; r += FUSED_WORDS) {
    const weight = joinWeights(0, registered[r + 2]!, gainQ4);
    if (isAlone[r / FUSED_WORDS]! && weight > 0) rows.push(registered[r]!, registered[r + 1]!, weight, 2);
  }
  return rows.toArray();
}

const WEIGHT_MAX = 2 ** 32 - 1;
/** Most weight of the other camera that counts at one point; with gainQ4 the product stays below 2^28. */
const OTHER_WEIGHT_MAX = 2 ** 20;

function joinWeights(weight: number, otherWeight: number, gainQ4: number): number {
  return Math.min(WEIGHT_MAX, weight + ((Math.min(otherWeight, OTHER_WEIGHT_MAX) * gainQ4) >> 4));
}
