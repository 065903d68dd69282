/**
 * The counterpart of `opencv-motion.py` in a process of its own: the same pictures, the same number of passes, one thread.
 *
 * Usage: own-motion.ts FOLDER WIDTH HEIGHT THRESHOLD PASSES. Prints one JSON object.
 */
import { join } from "node:path";
import { systemClock } from "@skyvox/core";
import type { MotionMode } from "@skyvox/kernels";
import { cpuAdapter } from "@skyvox/kernels-cpu";
import { median } from "../harness.ts";

const [folder = "", ...numbers] = process.argv.slice(2);
const [widthPx = 0, heightPx = 0, threshold = 0, passes = 0] = numbers.map(Number);
const frames = await Promise.all([0, 1, 2].map((i) => Bun.file(join(folder, `${i}.gray`)).bytes()));
using kernels = await cpuAdapter.open({ threads: 1 });
const limits = { motionMax: widthPx * heightPx, cellsMax: 1, blobsMax: 1 };

const moving = (await time("diff", 1)).moving;
const results = {
  moving,
  sigmaDeltaMs: (await time("sigmaDelta", passes)).ms,
  averageMs: (await time("average", passes)).ms,
};
console.log(JSON.stringify(results));

/** Takes the first picture as background, then `count` more; the last result tells how many pixels moved. */
async function time(mode: MotionMode, count: number): Promise<{ moving: number; ms: number }> {
  const camera = kernels.openCamera({ widthPx, heightPx, ...limits });
  const times: number[] = [];
  for (let i = 0; i <= count; i++) {
    const startNs = systemClock.nowNs();
    kernels.motion(camera, frames[i % 3] as Uint8Array, { mode, threshold });
    if (i > 0) times.push(Number(systemClock.nowNs() - startNs) / 1e6);
  }
  const table = kernels.readCamera(camera, "motion");
  await kernels.submit();
  kernels.closeCamera(camera);
  return { moving: (await table).total, ms: median(times) };
}
