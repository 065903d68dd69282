/**
 * Meters for display: how often something happens and how long it takes, over a short past.
 *
 * They hold fixed rings, allocate nothing after construction and ask no clock: times come in as milliseconds of one monotonic clock.
 */
import { assert } from "./assert.ts";

/** Counts events of a sliding window; for rates such as frames or bytes per second. */
export class RateMeter {
  readonly #timesMs: Float64Array;
  readonly #amounts: Float64Array;
  readonly #windowMs: number;
  #next = 0;
  #count = 0;

  /** Takes the length of the window and how many events it remembers at most; older ones fall out. */
  constructor(options: { readonly windowMs: number; readonly capacity: number }) {
    assert(options.windowMs > 0, "windowMs is positive");
    assert(Number.isInteger(options.capacity) && options.capacity >= 2, "capacity is an integer of at least 2");
    this.#windowMs = options.windowMs;
    this.#timesMs = new Float64Array(options.capacity);
    this.#amounts = new Float64Array(options.capacity);
  }

  /** Notes `amount` events at a time; times never go back. */
  mark(nowMs: number, amount = 1): void {
    this.#timesMs[this.#next] = nowMs;
    this.#amounts[this.#next] = amount;
    this.#next = (this.#next + 1) % this.#timesMs.length;
    this.#count = Math.min(this.#count + 1, this.#timesMs.length);
  }

  /**
   * Returns the amount per second over the window that ends now.
   *
   * The span is the whole window once it is full of time, else what has passed since the oldest remembered event, whose own amount then
   * only opens the span. Fewer than two events, or no time between, give 0.
   */
  perSecond(nowMs: number): number {
    const capacity = this.#timesMs.length;
    const startMs = nowMs - this.#windowMs;
    let sum = 0;
    for (let age = 1; age <= this.#count; age++) {
      const index = (this.#next - age + capacity) % capacity;
      const timeMs = this.#timesMs[index]!;
      if (timeMs <= startMs) return (sum * 1000) / this.#windowMs;
      if (age === this.#count) return nowMs > timeMs ? (sum * 1000) / (nowMs - timeMs) : 0;
      sum += this.#amounts[index]!;
    }
    return 0;
  }
}

/** Keeps the last durations and tells their percentiles. */
export class LatencyMeter {
  readonly #valuesMs: Float64Array;
  readonly #sortedMs: Float64Array;
  #next = 0;
  #count = 0;

  /** Takes how many of the last durations are kept. */
  constructor(capacity: number) {
    assert(Number.isInteger(capacity) && capacity >= 1, "capacity is a positive integer");
    this.#valuesMs = new Float64Array(capacity);
    this.#sortedMs = new Float64Array(capacity);
  }

  /** Says how many durations are kept now. */
  get count(): number {
    return this.#count;
  }

  /** Notes one duration; the oldest falls out when the ring is full. */
  add(durationMs: number): void {
    this.#valuesMs[this.#next] = durationMs;
    this.#next = (this.#next + 1) % this.#valuesMs.length;
    this.#count = Math.min(this.#count + 1, this.#valuesMs.length);
  }

  /**
   * Returns the nearest-rank percentile of the kept durations, or NaN where there are none.
   *
   * @param fraction in [0, 1]: 0.5 is the median, 1 the largest.
   */
  percentileMs(fraction: number): number {
    assert(fraction >= 0 && fraction <= 1, "fraction is in [0, 1]");
    if (this.#count === 0) return Number.NaN;
    const sorted = this.#sortedMs.subarray(0, this.#count);
    sorted.set(this.#valuesMs.subarray(0, this.#count));
    sorted.sort();
    return sorted[Math.max(0, Math.ceil(fraction * this.#count) - 1)] ?? Number.NaN;
  }
}
