import { systemClock } from "@skyvox/core";
import type { AlarmClock } from "../src/mod.ts";

/** The clock of this machine with its timers, for tests of real processes. */
export const systemAlarm: AlarmClock = {
  nowNs: systemClock.nowNs,
  schedule(atNs, callback) {
    const timer = setTimeout(callback, Math.max(0, Number(atNs - systemClock.nowNs()) / 1e6));
    return () => clearTimeout(timer);
  },
};
