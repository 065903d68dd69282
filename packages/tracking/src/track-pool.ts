/**
 * All tracks of one tracker in preallocated arrays.
 *
 * A slot holds one explanation of one target. `alive` lists one slot per track, its likeliest explanation, in order of birth, oldest
 * first. A track in doubt has more slots, its branches, with the same id; who keeps them is `ClusterStore`. A slot is used again after
 * its track or branch is gone, an id never.
 */
import { type TrackState, type TrackUpdate, trackId } from "@skyvox/core";
import { MotionFilters, type MotionOptions } from "./motion-filters.ts";
import { type Column, ColumnsCopy } from "./slot-columns.ts";
import { StillFilters } from "./still.ts";

/** How many slots a pool has, and how far back each remembers its detections. */
export interface TrackPoolOptions extends MotionOptions {
  /** Tracks alive at once. */
  readonly tracksMax: number;
  /** Slots beside theirs for other explanations of the same tracks. */
  readonly branchesMax: number;
  /** Steps of which the detections are remembered. */
  readonly historySteps: number;
}

/** A copy of all that a pool holds. */
export class PoolCopy {
  readonly columns = new ColumnsCopy();
  readonly alive = new ColumnsCopy();
  readonly free = new ColumnsCopy();
  aliveCount = 0;
  freeCount = 0;
  usedCount = 0;
}

/** The slots of one tracker; see the head of this file. */
export class TrackPool {
  readonly tracksMax: number;
  readonly historySteps: number;
  readonly filters: MotionFilters;
  /** `[capacity, 6]`: `[e, n, u, ve, vn, vu]` in metres and metres per second; of `filters`. */
  readonly states: Float64Array;
  /** `[capacity, 36]` row-major; of `filters`. */
  readonly covariances: Float64Array;
  /** Log-likelihood ratio of target against all clutter: what confirms a track and is reported. */
  readonly scores: Float64Array;
  /** The same against uniform clutter alone. */
  readonly targetScores: Float64Array;
  /** Log-odds that the target is (still) there. They saturate: a target may leave at any time, however long it was seen. */
  readonly existence: Float64Array;
  /** The rival explanation of each track. */
  readonly still: StillFilters;
  readonly firstNs: BigInt64Array;
  readonly lastDetectionNs: BigInt64Array;
  readonly detectionCounts: Int32Array;
  readonly missedCounts: Int32Array;
  /** `[capacity, historySteps]`: number of the detection taken in each of the last steps, -1 for none; step k stands at k % historySteps. */
  readonly history: Float64Array;
  /** 0 until the second detection. */
  readonly ids: Float64Array;
  readonly confirmed: Uint8Array;
  readonly removed: Uint8Array;
  /** 1 where a track took over another's estimate in this step: what its branches say is void. */
  readonly replaced: Uint8Array;
  readonly alive: Int32Array;
  aliveCount = 0;

  readonly #free: Int32Array;
  #freeCount: number;
  /** No slot from here on was ever taken. */
  #usedCount = 0;
  readonly #columns: readonly Column[];

  constructor(options: TrackPoolOptions) {
    const capacity = options.tracksMax + options.branchesMax;
    this.tracksMax = options.tracksMax;
    this.historySteps = options.historySteps;
    this.filters = new MotionFilters(capacity, options);
    this.states = this.filters.states;
    this.covariances = this.filters.covariances;
    this.scores = new Float64Array(capacity);
    this.targetScores = new Float64Array(capacity);
    this.existence = new Float64Array(capacity);
    this.still = new StillFilters(capacity);
    this.firstNs = new BigInt64Array(capacity);
    this.lastDetectionNs = new BigInt64Array(capacity);
    this.detectionCounts = new Int32Array(capacity);
    this.missedCounts = new Int32Array(capacity);
    this.history = new Float64Array(capacity * options.historySteps);
    this.ids = new Float64Array(capacity);
    this.confirmed = new Uint8Array(capacity);
    this.removed = new Uint8Array(capacity);
    this.replaced = new Uint8Array(capacity);
    this.alive = new Int32Array(options.tracksMax);
    this.#free = Int32Array.from({ length: capacity }, (_, index) => capacity - 1 - index);
    this.#freeCount = capacity;
    this.#columns = this.#listColumns();
  }

  get capacity(): number {
    return this.#free.length;
  }

  get freeCount(): number {
    return this.#freeCount;
  }

  /** Takes a free slot for a track seen once at `timeNs`, or returns -1 when there are `tracksMax`. Filters and existence are left to fill. */
  take(timeNs: bigint): number {
    if (this.#freeCount === 0 || this.aliveCount === this.tracksMax) return -1;
    const slot = this.#takeFree();
    this.alive[this.aliveCount++] = slot;
    this.scores[slot] = 0;
    this.targetScores[slot] = 0;
    this.firstNs[slot] = timeNs;
    this.lastDetectionNs[slot] = timeNs;
    this.detectionCounts[slot] = 1;
    this.missedCounts[slot] = 0;
    this.history.fill(-1, slot * this.historySteps, (slot + 1) * this.historySteps);
    this.ids[slot] = 0;
    this.confirmed[slot] = 0;
    this.removed[slot] = 0;
    this.replaced[slot] = 0;
    return slot;
  }

  /** Copies all that is known of a track into a free slot and returns that; there must be one. */
  branch(from: number): number {
    const to = this.#takeFree();
    const steps = this.historySteps;
    this.filters.copy(from, to);
    this.still.copy(from, to);
    this.scores[to] = this.scores[from]!;
    this.targetScores[to] = this.targetScores[from]!;
    this.existence[to] = this.existence[from]!;
    this.firstNs[to] = this.firstNs[from]!;
    this.lastDetectionNs[to] = this.lastDetectionNs[from]!;
    this.detectionCounts[to] = this.detectionCounts[from]!;
    this.missedCounts[to] = this.missedCounts[from]!;
    this.history.copyWithin(to * steps, from * steps, (from + 1) * steps);
    this.ids[to] = this.ids[from]!;
    this.confirmed[to] = this.confirmed[from]!;
    this.removed[to] = 0;
    this.replaced[to] = 0;
    return to;
  }

  /** Gives back a slot that is not alive. */
  release(slot: number): void {
    this.#free[this.#freeCount++] = slot;
  }

  /** Gives the slots of removed tracks back, keeping the others in order. */
  sweep(): void {
    let kept = 0;
    for (let k = 0; k < this.aliveCount; k++) {
      const slot = this.alive[k]!;
      if (this.removed[slot] === 1) this.release(slot);
      else this.alive[kept++] = slot;
    }
    this.aliveCount = kept;
  }

  /** Copies what is known of the target, but not the identity, from one track to another. */
  copyEstimate(from: number, to: number): void {
    this.filters.copy(from, to);
    this.still.copy(from, to);
    this.scores[to] = Math.max(this.scores[to]!, this.scores[from]!);
    this.targetScores[to] = Math.max(this.targetScores[to]!, this.targetScores[from]!);
    this.existence[to] = Math.max(this.existence[to]!, this.existence[from]!);
    this.lastDetectionNs[to] = this.lastDetectionNs[from]!;
    this.detectionCounts[to] = this.detectionCounts[to]! + 1;
    this.missedCounts[to] = this.missedCounts[from]!;
    this.history.copyWithin(to * this.historySteps, from * this.historySteps, (from + 1) * this.historySteps);
    this.confirmed[to] = Math.max(this.confirmed[to]!, this.confirmed[from]!);
    this.replaced[to] = 1;
  }

  /** Copies all tracks and branches to `copy`, or back from it. */
  save(copy: PoolCopy): void {
    copy.columns.save(this.#columns, this.#usedCount);
    copy.alive.save([{ values: this.alive, width: 1 }], this.aliveCount);
    copy.free.save([{ values: this.#free, width: 1 }], this.capacity);
    copy.aliveCount = this.aliveCount;
    copy.freeCount = this.#freeCount;
    copy.usedCount = this.#usedCount;
  }

  restore(copy: PoolCopy): void {
    copy.columns.restore(this.#columns);
    copy.alive.restore([{ values: this.alive, width: 1 }]);
    copy.free.restore([{ values: this.#free, width: 1 }]);
    this.aliveCount = copy.aliveCount;
    this.#freeCount = copy.freeCount;
    this.#usedCount = copy.usedCount;
  }

  /** Reports a track as a value of its own. */
  update(slot: number, timeNs: bigint): TrackUpdate {
    const x = slot * 6;
    const s = this.states;
    return {
      id: trackId(this.ids[slot]!),
      state: this.#stateOf(slot),
      timeNs,
      firstTimeNs: this.firstNs[slot]!,
      positionEnuM: [s[x]!, s[x + 1]!, s[x + 2]!],
      velocityEnuMps: [s[x + 3]!, s[x + 4]!, s[x + 5]!],
      covariance: this.covariances.slice(slot * 36, slot * 36 + 36),
      score: this.scores[slot]!,
      detectionCount: this.detectionCounts[slot]!,
      missedCount: this.missedCounts[slot]!,
    };
  }

  #takeFree(): number {
    const slot = this.#free[--this.#freeCount]!;
    this.#usedCount = Math.max(this.#usedCount, slot + 1);
    return slot;
  }

  #listColumns(): readonly Column[] {
    const single = [
      this.scores,
      this.targetScores,
      this.existence,
      this.firstNs,
      this.lastDetectionNs,
      this.detectionCounts,
      this.missedCounts,
      this.ids,
      this.confirmed,
      this.removed,
      this.replaced,
    ];
    return [
      ...this.filters.columns,
      ...this.still.columns,
      { values: this.history, width: this.historySteps },
      ...single.map((values) => ({ values, width: 1 })),
    ];
  }

  #stateOf(slot: number): TrackState {
    if (this.removed[slot] === 1) return "deleted";
    if (this.confirmed[slot] === 0) return "tentative";
    return this.missedCounts[slot]! > 0 ? "coasting" : "confirmed";
  }
}
