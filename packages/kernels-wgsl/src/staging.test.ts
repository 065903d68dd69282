import { afterEach, beforeEach, expect, test } from "bun:test";
import { assert } from "@skyvox/core";
import { useSoftwareGpu, whySoftwareGpuMissing } from "../test/software-gpu.ts";
import { openDawn } from "./dawn.ts";
import { Staging } from "./staging.ts";

const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

let device: GPUDevice;
let staging: Staging;
beforeEach(async () => {
  if (isMissing) return;
  const answer = await openDawn({ software: true });
  assert(answer.ok, "SwiftShader opens");
  device = answer.dawn.device;
  staging = new Staging(device, 1000);
});
afterEach(() => {
  if (!isMissing) staging[Symbol.dispose]();
});

/** Stages bytes as soon as there is a buffer for them. */
async function staged(bytes: Uint8Array): Promise<GPUBuffer> {
  for (;;) {
    const buffer = staging.stage(bytes);
    if (buffer !== null) return buffer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a buffer holds. */
async function read(buffer: GPUBuffer, byteLength: number): Promise<Uint8Array> {
  const landing = device.createBuffer({ size: byteLength, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, landing, 0, byteLength);
  device.queue.submit([encoder.finish()]);
  await landing.mapAsync(GPUMapMode.READ);
  const bytes = new Uint8Array(landing.getMappedRange()).slice();
  landing.destroy();
  return bytes;
}

onGpu(`Staging is for uploads from its limit on${suffix}`, () => {
  expect([staging.isFor(999), staging.isFor(1000)]).toEqual([false, true]);
});

onGpu(`Staging has no buffer before one was missed, then the same one again and again${suffix}`, async () => {
  const bytes = new Uint8Array(1001).fill(7);
  expect(staging.stage(bytes)).toBe(null);
  staging.give([], [1001]);
  const first = await staged(bytes);
  expect(await read(first, 1004)).toEqual(new Uint8Array(1004).fill(7, 0, 1001));
  staging.give([first], []);
  const second = await staged(new Uint8Array(998).fill(9));
  expect(second).toBe(first);
  // Two bytes up to a whole word, then what was there before.
  const expected = new Uint8Array(1004).fill(9, 0, 998);
  expected[1000] = 7;
  expect(await read(second, 1004)).toEqual(expected);
});

onGpu(`Staging lends the smallest buffer that is large enough and none that is far too large${suffix}`, async () => {
  staging.give([], [4096, 1024]);
  const [large, small] = [await staged(new Uint8Array(4096)), await staged(new Uint8Array(1024))];
  expect([large.size, small.size]).toEqual([4096, 1024]);
  staging.give([large, small], []);
  expect(await staged(new Uint8Array(1020))).toBe(small);
  expect(await staged(new Uint8Array(2048))).toBe(large);
  staging.give([large], []);
  expect(await staged(new Uint8Array(4096))).toBe(large);
  staging.give([large, small], []);
  expect(await staged(new Uint8Array(1024))).toBe(small);
  expect(staging.stage(new Uint8Array(1024))).toBe(null);
});

onGpu(`Staging keeps two buffers for each upload of a submission and destroys what nobody uses${suffix}`, async () => {
  let created = 0;
  const { createBuffer } = device;
  device.createBuffer = function (this: GPUDevice, ...args: Parameters<GPUDevice["createBuffer"]>): GPUBuffer {
    created += 1;
    return createBuffer.apply(this, args);
  };
  for (let i = 0; i < 5; i++) staging.give([], [2048]);
  device.createBuffer = createBuffer;
  expect(created).toBe(2);
  const bytes = new Uint8Array(2048);
  const [used, idle] = [await staged(bytes), await staged(bytes)];
  staging.give([used, idle], []);
  expect(await staged(bytes)).toBe(used);
  staging.give([used], []);
  // The other was used one submission earlier: it goes with the 17th after its own.
  for (let i = 0; i < 15; i++) staging.give([], []);
  expect(idle.mapState).toBe("mapped");
  staging.give([], []);
  expect(idle.mapState).toBe("unmapped");
  expect(await staged(bytes)).toBe(used);
  expect(staging.stage(bytes)).toBe(null);
});

onGpu(`Staging that is disposed lends nothing, whatever comes back${suffix}`, async () => {
  const bytes = new Uint8Array(2048);
  staging.give([], [2048, 2048]);
  const lent = await staged(bytes);
  await staged(bytes);
  staging.give([], [2048]);
  staging[Symbol.dispose]();
  staging.give([lent], []);
  await device.queue.onSubmittedWorkDone();
  expect(staging.stage(bytes)).toBe(null);
});
