/** Tells monotonic time. Code below the shell takes a clock as an argument and never asks the system. */
export interface Clock {
  /** Nanoseconds since an arbitrary fixed instant; never goes back. */
  nowNs(): bigint;
}

/** The clock of this machine. Only a shell (an app, a bench) may use it. */
export const systemClock: Clock = {
  nowNs: () => BigInt(Bun.nanoseconds()),
};

/** Nanoseconds in a millisecond. */
export const NS_PER_MS = 1_000_000n;
/** Nanoseconds in a second. */
export const NS_PER_S = 1_000_000_000n;

/** Converts a span or an instant to seconds as a float; exact to a nanosecond for about 100 days. */
export function secondsFromNs(ns: bigint): number {
  return Number(ns) / 1e9;
}

/** Converts seconds to nanoseconds, rounded to the nearest. */
export function nsFromSeconds(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}
