import type { Clock } from "@skyvox/core";

/** A clock that also calls back. The shell brings one; tests move theirs by hand. */
export interface AlarmClock extends Clock {
  /**
   * Calls back once, at a time of this clock or soon after; at a time that has passed, soon.
   *
   * @returns a function that calls it off; harmless once it has run.
   */
  schedule(atNs: bigint, callback: () => void): () => void;
}

/** The clock's time in milliseconds. */
export function nowMsOf(clock: Clock): number {
  return Number(clock.nowNs()) / 1e6;
}

/** Calls back after a span, in milliseconds. */
export function scheduleInMs(clock: AlarmClock, delayMs: number, callback: () => void): () => void {
  return clock.schedule(clock.nowNs() + BigInt(Math.round(Math.max(0, delayMs) * 1e6)), callback);
}
