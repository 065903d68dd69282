import type { Clock } from "@skyvox/core";

/** A clock that also calls back. The app brings one; tests may move theirs by hand. */
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

/** Calls back every `intervalMs` until it is called off; a callback that comes late moves the ones after it. */
export function repeat(clock: AlarmClock, intervalMs: number, callback: () => void): () => void {
  const intervalNs = BigInt(Math.round(intervalMs * 1e6));
  let callOff = clock.schedule(clock.nowNs() + intervalNs, run);
  let isOff = false;
  function run(): void {
    callback();
    if (!isOff) callOff = clock.schedule(clock.nowNs() + intervalNs, run);
  }
  return () => {
    isOff = true;
    callOff();
  };
}
