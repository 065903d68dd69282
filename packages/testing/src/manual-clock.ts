/**
 * A clock for tests, which moves only when it is told to.
 */
import { assert, type Clock } from "@skyvox/core";

/** A clock that moves only when told to, with callbacks that run when it passes their time. */
export class ManualClock implements Clock {
  #nowNs: bigint;
  /** Sorted by time; equal times in the order they were scheduled. */
  readonly #pending: Scheduled[] = [];

  constructor(startNs = 0n) {
    this.#nowNs = startNs;
  }

  nowNs(): bigint {
    return this.#nowNs;
  }

  /** Says how many callbacks still wait. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /**
   * Runs a callback when the clock reaches a time; one in the past runs at the next move.
   *
   * @returns a function that calls it off; harmless once it has run.
   */
  schedule(atNs: bigint, callback: () => void): () => void {
    const scheduled = { atNs, callback };
    this.#pending.splice(this.#placeAfter(atNs), 0, scheduled);
    return () => {
      const index = this.#pending.indexOf(scheduled);
      if (index >= 0) this.#pending.splice(index, 1);
    };
  }

  /** Index of the first callback that is later than a time. */
  #placeAfter(atNs: bigint): number {
    let [low, high] = [0, this.#pending.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pending[middle]!.atNs > atNs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Moves the clock on by a span; every callback due on the way runs in order of time, and sees its own time as now. */
  advance(spanNs: bigint): void {
    assert(spanNs >= 0n, "a clock never goes back");
    const endNs = this.#nowNs + spanNs;
    for (let next = this.#pending[0]; next && next.atNs <= endNs; next = this.#pending[0]) {
      this.#pending.shift();
      if (next.atNs > this.#nowNs) this.#nowNs = next.atNs;
      next.callback();
    }
    // A callback may itself have moved the clock past the end.
    if (endNs > this.#nowNs) this.#nowNs = endNs;
  }
}

interface Scheduled {
  readonly atNs: bigint;
  readonly callback: () => void;
}
