/**
 * Two tracks on one target: the younger goes.
 *
 * Only a track without a detection in this step can be the double of one with: while both are fed they are two targets, however close,
 * so crossing targets keep their names. Same means: position and velocity each nearer than the median of what two independent
 * estimates of one target would show. When the fed track is the younger, the older takes over its estimate: the identity lasts.
 * Fed tracks are sorted by how far east they are, so that each track without is compared with those about it alone.
 */
import { chiSquareQuantile, invert, newInverseCovariance, squaredDistance } from "./gate.ts";
import type { TrackPool } from "./track-pool.ts";

/** Finds the doubles of one pool, step after step. */
export class Duplicates {
  readonly #pool: TrackPool;
  /** Places in `pool.alive` of the fed tracks, from west to east, and how far east each is. */
  readonly #fed: Int32Array;
  readonly #eastM: Float64Array;

  constructor(pool: TrackPool) {
    this.#pool = pool;
    this.#fed = new Int32Array(pool.tracksMax);
    this.#eastM = new Float64Array(pool.tracksMax);
  }

  /** Marks doubles as removed, in order of birth; the caller sweeps. */
  merge(): void {
    const pool = this.#pool;
    let fedCount = 0;
    let varianceMax = 0;
    for (let m = 0; m < pool.aliveCount; m++) {
      const slot = pool.alive[m]!;
      if (pool.missedCounts[slot]! > 0 || pool.removed[slot] === 1) continue;
      this.#fed[fedCount++] = m;
      varianceMax = Math.max(varianceMax, pool.covariances[slot * 36]!);
    }
    if (fedCount === 0 || fedCount === pool.aliveCount) return;
    const east = (m: number): number => pool.states[pool.alive[m]! * 6]!;
    this.#fed.subarray(0, fedCount).sort((a, b) => east(a) - east(b) || a - b);
    for (let k = 0; k < fedCount; k++) this.#eastM[k] = east(this.#fed[k]!);
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      if (pool.missedCounts[slot] === 0 || pool.removed[slot] === 1) continue;
      const reachM = Math.sqrt(NEAR * (pool.covariances[slot * 36]! + varianceMax));
      const m = this.#eldestNear(slot, fedCount, reachM);
      if (m >= 0) this.#join(k, m);
    }
  }

  /** Returns the place of the eldest fed track near `missed`, or -1. */
  #eldestNear(missed: number, fedCount: number, reachM: number): number {
    const pool = this.#pool;
    const eastM = pool.states[missed * 6]!;
    let eldest = -1;
    for (let k = this.#firstFrom(eastM - reachM, fedCount); k < fedCount && this.#eastM[k]! <= eastM + reachM; k++) {
      const m = this.#fed[k]!;
      const fed = pool.alive[m]!;
      if ((eldest >= 0 && m > eldest) || pool.removed[fed] === 1) continue;
      if (isNear(pool, missed, fed, 0) && isNear(pool, missed, fed, 3)) eldest = m;
    }
    return eldest;
  }

  /** Returns the first fed track at or beyond a line. */
  #firstFrom(eastM: number, fedCount: number): number {
    let low = 0;
    let high = fedCount;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#eastM[middle]! < eastM) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets the elder of two places in `alive`, which is in order of birth, be both. */
  #join(missedAt: number, fedAt: number): void {
    const pool = this.#pool;
    const missed = pool.alive[missedAt]!;
    const fed = pool.alive[fedAt]!;
    if (missedAt < fedAt) pool.copyEstimate(fed, missed);
    pool.removed[missedAt < fedAt ? fed : missed] = 1;
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
