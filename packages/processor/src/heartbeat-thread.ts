/**
 * Thread of a worker process that writes a byte to the pool at a steady beat, whatever the work beside it does.
 *
 * A process that is stopped or swapped out falls silent, one that is busy does not. Where nobody reads any more, because the
 * scheduler's process is gone, it ends its own process: no worker outlives its owner.
 */
import { writeSync } from "node:fs";
import { HEARTBEAT_FD } from "./heartbeat.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<{ readonly heartbeatMs: number }>): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  beat();
  self.postMessage("beating");
  for (;;) {
    beat();
    Atomics.wait(never, 0, 0, data.heartbeatMs);
  }
};

function beat(): void {
  try {
    writeSync(HEARTBEAT_FD, "b");
  } catch {
    process.kill(process.pid, "SIGKILL");
  }
}
