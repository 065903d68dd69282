/**
 * What a time step asks of Dawn: each dispatch, each write and each read-back costs a GPU and its driver some microseconds, whatever it
 * does, and a time step has a few milliseconds.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { assert } from "@skyvox/core";
import type { GridHandle, Kernels, RayModel } from "@skyvox/kernels";
import { wgslAdapter } from "../src/mod.ts";
import { useSoftwareGpu, whySoftwareGpuMissing } from "./software-gpu.ts";

const OPEN_MS_MAX = 60_000;
const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

let kernels: Kernels;
beforeAll(async () => {
  if (!isMissing) kernels = await wgslAdapter.open({ software: true });
}, OPEN_MS_MAX);
afterAll(() => {
  if (!isMissing) kernels[Symbol.dispose]();
});

const COUNTED = [
  ["GPUDevice", "createBuffer"],
  ["GPUDevice", "createBindGroup"],
  ["GPUQueue", "submit"],
  ["GPUQueue", "writeBuffer"],
  ["GPUCommandEncoder", "beginComputePass"],
  ["GPUCommandEncoder", "clearBuffer"],
  ["GPUCommandEncoder", "copyBufferToBuffer"],
  ["GPUComputePassEncoder", "dispatchWorkgroups"],
  ["GPUComputePassEncoder", "dispatchWorkgroupsIndirect"],
  ["GPUBuffer", "mapAsync"],
] as const;

type Calls = Readonly<Record<(typeof COUNTED)[number][1], number>>;

/** Runs something and counts calls of Dawn meanwhile. */
async function callsOf(run: () => Promise<unknown>): Promise<Calls> {
  const calls = new Map<string, number>(COUNTED.map(([, method]) => [method, 0]));
  using restored = new DisposableStack();
  for (const [type, method] of COUNTED) {
    const { prototype }: { prototype: object } = Reflect.get(globalThis, type);
    const real: unknown = Reflect.get(prototype, method);
    assert(typeof real === "function", `"${method}" is a method`);
    Reflect.set(prototype, method, function (this: unknown, ...args: readonly unknown[]): unknown {
      calls.set(method, (calls.get(method) ?? 0) + 1);
      return Reflect.apply(real, this, args);
    });
    restored.defer(() => {
      Reflect.set(prototype, method, real);
    });
  }
  await run();
  return Object.fromEntries(calls) as Calls;
}

/** Memory that ops share is as large as they need after the first time step, and bound after the second. */
async function warmUp(step: () => Promise<unknown>): Promise<void> {
  await step();
  await step();
}

/** One submission and one read-back, from memory that is there, and so many of the rest. */
function callsWith(rest: Pick<Calls, "dispatchWorkgroups" | "dispatchWorkgroupsIndirect"> & Partial<Calls>): Calls {
  const always = { createBuffer: 0, createBindGroup: 0, submit: 1, beginComputePass: 1, mapAsync: 1 };
  return { ...always, writeBuffer: 0, clearBuffer: 0, copyBufferToBuffer: 0, ...rest };
}

/** A view along x through the middle of the grid, a little higher for each. */
function modelOf(view: number): RayModel {
  const none = [0, 0, 0] as const;
  const lens = { fractionBits: 0, principalU: 0, principalV: 0, bendShift: 0, bendColumns: 0, bendRows: 0 };
  const originQ20 = [-(2 ** 20), (8 << 20) + view, (8 << 20) + view] as const;
  return { originQ20, a: none, b: none, c: [2 ** 20, 0, 0], ...lens, bendQ12: new Int32Array(0) };
}

const sizeVoxels = [16, 16, 16] as const;
const limits = { raysMax: 256, bricksMax: 8, peaksMax: 256, voxelsMax: 64, dense: false };

function openGrid(cameras: number, isFine: boolean): GridHandle {
  const fine = { levels: new Uint8Array(8).fill(4), tilesMax: 64, segmentsMax: 4096, marksMax: 4096, bricksMax: 64 };
  const grid = kernels.openGrid({ sizeVoxels, ...limits, ...(isFine ? { fine } : {}) });
  for (let view = 0; view < cameras; view++) kernels.setView(grid, view, modelOf(view));
  return grid;
}

function cast(grid: GridHandle, cameras: number): void {
  kernels.clear(grid);
  for (let view = 0; view < cameras; view++) kernels.rays(grid, view, Uint32Array.of(0, 0, 1, 1));
  kernels.mark(grid);
  kernels.select(grid, 3);
  kernels.cast(grid);
}

async function findPeaks(grid: GridHandle): Promise<void> {
  kernels.peaks(grid, { viewsMin: 3, sumMin: 1 });
  const peaks = kernels.readGrid(grid, "peaks");
  await kernels.submit();
  expect((await peaks).count).toBeGreaterThan(0);
}

for (const cameras of [4, 20]) {
  onGpu(
    `A time step of rays to peaks takes 12 dispatches in one pass, whatever its cameras: ${cameras}${suffix}`,
    async () => {
      const grid = openGrid(cameras, false);
      const step = () => {
        cast(grid, cameras);
        return findPeaks(grid);
      };
      await warmUp(step);
      // Clear, rays, mark, select 3, cast, peaks 4 and the packing; of them two go by the number of slots and one by that of peaks.
      const expected = { dispatchWorkgroups: 9, dispatchWorkgroupsIndirect: 3, writeBuffer: 1, copyBufferToBuffer: 1 };
      expect(await callsOf(step)).toEqual(callsWith(expected));
      kernels.closeGrid(grid);
    },
  );

  onGpu(
    `A time step of a sparse world takes 24 dispatches in one pass, whatever its cameras: ${cameras}${suffix}`,
    async () => {
      const grid = openGrid(cameras, true);
      const step = () => {
        cast(grid, cameras);
        kernels.refine(grid, 3);
        kernels.castTiles(grid, 3);
        return findPeaks(grid);
      };
      await warmUp(step);
      const expected = { dispatchWorkgroups: 17, dispatchWorkgroupsIndirect: 7, writeBuffer: 1, copyBufferToBuffer: 1 };
      expect(await callsOf(step)).toEqual(callsWith(expected));
      kernels.closeGrid(grid);
    },
  );
}

onGpu(
  `A picture takes 11 dispatches to its blobs and one to pack them, all pictures in one pass${suffix}`,
  async () => {
    const [widthPx, heightPx, cameraCount] = [32, 24, 3];
    const spec = { widthPx, heightPx, motionMax: 768, cellsMax: 96, blobsMax: 64 };
    const cameras = Array.from({ length: cameraCount }, () => kernels.openCamera(spec));
    let grey = 0;
    const step = async () => {
      grey = 255 - grey;
      const tables = cameras.map((camera) => {
        kernels.motion(camera, new Uint8Array(widthPx * heightPx).fill(grey), { mode: "diff", threshold: 0 });
        kernels.blobs(camera, { pixelsMin: 1 });
        return kernels.readCamera(camera, "blobs");
      });
      await kernels.submit();
      return (await Promise.all(tables)).map(({ count }) => count);
    };
    expect(await step()).toEqual([0, 0, 0]);
    await warmUp(step);
    const expected = { dispatchWorkgroups: 5 * cameraCount, dispatchWorkgroupsIndirect: 7 * cameraCount };
    const calls = await callsOf(async () => expect(await step()).toEqual([1, 1, 1]));
    // A picture comes to any buffer of its size, some of which have not been bound yet.
    const wanted = callsWith({ ...expected, writeBuffer: cameraCount, copyBufferToBuffer: 1 });
    expect({ ...calls, createBindGroup: 0 }).toEqual(wanted);
    for (const camera of cameras) kernels.closeCamera(camera);
  },
);
