/**
 * The estimates of all tracks of one bearing tracker in preallocated arrays, one slot each.
 *
 * Beside state and covariance every track carries how its error goes with the pose error of each camera. Pose errors last: a filter that
 * takes them for noise averages them away and grows sure of what it cannot know. Here they are considered, not estimated (Schmidt
 * 1966): the pose error of camera c is a vector b_c of three standard normal components, across a bearing it shows as s b_c with s the
 * pose's sigma there (`poseSigma` in `tangent.ts`), and `cross` is the covariance of (truth - estimate) with all b.
 */
import { assert } from "@skyvox/core";

/** States and covariances; `alive` lists the slots in order of birth, oldest first. A slot is used again after its track is gone. */
export class BearingPool {
  readonly capacity: number;
  readonly cameraCount: number;
  /** `[capacity, 6]`: `[e, n, u, ve, vn, vu]` in metres and metres per second. */
  readonly states: Float64Array;
  /** `[capacity, 36]` row-major. */
  readonly covariances: Float64Array;
  /** `[capacity, 6, 3 cameraCount]`. */
  readonly cross: Float64Array;
  readonly alive: Int32Array;
  aliveCount = 0;

  readonly #free: Int32Array;
  #freeCount: number;

  constructor(capacity: number, cameraCount: number) {
    assert(capacity >= 1, "a pool holds at least one track");
    assert(cameraCount >= 1, "a pool is of at least one camera");
    this.capacity = capacity;
    this.cameraCount = cameraCount;
    this.states = new Float64Array(capacity * 6);
    this.covariances = new Float64Array(capacity * 36);
    this.cross = new Float64Array(capacity * 18 * cameraCount);
    this.alive = new Int32Array(capacity);
    this.#free = Int32Array.from({ length: capacity }, (_, index) => capacity - 1 - index);
    this.#freeCount = capacity;
  }

  /** Takes a free slot, all zero, or returns -1 when the pool is full. */
  take(): number {
    if (this.#freeCount === 0) return -1;
    const slot = this.#free[--this.#freeCount]!;
    this.alive[this.aliveCount++] = slot;
    this.states.fill(0, slot * 6, slot * 6 + 6);
    this.covariances.fill(0, slot * 36, slot * 36 + 36);
    const width = 18 * this.cameraCount;
    this.cross.fill(0, slot * width, slot * width + width);
    return slot;
  }

  /** Gives back the slots that are marked in `removed`, keeping the others in order. */
  sweep(removed: Uint8Array): void {
    let kept = 0;
    for (let k = 0; k < this.aliveCount; k++) {
      const slot = this.alive[k]!;
      if (removed[slot] === 1) this.#free[this.#freeCount++] = slot;
      else this.alive[kept++] = slot;
    }
    this.aliveCount = kept;
  }

  /** Copies the estimate of one slot to another. */
  copy(from: number, to: number): void {
    this.states.copyWithin(to * 6, from * 6, from * 6 + 6);
    this.covariances.copyWithin(to * 36, from * 36, from * 36 + 36);
    const width = 18 * this.cameraCount;
    this.cross.copyWithin(to * width, from * width, from * width + width);
  }

  /** Moves all tracks by `elapsedS` seconds (of any sign); see `motion-model.ts`, which moves state and covariance. */
  moveCross(slot: number, elapsedS: number): void {
    const width = 3 * this.cameraCount;
    const at = slot * 6 * width;
    for (let k = 0; k < 3 * width; k++) this.cross[at + k]! += elapsedS * this.cross[at + 3 * width + k]!;
  }
}

/** Returns the sum of the variances of a position, square metres, from covariances `[count, 36]`. */
export function spreadOf(covariances: Float64Array, slot: number): number {
  return covariances[slot * 36]! + covariances[slot * 36 + 7]! + covariances[slot * 36 + 14]!;
}
