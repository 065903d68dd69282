import { systemClock } from "@skyvox/core";
import type { AlarmClock } from "../src/alarm-clock.ts";

/** The clock of this machine with its timers, as an app brings it. */
export const realClock: AlarmClock = {
  nowNs: () => systemClock.nowNs(),
  schedule: (atNs, callback) => {
    const timer = setTimeout(callback, Math.max(0, Number(atNs - systemClock.nowNs()) / 1e6));
    return () => clearTimeout(timer);
  },
};
