/** Where a frame may lie: in memory of the host, page-locked or not, or on the device, where it is read in place if it is aligned. */
import { dlopen, FFIType } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { type Kernels, type MotionMode, referenceAdapter } from "@skyvox/kernels";
import { openNative } from "@skyvox/kernels/native";
import { buildEmulatedLibrary, emulationReason } from "./emulated-build.ts";

const library = emulationReason === null ? await buildEmulatedLibrary() : "";
/** As `cudaMemoryType` numbers them. */
const memories = { unregistered: 0, "page-locked": 1, "on the device": 2 } as const;
const modes: readonly MotionMode[] = ["diff", "sigmaDelta", "average", "gaussian"];
const gaussian = { slowShift: 3, fastShift: 2, holdShift: 4, snrMinQ4: 64, varianceMinQ8: 64 };

function sayThatMemoryIs(type: number): void {
  const { symbols } = dlopen(library, { emulated_cuda_memory: { args: [FFIType.i32], returns: FFIType.void } });
  symbols.emulated_cuda_memory(type);
}

/** Moves of four frames in every mode; each frame begins `offset` bytes into a buffer of its own. */
async function moves(kernels: Kernels, widthPx: number, offset: number) {
  const heightPx = 9;
  const camera = kernels.openCamera({ widthPx, heightPx, motionMax: 999, cellsMax: 9, blobsMax: 9 });
  const prng = createPrng(widthPx + offset);
  const tables = modes.flatMap((mode) =>
    [0, 1, 2, 3].map(() => {
      const frame = new Uint8Array(new ArrayBuffer(widthPx * heightPx + offset), offset);
      for (let i = 0; i < frame.length; i++) frame[i] = prng.int(256);
      kernels.motion(camera, frame, { mode, threshold: 60, gaussian });
      return kernels.readCamera(camera, "motion");
    }),
  );
  await kernels.submit();
  kernels.closeCamera(camera);
  return Promise.all(tables);
}

describe.skipIf(emulationReason !== null)(
  `A frame for the cuda kernels${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    afterAll(() => sayThatMemoryIs(memories.unregistered));
    for (const [name, type] of Object.entries(memories)) {
      for (const [widthPx, offset] of [
        [48, 0],
        [48, 5],
        [31, 0],
        [31, 3],
      ] as const) {
        test(`that is ${name}, of ${widthPx} pixels a row, ${offset} bytes off, moves as the reference says`, async () => {
          using reference = await referenceAdapter.open();
          sayThatMemoryIs(type);
          using emulated = openNative(library, "cuda");
          expect(await moves(emulated, widthPx, offset)).toEqual(await moves(reference, widthPx, offset));
        });
      }
    }
  },
);
