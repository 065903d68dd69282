/**
 * From chosen pairs of earlier hypothesis and assignment to new global hypotheses: every slot grows one branch per detection it takes.
 *
 * The same slot with the same detection is one branch, however many hypotheses name it. The last branch of a slot takes its place, so
 * where nothing is in doubt nothing is copied. A track has at most `BRANCHES_MAX` branches: hypotheses that would need more are dropped,
 * the unlikeliest first.
 */
import type { DetectionSet } from "./detection-set.ts";
import type { Evidence } from "./evidence.ts";
import type { HypothesisExpansion } from "./expansion.ts";
import type { GlobalHypotheses } from "./global-hypotheses.ts";
import type { TrackPool } from "./track-pool.ts";

/** Branches of one track. */
const BRANCHES_MAX = 8;

/** Fates of a slot of an earlier hypothesis. */
const USED = 1;
const RELEASED = 2;

/** Grows the branches of one group after another. */
export class Branching {
  /** Branches to grow: track, slot they grow from, detection (-1: none), and the slot they get. */
  #count = 0;
  #track = new Int32Array(32);
  #parent = new Int32Array(32);
  #detection = new Int32Array(32);
  #slot = new Int32Array(32);
  /** Of each track of the group, how many branches it has. */
  #trackBranches = new Int32Array(16);
  /** Of each slot: branches still to grow from it, and its fate; 0 between groups. */
  readonly #growing: Int32Array;
  readonly #fate: Uint8Array;

  constructor(slotsMax: number) {
    this.#growing = new Int32Array(slotsMax);
    this.#fate = new Uint8Array(slotsMax);
  }

  /**
   * Writes the new hypotheses to `after`, with the branches updated and the slots of no branch released; the first is that of the
   * likeliest pair. Returns false where the pool had no room and only that one stays.
   */
  grow(
    before: GlobalHypotheses,
    pairs: HypothesisExpansion,
    after: GlobalHypotheses,
    world: { readonly pool: TrackPool; readonly set: DetectionSet; readonly evidence: Evidence },
  ): boolean {
    this.#list(before, pairs, after, pairs.count);
    const hasRoom = this.#count - this.#parentCount() <= world.pool.freeCount;
    if (!hasRoom) this.#list(before, pairs, after, 1);
    for (let k = 0; k < this.#count; k++) {
      this.#growing[this.#parent[k]!]!++;
      this.#fate[this.#parent[k]!] = USED;
    }
    for (let k = 0; k < this.#count; k++) this.#slot[k] = this.#growOne(k, world);
    const cellCount = after.count * after.trackCount;
    for (let cell = 0; cell < cellCount; cell++) after.slots[cell] = this.#slot[after.slots[cell]!]!;
    this.#releaseUnused(before, world.pool);
    return hasRoom;
  }

  /** Lists the branches that the first `countMax` pairs need; `after.slots` holds their places in the list. */
  #list(before: GlobalHypotheses, pairs: HypothesisExpansion, after: GlobalHypotheses, countMax: number): void {
    const { trackCount } = before;
    after.resize(trackCount, countMax);
    this.#count = 0;
    this.#reserve(trackCount, trackCount * countMax);
    this.#trackBranches.fill(0, 0, trackCount);
    let kept = 0;
    for (let pair = 0; pair < countMax; pair++) {
      if (!this.#hasRoomFor(before, pairs, pair)) continue;
      for (let track = 0; track < trackCount; track++) {
        const parent = before.slots[pairs.priorOf[pair]! * trackCount + track]!;
        const detection = pairs.detectionOf[pair * trackCount + track]!;
        after.slots[kept * trackCount + track] = this.#findOrAdd(track, parent, detection);
      }
      after.logWeights[kept++] = pairs.logWeights[pair]!;
    }
    after.count = kept;
  }

  #hasRoomFor(before: GlobalHypotheses, pairs: HypothesisExpansion, pair: number): boolean {
    const { trackCount } = before;
    for (let track = 0; track < trackCount; track++) {
      if (this.#trackBranches[track]! < BRANCHES_MAX) continue;
      const parent = before.slots[pairs.priorOf[pair]! * trackCount + track]!;
      if (this.#find(track, parent, pairs.detectionOf[pair * trackCount + track]!) < 0) return false;
    }
    return true;
  }

  #find(track: number, parent: number, detection: number): number {
    for (let k = 0; k < this.#count; k++) {
      if (this.#track[k] === track && this.#parent[k] === parent && this.#detection[k] === detection) return k;
    }
    return -1;
  }

  #findOrAdd(track: number, parent: number, detection: number): number {
    const found = this.#find(track, parent, detection);
    if (found >= 0) return found;
    this.#track[this.#count] = track;
    this.#parent[this.#count] = parent;
    this.#detection[this.#count] = detection;
    this.#trackBranches[track]!++;
    return this.#count++;
  }

  #parentCount(): number {
    let count = 0;
    for (let k = 0; k < this.#count; k++) {
      let before = 0;
      while (before < k && this.#parent[before] !== this.#parent[k]) before++;
      if (before === k) count++;
    }
    return count;
  }

  #growOne(
    k: number,
    { pool, set, evidence }: { readonly pool: TrackPool; readonly set: DetectionSet; readonly evidence: Evidence },
  ): number {
    const parent = this.#parent[k]!;
    this.#growing[parent] = this.#growing[parent]! - 1;
    const slot = this.#growing[parent] === 0 ? parent : pool.branch(parent);
    const detection = this.#detection[k]!;
    if (detection < 0) evidence.miss(slot);
    else evidence.detect(slot, set, detection);
    return slot;
  }

  #releaseUnused(before: GlobalHypotheses, pool: TrackPool): void {
    const cellCount = before.count * before.trackCount;
    for (let cell = 0; cell < cellCount; cell++) {
      const slot = before.slots[cell]!;
      if (this.#fate[slot] !== 0) continue;
      pool.release(slot);
      this.#fate[slot] = RELEASED;
    }
    for (let cell = 0; cell < cellCount; cell++) this.#fate[before.slots[cell]!] = 0;
  }

  #reserve(trackCount: number, branchCount: number): void {
    if (this.#trackBranches.length < trackCount) this.#trackBranches = new Int32Array(2 * trackCount);
    if (this.#track.length >= branchCount) return;
    this.#track = new Int32Array(2 * branchCount);
    this.#parent = new Int32Array(2 * branchCount);
    this.#detection = new Int32Array(2 * branchCount);
    this.#slot = new Int32Array(2 * branchCount);
  }
}
