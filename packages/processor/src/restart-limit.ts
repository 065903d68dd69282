import { assert } from "@skyvox/core";

/**
 * Bounds how often something is started again: at most `restartsMax` times in any `windowMs`; more have to wait.
 *
 * The first restarts come at once; what dies again and again costs `restartsMax / windowMs` starts and never more.
 */
export class RestartLimit {
  readonly #restartsMax: number;
  readonly #windowMs: number;
  /** When the last restarts were allowed, oldest first. */
  readonly #allowedMs: number[] = [];

  constructor(options: { readonly restartsMax: number; readonly windowMs: number }) {
    assert(Number.isInteger(options.restartsMax) && options.restartsMax >= 1, "restartsMax is a positive integer");
    assert(options.windowMs > 0, "windowMs is positive");
    this.#restartsMax = options.restartsMax;
    this.#windowMs = options.windowMs;
  }

  /** Returns when it may be started, now or later, and counts that as a restart. */
  allow(nowMs: number): number {
    const oldestMs = this.#allowedMs.length < this.#restartsMax ? undefined : this.#allowedMs.shift();
    const atMs = oldestMs === undefined ? nowMs : Math.max(nowMs, oldestMs + this.#windowMs);
    this.#allowedMs.push(atMs);
    return atMs;
  }
}
