/**
 * Two tracks on one target: the younger goes.
 *
 * Only a track without a detection in this step can be the double of one with: while both are fed they are two targets, however close,
 * so crossing targets keep their names. Same means: position and velocity each nearer than the median of what two independent
 * estimates of one target would show. When the fed track is the younger, the older takes over its estimate: the identity lasts.
 */
import { chiSquareQuantile, invert, newInverseCovariance, squaredDistance } from "./gate.ts";
import type { TrackPool } from "./track-pool.ts";

/** Marks doubles as removed, in order of birth; the caller sweeps. */
export function mergeDuplicates(pool: TrackPool): void {
  for (let k = 0; k < pool.aliveCount; k++) {
    const missed = pool.alive[k]!;
    if (pool.missedCounts[missed] === 0 || pool.removed[missed] === 1) continue;
    for (let m = 0; m < pool.aliveCount; m++) {
      const fed = pool.alive[m]!;
      if (pool.missedCounts[fed]! > 0 || pool.removed[fed] === 1) continue;
      if (!isNear(pool, missed, fed, 0) || !isNear(pool, missed, fed, 3)) continue;
      // `alive` is in order of birth.
      if (k < m) pool.copyEstimate(fed, missed);
      pool.removed[k < m ? fed : missed] = 1;
      break;
    }
  }
}

/** Compares positions (block 0) or velocities (block 3) of two tracks. */
function isNear(pool: TrackPool, a: number, b: number, block: number): boolean {
  const c = pool.covariances;
  const p = a * 36 + block * 7;
  const q = b * 36 + block * 7;
  const x = pool.states[a * 6 + block]! - pool.states[b * 6 + block]!;
  const xx = c[p]! + c[q]!;
  if (x * x > NEAR * xx) return false;
  const y = pool.states[a * 6 + block + 1]! - pool.states[b * 6 + block + 1]!;
  const z = pool.states[a * 6 + block + 2]! - pool.states[b * 6 + block + 2]!;
  invert(
    inverse,
    xx,
    c[p + 1]! + c[q + 1]!,
    c[p + 2]! + c[q + 2]!,
    c[p + 7]! + c[q + 7]!,
    c[p + 8]! + c[q + 8]!,
    c[p + 14]! + c[q + 14]!,
  );
  return squaredDistance(inverse, x, y, z) <= NEAR;
}

const inverse = newInverseCovariance();
const NEAR = chiSquareQuantile(0.5, 3);
