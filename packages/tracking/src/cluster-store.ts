/**
 * Tracks in doubt: clusters of tracks whose explanations hang together, and the global hypotheses of each.
 *
 * A global hypothesis of a cluster names one slot of the track pool for each of its tracks, and how likely this choice is. Hypotheses are
 * listed likeliest first; the slots of the first are the ones that are alive in the pool, all others are branches that this store owns.
 * A track that is in no cluster has one explanation and needs none. All clusters stand one after another in arrays that are written anew
 * in each step and change places with those of the step before.
 */
import type { TrackPool } from "./track-pool.ts";

/** The clusters after one step. */
export class ClusterStore {
  count = 0;
  /** Of each cluster: its tracks, its hypotheses, and where those begin in `slots` and `logWeights`. */
  trackCounts: Int32Array = new Int32Array(16);
  hypothesisCounts: Int32Array = new Int32Array(16);
  slotStarts: Int32Array = new Int32Array(16);
  weightStarts: Int32Array = new Int32Array(16);
  /** Of each cluster `[hypotheses, tracks]`. */
  slots: Int32Array = new Int32Array(256);
  /** Of each cluster `[hypotheses]`, ln of the chance, the first 0. */
  logWeights = new Float64Array(64);
  /** Of each slot of the pool: 1 where it is in a cluster. */
  readonly isInDoubt: Uint8Array;
  #slotCount = 0;
  #weightCount = 0;

  constructor(slotsMax: number) {
    this.isInDoubt = new Uint8Array(slotsMax);
  }

  clear(): void {
    this.count = 0;
    this.#slotCount = 0;
    this.#weightCount = 0;
    this.isInDoubt.fill(0);
  }

  /** Appends a cluster and marks its slots; `slots` is `[hypotheses, tracks]`, `logWeights` ascends never. */
  add(trackCount: number, hypothesisCount: number, slots: Int32Array, logWeights: Float64Array): void {
    const slotCount = trackCount * hypothesisCount;
    if (this.count === this.trackCounts.length) {
      this.trackCounts = grown(this.trackCounts, 2 * this.count);
      this.hypothesisCounts = grown(this.hypothesisCounts, 2 * this.count);
      this.slotStarts = grown(this.slotStarts, 2 * this.count);
      this.weightStarts = grown(this.weightStarts, 2 * this.count);
    }
    if (this.#slotCount + slotCount > this.slots.length) {
      this.slots = grown(this.slots, 2 * (this.#slotCount + slotCount));
    }
    if (this.#weightCount + hypothesisCount > this.logWeights.length) {
      const wider = new Float64Array(2 * (this.#weightCount + hypothesisCount));
      wider.set(this.logWeights);
      this.logWeights = wider;
    }
    this.trackCounts[this.count] = trackCount;
    this.hypothesisCounts[this.count] = hypothesisCount;
    this.slotStarts[this.count] = this.#slotCount;
    this.weightStarts[this.count] = this.#weightCount;
    for (let k = 0; k < slotCount; k++) {
      this.slots[this.#slotCount++] = slots[k]!;
      this.isInDoubt[slots[k]!] = 1;
    }
    for (let k = 0; k < hypothesisCount; k++) this.logWeights[this.#weightCount++] = logWeights[k]!;
    this.count++;
  }

  /** Takes over all clusters of another store. */
  copyFrom(other: ClusterStore): void {
    this.clear();
    for (let cluster = 0; cluster < other.count; cluster++) {
      const trackCount = other.trackCounts[cluster]!;
      const hypothesisCount = other.hypothesisCounts[cluster]!;
      const slots = other.slots.subarray(other.slotStarts[cluster]!);
      this.add(trackCount, hypothesisCount, slots, other.logWeights.subarray(other.weightStarts[cluster]!));
    }
  }

  /** Calls `each` once for every slot that is a branch, in order. */
  forEachBranch(each: (slot: number) => void): void {
    for (let cluster = 0; cluster < this.count; cluster++) this.#forEachBranchOf(cluster, each);
  }

  /** Returns how likely it is that track `track` of a cluster is there, over all hypotheses. */
  existence(pool: TrackPool, cluster: number, track: number): number {
    const trackCount = this.trackCounts[cluster]!;
    let total = 0;
    let there = 0;
    for (let h = 0; h < this.hypothesisCounts[cluster]!; h++) {
      const slot = this.slots[this.slotStarts[cluster]! + h * trackCount + track]!;
      const weight = Math.exp(this.logWeights[this.weightStarts[cluster]! + h]!);
      total += weight;
      there += weight / (1 + Math.exp(-pool.existence[slot]!));
    }
    return there / total;
  }

  /** Believes the likeliest hypothesis of every cluster of which a track is removed or replaced, and gives the other slots back. */
  settle(pool: TrackPool): void {
    let kept = 0;
    for (let cluster = 0; cluster < this.count; cluster++) {
      if (this.#isBroken(pool, cluster)) {
        this.#forEachBranchOf(cluster, (slot) => {
          this.isInDoubt[slot] = 0;
          pool.release(slot);
        });
        for (let track = 0; track < this.trackCounts[cluster]!; track++) {
          this.isInDoubt[this.slots[this.slotStarts[cluster]! + track]!] = 0;
        }
        continue;
      }
      this.trackCounts[kept] = this.trackCounts[cluster]!;
      this.hypothesisCounts[kept] = this.hypothesisCounts[cluster]!;
      this.slotStarts[kept] = this.slotStarts[cluster]!;
      this.weightStarts[kept] = this.weightStarts[cluster]!;
      kept++;
    }
    this.count = kept;
  }

  #isBroken(pool: TrackPool, cluster: number): boolean {
    for (let track = 0; track < this.trackCounts[cluster]!; track++) {
      const slot = this.slots[this.slotStarts[cluster]! + track]!;
      if (pool.removed[slot] === 1 || pool.replaced[slot] === 1) return true;
    }
    return false;
  }

  #forEachBranchOf(cluster: number, each: (slot: number) => void): void {
    const trackCount = this.trackCounts[cluster]!;
    const start = this.slotStarts[cluster]!;
    const end = start + this.hypothesisCounts[cluster]! * trackCount;
    for (let k = start + trackCount; k < end; k++) {
      if (this.#isFirst(start, k, trackCount)) each(this.slots[k]!);
    }
  }

  /** True where the slot at `k` stands in no hypothesis before. */
  #isFirst(start: number, k: number, trackCount: number): boolean {
    for (let before = k - trackCount; before >= start; before -= trackCount) {
      if (this.slots[before] === this.slots[k]) return false;
    }
    return true;
  }
}

function grown(values: Int32Array, length: number): Int32Array {
  const wider = new Int32Array(length);
  wider.set(values);
  return wider;
}
