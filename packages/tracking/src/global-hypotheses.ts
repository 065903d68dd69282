/**
 * A list of global hypotheses of the tracks of one group: for each hypothesis one slot per track and the logarithm of its chance.
 *
 * Listed likeliest first, chances relative to the first. Filled anew for every group; the arrays grow and are used again.
 */
import type { ClusterStore } from "./cluster-store.ts";

/** The hypotheses of one group. */
export class GlobalHypotheses {
  trackCount = 0;
  count = 0;
  /** `[count, trackCount]`. */
  slots = new Int32Array(64);
  logWeights = new Float64Array(16);
  #spareSlots = new Int32Array(64);
  #spareWeights = new Float64Array(16);
  readonly #pairs: number[] = [];

  /** Begins with one hypothesis about no track. */
  begin(): void {
    this.trackCount = 0;
    this.count = 1;
    this.logWeights[0] = 0;
  }

  /** Makes room for `count` hypotheses about `trackCount` tracks; what is in the arrays is void. */
  resize(trackCount: number, count: number): void {
    this.trackCount = trackCount;
    this.count = count;
    if (this.slots.length < trackCount * count) this.slots = new Int32Array(2 * trackCount * count);
    if (this.logWeights.length < count) this.logWeights = new Float64Array(2 * count);
  }

  /** Adds a track that has one explanation. */
  addTrack(slot: number): void {
    this.#begin(this.trackCount + 1, this.count);
    for (let h = 0; h < this.count; h++) {
      const at = this.#copyRow(h, h, 1);
      this.#spareSlots[at] = slot;
      this.#spareWeights[h] = this.logWeights[h]!;
    }
    this.#end(this.trackCount + 1, this.count);
  }

  /** Adds the tracks of a cluster: every pair of hypotheses is one, of which the `countMax` likeliest stay. */
  addCluster(store: ClusterStore, cluster: number, countMax: number): void {
    const width = store.trackCounts[cluster]!;
    const depth = store.hypothesisCounts[cluster]!;
    const weightOf = (pair: number): number =>
      this.logWeights[Math.floor(pair / depth)]! + store.logWeights[store.weightStarts[cluster]! + (pair % depth)]!;
    const pairs = this.#pairs;
    pairs.length = this.count * depth;
    for (let pair = 0; pair < pairs.length; pair++) pairs[pair] = pair;
    pairs.sort((a, b) => weightOf(b) - weightOf(a) || a - b);
    const count = Math.min(countMax, pairs.length);
    this.#begin(this.trackCount + width, count);
    for (let h = 0; h < count; h++) {
      const pair = pairs[h]!;
      const at = this.#copyRow(Math.floor(pair / depth), h, width);
      const from = store.slotStarts[cluster]! + (pair % depth) * width;
      for (let track = 0; track < width; track++) this.#spareSlots[at + track] = store.slots[from + track]!;
      this.#spareWeights[h] = weightOf(pair);
    }
    this.#end(this.trackCount + width, count);
  }

  /** Puts the hypotheses in order, makes those equal one, and sets the chance of the first to 1. */
  normalise(): void {
    const order = this.#pairs;
    let kept = 0;
    for (let h = 0; h < this.count; h++) {
      const same = this.#find(h, kept);
      if (same < 0) {
        this.slots.copyWithin(kept * this.trackCount, h * this.trackCount, (h + 1) * this.trackCount);
        this.logWeights[kept++] = this.logWeights[h]!;
      } else this.logWeights[same] = logSum(this.logWeights[same]!, this.logWeights[h]!);
    }
    order.length = kept;
    for (let h = 0; h < kept; h++) order[h] = h;
    order.sort((a, b) => this.logWeights[b]! - this.logWeights[a]! || a - b);
    this.#begin(this.trackCount, kept);
    for (let h = 0; h < kept; h++) {
      this.#copyRow(order[h]!, h, 0);
      this.#spareWeights[h] = this.logWeights[order[h]!]! - this.logWeights[order[0]!]!;
    }
    this.#end(this.trackCount, kept);
  }

  /** Returns the hypothesis among the first `count` that names the same slots as hypothesis `h`, or -1. */
  #find(h: number, count: number): number {
    const width = this.trackCount;
    for (let other = 0; other < count; other++) {
      let track = 0;
      while (track < width && this.slots[other * width + track] === this.slots[h * width + track]) track++;
      if (track === width) return other;
    }
    return -1;
  }

  #begin(trackCount: number, count: number): void {
    if (this.#spareSlots.length < trackCount * count) this.#spareSlots = new Int32Array(2 * trackCount * count);
    if (this.#spareWeights.length < count) this.#spareWeights = new Float64Array(2 * count);
  }

  /** Copies the slots of hypothesis `from` to hypothesis `to` of rows that are wider by `more`, and returns where the new ones go. */
  #copyRow(from: number, to: number, more: number): number {
    const width = this.trackCount;
    const at = to * (width + more);
    for (let track = 0; track < width; track++) this.#spareSlots[at + track] = this.slots[from * width + track]!;
    return at + width;
  }

  #end(trackCount: number, count: number): void {
    [this.slots, this.#spareSlots] = [this.#spareSlots, this.slots];
    [this.logWeights, this.#spareWeights] = [this.#spareWeights, this.logWeights];
    this.trackCount = trackCount;
    this.count = count;
  }
}

/** ln(eᵃ + eᵇ). */
function logSum(a: number, b: number): number {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}
