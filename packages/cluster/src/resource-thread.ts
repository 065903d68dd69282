/** Thread of resource-monitor.ts: samples at an interval and posts what it finds, until it is told to end. */
import { nowMsOf, repeat, systemAlarmClock } from "@skyvox/core";
import type { ToResourceThread } from "./resource-monitor.ts";
import { ResourceSampler } from "./resources.ts";

declare const self: Worker;

const ends = new DisposableStack();

self.onmessage = ({ data }: MessageEvent<ToResourceThread>): void => {
  if (data.type === "end") {
    ends.dispose();
    process.exit(0);
  }
  const sampler = ends.use(new ResourceSampler(data.options));
  const sample = () => self.postMessage(sampler.sample(nowMsOf(systemAlarmClock)));
  sample();
  ends.defer(repeat(systemAlarmClock, data.intervalMs, sample));
};
