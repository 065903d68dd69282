/**
 * Run by `soak.test.ts`: 10,000 dispatches in small time steps on cameras and grids that come and go, with the garbage collector
 * forced all the while. Uploads are `written` or `staged`, as the argument says. Prints as JSON the dispatches, the memory before and
 * after, and what moved in all.
 *
 * @module
 */
import { assert } from "@skyvox/core";
import { openDawn } from "../src/dawn.ts";
import { WgslKernels } from "../src/kernels.ts";
import { programsOf } from "../src/program.ts";
import { Step } from "../src/step.ts";

const DISPATCHES = 10_000;
const STEPS_PER_COLLECTION = 20;
const [widthPx, heightPx] = [32, 24];
const limits = { motionMax: 768, cellsMax: 96, blobsMax: 64 };

let dispatches = 0;
const { run, runForRows } = Step.prototype;
Step.prototype.run = function (this: Step, ...args: Parameters<Step["run"]>): void {
  dispatches += 1;
  run.apply(this, args);
};
Step.prototype.runForRows = function (this: Step, ...args: Parameters<Step["runForRows"]>): void {
  dispatches += 1;
  runForRows.apply(this, args);
};

const answer = await openDawn({ software: true });
assert(answer.ok, "SwiftShader opens");
const stagedBytesMin = process.argv[2] === "staged" ? 0 : Number.POSITIVE_INFINITY;
const kernels = new WgslKernels(answer.dawn, await programsOf(answer.dawn), { stagedBytesMin });
let camera = kernels.openCamera({ widthPx, heightPx, ...limits });
let moved = 0;

async function timeStep(index: number): Promise<void> {
  kernels.motion(camera, new Uint8Array(widthPx * heightPx).fill(index & 1), { mode: "diff", threshold: 0 });
  kernels.cells(camera, { shift: 3, pixelsMin: 1 });
  kernels.blobs(camera, { pixelsMin: 1 });
  const blobs = kernels.readCamera(camera, "blobs");
  await kernels.submit();
  moved += (await blobs).rows[0] ?? 0;
}

Bun.gc(true);
const rssBefore = process.memoryUsage().rss;
let steps = 0;
for (; dispatches < DISPATCHES; steps++) {
  await timeStep(steps);
  if (steps % STEPS_PER_COLLECTION > 0) continue;
  kernels.closeCamera(camera);
  camera = kernels.openCamera({ widthPx, heightPx, ...limits });
  Bun.gc(true);
}
Bun.gc(true);
console.log(JSON.stringify({ dispatches, steps, moved, rssBefore, rssAfter: process.memoryUsage().rss }));
kernels[Symbol.dispose]();
process.exit(0);
