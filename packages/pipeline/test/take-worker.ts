/** A thread that blocks in `takeWait` while its main thread goes on; for `processes.test.ts`. Adds up what it gets until a negative number. */
import { RingConsumer, SharedSegment } from "../src/mod.ts";
import { layout } from "./process-roles.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<string>) => {
  using segment = SharedSegment.attach(data, layout);
  using consumer = new RingConsumer(segment, 0, { policy: "lossless" });
  postMessage("ready");
  for (let sum = 0; ; ) {
    const slot = consumer.takeWait(10_000);
    const value = slot.ok ? slot.view.getFloat64(0) : Number.NaN;
    if (slot.ok) consumer.release();
    if (!(value >= 0)) return postMessage(slot.ok ? sum : "nothing came");
    sum += value;
  }
};
