import { type Clock, systemClock } from "./clock.ts";

/** A clock that also calls back. The shell brings one; tests move theirs by hand. */
export interface AlarmClock extends Clock {
  /**
   * Calls back once, at a time of this clock or soon after; at a time that has passed, soon.
   *
   * @returns a function that calls it off; harmless once it has run.
   */
  schedule(atNs: bigint, callback: () => void): () => void;
}

/** The clock of this machine with its timers. Only a shell (an app, a bench) may use it. */
export const systemAlarmClock: AlarmClock = {
  nowNs: systemClock.nowNs,
  schedule(atNs, callback) {
    const timer = setTimeout(callback, Math.max(0, Number(atNs - systemClock.nowNs()) / 1e6));
    return () => clearTimeout(timer);
  },
};

/** The clock's time in milliseconds. */
export function nowMsOf(clock: Clock): number {
  return Number(clock.nowNs()) / 1e6;
}

/** Calls back after a span, in milliseconds. */
export function scheduleInMs(clock: AlarmClock, delayMs: number, callback: () => void): () => void {
  return clock.schedule(clock.nowNs() + BigInt(Math.round(Math.max(0, delayMs) * 1e6)), callback);
}

/** Calls back every `intervalMs` until it is called off; a callback that comes late moves the ones after it. */
export function repeat(clock: AlarmClock, intervalMs: number, callback: () => void): () => void {
  let callOff = scheduleInMs(clock, intervalMs, run);
  let isOff = false;
  function run(): void {
    callback();
    if (!isOff) callOff = scheduleInMs(clock, intervalMs, run);
  }
  return () => {
    isOff = true;
    callOff();
  };
}
