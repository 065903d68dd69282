/**
 * Two tracks on one target: the younger goes.
 *
 * Tracks on one target share its bearings out: hardly any camera sees both at once. Two targets, however close, are seen side by side by
 * most cameras. So tracks whose positions and velocities lie together are one when at most one camera has a bearing for each, by the last
 * view of every camera. The older keeps its name; if the younger is the better known, its estimate is taken over.
 */
import { chiSquareQuantile, invert, newInverseCovariance, squaredDistance } from "../gate.ts";
import { spreadOf } from "./bearing-pool.ts";
import type { GroupTracks } from "./group-update.ts";

/** Marks doubles as removed, in order of birth; the caller sweeps. */
export function mergeBearingDuplicates({ pool, book, log }: GroupTracks): void {
  for (let k = 0; k < pool.aliveCount; k++) {
    const older = pool.alive[k]!;
    if (book.removed[older] === 1) continue;
    for (let m = k + 1; m < pool.aliveCount; m++) {
      const younger = pool.alive[m]!;
      if (book.removed[younger] === 1) continue;
      if (!liesNear(pool, older, pool, younger, 0) || !liesNear(pool, older, pool, younger, 3)) continue;
      if (log.seenTogether(older, younger) > TOGETHER_MAX) continue;
      if (spreadOf(pool.covariances, younger) < spreadOf(pool.covariances, older)) pool.copy(younger, older);
      book.scores[older] = Math.max(book.scores[older]!, book.scores[younger]!);
      book.peakScores[older] = Math.max(book.peakScores[older]!, book.scores[older]!);
      book.confirmed[older] = Math.max(book.confirmed[older]!, book.confirmed[younger]!);
      if (book.lastSeenNs[younger]! > book.lastSeenNs[older]!) book.lastSeenNs[older] = book.lastSeenNs[younger]!;
      book.removed[younger] = 1;
    }
  }
}

/** States `[count, 6]` with their covariances `[count, 36]`. */
interface Estimates {
  readonly states: Float64Array;
  readonly covariances: Float64Array;
}

/** Compares positions (block 0) or velocities (block 3) of two estimates. */
export function liesNear(a: Estimates, i: number, b: Estimates, j: number, block: 0 | 3): boolean {
  const p = i * 36 + block * 7;
  const q = j * 36 + block * 7;
  const x = a.states[i * 6 + block]! - b.states[j * 6 + block]!;
  const xx = a.covariances[p]! + b.covariances[q]!;
  if (x * x > NEAR * xx) return false;
  const y = a.states[i * 6 + block + 1]! - b.states[j * 6 + block + 1]!;
  const z = a.states[i * 6 + block + 2]! - b.states[j * 6 + block + 2]!;
  const sum = (k: number): number => a.covariances[p + k]! + b.covariances[q + k]!;
  invert(inverse, xx, sum(1), sum(2), sum(7), sum(8), sum(14));
  return squaredDistance(inverse, x, y, z) <= NEAR;
}

const inverse = newInverseCovariance();
const NEAR = chiSquareQuantile(0.99, 3);
/** Cameras that may have a bearing for each of two tracks on one target, one of the two being false. */
const TOGETHER_MAX = 1;
