import { afterEach, beforeEach, expect, test } from "bun:test";
import { assert } from "@skyvox/core";
import { useSoftwareGpu, whySoftwareGpuMissing } from "../test/software-gpu.ts";
import { BufferPool } from "./buffers.ts";
import { openDawn } from "./dawn.ts";
import { Staging } from "./staging.ts";
import { Uploads, type UploadTools } from "./uploads.ts";

/** No whole words. */
const LARGE_BYTES = 2 ** 23 + 1001;
const STEPS_MAX = 200;

const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

let tools: UploadTools;
beforeEach(async () => {
  if (isMissing) return;
  const answer = await openDawn({ software: true });
  assert(answer.ok, "SwiftShader opens");
  const { device } = answer.dawn;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  tools = { device, pool: new BufferPool(device, usage), staging: new Staging(device, 2 ** 20), blocks: [] };
});
afterEach(() => {
  if (isMissing) return;
  tools.pool[Symbol.dispose]();
  tools.staging[Symbol.dispose]();
});

/** What a buffer holds from a word on. */
async function read(buffer: GPUBuffer, atWord: number, words: number): Promise<Uint32Array> {
  const { device } = tools;
  const landing = device.createBuffer({ size: 4 * words, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 4 * atWord, landing, 0, 4 * words);
  device.queue.submit([encoder.finish()]);
  await landing.mapAsync(GPUMapMode.READ);
  const found = new Uint32Array(landing.getMappedRange()).slice();
  landing.destroy();
  return found;
}

onGpu(`Uploads puts a few words next to each other and what is more than a block elsewhere${suffix}`, async () => {
  const uploads = new Uploads(tools);
  const one = uploads.words(Uint32Array.of(1, 2, 3));
  const many = uploads.words(new Uint32Array(2 ** 16 + 1).fill(9));
  const two = uploads.reserve(2);
  two.words.set([4, 5]);
  const three = uploads.words(Int32Array.of(-1));
  const next = uploads.words(new Int32Array(2 ** 16).fill(-7));
  expect([one.at, two.at, three.at, many.at, next.at]).toEqual([0, 3, 5, 0, 0]);
  expect(new Set([one, two, three].map(({ buffer }) => buffer)).size).toBe(1);
  expect(new Set([one, many, next].map(({ buffer }) => buffer)).size).toBe(3);
  tools.device.queue.submit(uploads.finish());
  expect([...(await read(one.buffer.gpu, 0, 6))]).toEqual([1, 2, 3, 4, 5, 2 ** 32 - 1]);
  expect((await read(many.buffer.gpu, 2 ** 16, 1))[0]).toBe(9);
  expect((await read(next.buffer.gpu, 2 ** 16 - 1, 1))[0]).toBe(2 ** 32 - 7);
  uploads.giveBack();
  // A block is filled again, and nothing of what it held is written.
  const again = new Uploads(tools).reserve(4);
  expect(again.at).toBe(0);
  expect(tools.blocks.length).toBe(1);
});

onGpu(`Uploads of many bytes arrive, written or staged, up to their last byte${suffix}`, async () => {
  let copies = 0;
  const { stage } = tools.staging;
  tools.staging.stage = (bytes) => {
    const buffer = stage.call(tools.staging, bytes);
    if (buffer !== null) copies += 1;
    return buffer;
  };
  for (let step = 0; copies < 4 && step < STEPS_MAX; step++) {
    const bytes = new Uint8Array(LARGE_BYTES).map((_, i) => (i + step) % 251);
    const uploads = new Uploads(tools);
    const { gpu } = uploads.bytes(bytes);
    tools.device.queue.submit(uploads.finish());
    uploads.giveBack();
    const words = Math.ceil(LARGE_BYTES / 4);
    const found = new Uint8Array((await read(gpu, 0, words)).buffer, 0, LARGE_BYTES);
    expect(Buffer.compare(found, bytes)).toBe(0);
  }
  expect(copies).toBeGreaterThanOrEqual(4);
});
