/**
 * Memory of the host that is page-locked where it lies: uploads copy from there. The driver's refusal is told and changes nothing; a device
 * that is lost is left alone.
 */
import { dlopen, FFIType } from "bun:ffi";
import { afterEach, describe, expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import type { Kernels } from "@skyvox/kernels";
import { openNative } from "@skyvox/kernels/native";
import { cudaAdapter } from "../src/mod.ts";
import { buildEmulatedLibrary, emulationReason } from "./emulated-build.ts";

const library = emulationReason === null ? await buildEmulatedLibrary() : "";
const OUT_OF_MEMORY = 2;
const ILLEGAL_ADDRESS = 700;
const NOT_PERMITTED = 800;
const NEVER = -1;
const camera = { widthPx: 64, heightPx: 48, motionMax: 99, cellsMax: 99, blobsMax: 99 } as const;
const FRAME_BYTES = 64 * 48;

const emulated =
  emulationReason === null
    ? dlopen(library, {
        emulated_cuda_fail: { args: [FFIType.i32, FFIType.i32], returns: FFIType.void },
        emulated_cuda_calls: { args: [], returns: FFIType.u32 },
      }).symbols
    : null;

const failAfter = (calls: number, error: number) => emulated?.emulated_cuda_fail(calls, error);

/** Calls of the runtime that a run makes. */
function callsOf(run: () => void): number {
  const before = emulated?.emulated_cuda_calls() ?? 0;
  run();
  return (emulated?.emulated_cuda_calls() ?? 0) - before;
}

/** Code and message of what is thrown; "none" where nothing is. */
function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SkyvoxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

/** How many pixels move from a frame of tens to one of thirties. */
async function moved(kernels: Kernels, pixels: Uint8Array): Promise<number> {
  const eye = kernels.openCamera({ ...camera, motionMax: FRAME_BYTES });
  for (const level of [10, 30]) {
    pixels.fill(level);
    kernels.motion(eye, pixels, { mode: "diff", threshold: 5 });
    await kernels.submit();
  }
  const motion = kernels.readCamera(eye, "motion");
  await kernels.submit();
  kernels.closeCamera(eye);
  return (await motion).total;
}

describe.skipIf(emulationReason !== null)(
  `Memory that is locked for the cuda kernels, emulated${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    afterEach(() => failAfter(NEVER, 0));

    test("is copied from where it lies, with no stop on the way, until it is unlocked", () => {
      using kernels = openNative(library, "cuda");
      const eye = kernels.openCamera(camera);
      const ring = new Uint8Array(3 * FRAME_BYTES);
      const [before, inside, behind] = [0, 1, 2].map((i) => ring.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES));
      const callsFor = (pixels: Uint8Array | undefined) =>
        callsOf(() => kernels.motion(eye, pixels!, { mode: "diff", threshold: 5 }));
      // The places where uploads stop on their way take turns: from the fourth frame on both have been used.
      for (let i = 0; i < 3; i++) callsFor(inside);
      const staged = callsFor(inside);
      const lock = kernels.lockMemory(inside!);
      // Without the stop there is no wait for the place and no note that it is free again.
      expect(callsFor(inside)).toBeLessThan(staged);
      expect([callsFor(before), callsFor(behind)]).toEqual([staged, staged]);
      lock[Symbol.dispose]();
      expect(callsFor(inside)).toBe(staged);
    });

    test("that the driver refuses is told with its answer, and kernels go on with it as it is", async () => {
      using kernels = openNative(library, "cuda");
      const pixels = new Uint8Array(FRAME_BYTES);
      for (const error of [OUT_OF_MEMORY, NOT_PERMITTED]) {
        // The first call tells which device is meant.
        failAfter(error === OUT_OF_MEMORY ? 0 : 1, error);
        expect(refusalOf(() => kernels.lockMemory(pixels))).toBe(
          `capacity: Cannot lock memory for CUDA device 0: it answers cudaErrorEmulated, ${error}, need memory that may be page-locked`,
        );
        failAfter(NEVER, 0);
        expect(await moved(kernels, pixels)).toBe(FRAME_BYTES);
      }
    });

    test("is not locked twice, and may be again once it is unlocked", () => {
      using kernels = openNative(library, "cuda");
      using others = openNative(library, "cuda");
      const pixels = new Uint8Array(FRAME_BYTES);
      const lock = kernels.lockMemory(pixels);
      expect(refusalOf(() => others.lockMemory(pixels.subarray(9)))).toMatch(/^capacity: Cannot lock .* 712, need/);
      lock[Symbol.dispose]();
      others.lockMemory(pixels)[Symbol.dispose]();
      others.lockMemory(pixels);
      others[Symbol.dispose]();
      kernels.lockMemory(pixels)[Symbol.dispose]();
    });

    test("is left alone where the device is lost", () => {
      using kernels = openNative(library, "cuda");
      const lock = kernels.lockMemory(new Uint8Array(FRAME_BYTES));
      failAfter(1, ILLEGAL_ADDRESS);
      expect(refusalOf(() => kernels.lockMemory(new Uint8Array(FRAME_BYTES)))).toBe(
        "device: Cannot use CUDA device 0: it answers cudaErrorIllegalAddress, 700, need it to work",
      );
      expect(callsOf(() => lock[Symbol.dispose]())).toBe(0);
      expect(refusalOf(() => kernels.lockMemory(new Uint8Array(1)))).toContain("it is lost");
    });
  },
);

const probe = await cudaAdapter.probe();
if (!probe.ok) test.skip(`Memory that is locked on a GPU: ${probe.reason}`, () => {});
else
  test("Memory that a GPU may read where it lies gives the same motion", async () => {
    using kernels = await cudaAdapter.open();
    const pixels = new Uint8Array(FRAME_BYTES);
    const lock = kernels.lockMemory(pixels);
    expect(refusalOf(() => kernels.lockMemory(pixels))).toMatch(/^capacity: Cannot lock memory/);
    expect(await moved(kernels, pixels)).toBe(FRAME_BYTES);
    lock[Symbol.dispose]();
    expect(await moved(kernels, pixels)).toBe(FRAME_BYTES);
  });
