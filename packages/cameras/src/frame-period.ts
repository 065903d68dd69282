import { assert } from "@skyvox/core";

/** Intervals a camera's period is learned from: enough that one or two dropped frames do not bend the median. */
const INTERVALS = 8;

/** Learns the frame period of one camera from its first capture times: the median interval, which a few lost frames leave alone. */
export class FramePeriod {
  readonly #intervalsNs: bigint[] = [];
  #lastNs: bigint | null = null;
  #periodNs: bigint | null = null;

  /** True once no further frame changes {@link ns}. */
  get isLearned(): boolean {
    return this.#intervalsNs.length === INTERVALS;
  }

  /** The period in nanoseconds as far as it is known; null before the second frame. */
  get ns(): bigint | null {
    return this.#periodNs;
  }

  /** Takes the capture time of the next frame, later than the last. */
  add(captureNs: bigint): void {
    if (this.isLearned) return;
    if (this.#lastNs !== null) {
      assert(captureNs > this.#lastNs, "capture times of a camera rise");
      this.#intervalsNs.push(captureNs - this.#lastNs);
      const sorted = this.#intervalsNs.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      this.#periodNs = sorted[(sorted.length - 1) >> 1] ?? null;
    }
    this.#lastNs = captureNs;
  }
}
