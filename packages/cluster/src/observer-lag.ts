/**
 * How late the observer itself runs, so that its own lag is not taken for the silence of others.
 *
 * A process that stood still for a second finds a second of heartbeats missing on waking, though they lie unread in its sockets.
 * Two cures work together. Time is counted as awake time: one step of the observer counts for two of its intervals at most, whatever
 * the clock says. And while steps keep coming late, limits are stretched in proportion to the lateness, up to {@link LAG_SCALE_MAX}
 * (the local health of hashicorp/memberlist; Dadgar, Phillips & Currey 2018, "Lifeguard").
 */
import { assert } from "@skyvox/core";

/** Limits are stretched by this factor at most. */
export const LAG_SCALE_MAX = 8;

/** Share of the newest step in the running mean of the lateness. */
const LAG_SHARE = 0.25;

/** Counts the awake time of an observer that means to step at an interval. */
export class ObserverLag {
  readonly #intervalMs: number;
  #lastMs: number;
  #awakeMs = 0;
  #meanLateMs = 0;

  constructor(options: { readonly intervalMs: number; readonly nowMs: number }) {
    assert(options.intervalMs > 0, "the interval of an observer is positive");
    this.#intervalMs = options.intervalMs;
    this.#lastMs = options.nowMs;
  }

  /** Notes one step of the observer and returns the awake time so far, in milliseconds. */
  step(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    this.#awakeMs += Math.min(elapsedMs, 2 * this.#intervalMs);
    const lateMs = Math.max(0, elapsedMs - this.#intervalMs);
    this.#meanLateMs += LAG_SHARE * (lateMs - this.#meanLateMs);
    return this.#awakeMs;
  }

  /** Awake time at the last step plus what has passed since, counted as in {@link step}; steps nothing. */
  awakeMsAt(nowMs: number): number {
    return this.#awakeMs + Math.min(Math.max(0, nowMs - this.#lastMs), 2 * this.#intervalMs);
  }

  /** By how much limits are stretched now: 1 where steps come in time, one more for each interval of mean lateness. */
  get scale(): number {
    return Math.min(LAG_SCALE_MAX, 1 + this.#meanLateMs / this.#intervalMs);
  }

  /** Mean lateness of recent steps, in milliseconds. */
  get lateMs(): number {
    return this.#meanLateMs;
  }
}
