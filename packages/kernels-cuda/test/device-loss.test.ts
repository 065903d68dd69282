/**
 * What becomes of a device that fails: told once with its reason, then refused, and closed without another call of the runtime. One that
 * is only short of memory refuses the op and goes on.
 */
import { dlopen, FFIType } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import type { CameraSpec, GridSpec, Kernels, RayModel } from "@skyvox/kernels";
import { openNative } from "@skyvox/kernels/native";
import { buildEmulatedLibrary, emulationReason } from "./emulated-build.ts";

const library = emulationReason === null ? await buildEmulatedLibrary() : "";
const OUT_OF_MEMORY = 2;
const ILLEGAL_ADDRESS = 700;
const NEVER = -1;
const RUN_MS_MAX = 60_000;
const camera: CameraSpec = {
  widthPx: 70,
  heightPx: 40,
  motionMax: 99,
  cellsMax: 99,
  blobsMax: 99,
  spotsMax: 9,
  fusedMax: 9,
};
const fine = { levels: Uint8Array.of(4), tilesMax: 9, segmentsMax: 99, marksMax: 99, bricksMax: 9 };
const grid: GridSpec = {
  sizeVoxels: [8, 8, 8],
  raysMax: 9,
  bricksMax: 9,
  peaksMax: 9,
  voxelsMax: 9,
  dense: false,
  fine,
};
const along: RayModel = {
  originQ20: [-(2 ** 20), 2 ** 22, 2 ** 22],
  a: [0, 0, 0],
  b: [0, 0, 0],
  c: [2 ** 20, 0, 0],
  fractionBits: 0,
  principalU: 0,
  principalV: 0,
  bendShift: 0,
  bendColumns: 0,
  bendRows: 0,
  bendQ12: new Int32Array(0),
};
const gaussian = { slowShift: 4, fastShift: 2, holdShift: 4, snrMinQ4: 256, varianceMinQ8: 64 };

/** Lets the call of the runtime after `calls` others fail; returns how many calls there have been. */
function failures() {
  const { symbols } = dlopen(library, {
    emulated_cuda_fail: { args: [FFIType.i32, FFIType.i32], returns: FFIType.void },
    emulated_cuda_calls: { args: [], returns: FFIType.u32 },
  });
  return {
    failAfter: (calls: number, error: number) => symbols.emulated_cuda_fail(calls, error),
    calls: () => symbols.emulated_cuda_calls(),
  };
}

/** A time step of every op on a camera and a grid. The ray crosses 8 voxels, all of which become tiles of 8 finer voxels a side. */
async function runStep(kernels: Kernels): Promise<number> {
  const eye = kernels.openCamera(camera);
  const world = kernels.openGrid(grid);
  for (const level of [10, 200, 90]) {
    const pixels = new Uint8Array(70 * 40).fill(level);
    kernels.motion(eye, pixels, { mode: "gaussian", threshold: 9, gaussian });
  }
  kernels.cells(eye, { shift: 2, pixelsMin: 1 });
  kernels.blobs(eye, { pixelsMin: 1 });
  kernels.spots(eye, { snrMinQ4: 1, perTileMax: 4 });
  kernels.register(eye, Uint32Array.of(0, 0, 1, 0), along);
  kernels.fuse(eye, Uint32Array.of(0, 0, 1, 0), { gateQ8: 9, gainQ4: 9 });
  kernels.setView(world, 0, along);
  kernels.rays(world, 0, Uint32Array.of(0, 0, 7, 1));
  kernels.mark(world);
  kernels.select(world, 1);
  kernels.cast(world);
  kernels.refine(world, 1);
  kernels.castTiles(world, 1);
  kernels.peaks(world, { viewsMin: 1, sumMin: 1 });
  kernels.voxels(world, { viewsMin: 1, sumMin: 1 });
  const voxels = kernels.readGrid(world, "voxels");
  await kernels.submit();
  kernels.closeCamera(eye);
  kernels.closeGrid(world);
  return (await voxels).total;
}

const thrownBy = async (run: () => unknown) => {
  try {
    await run();
  } catch (error) {
    if (error instanceof SkyvoxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return null;
};

const lostMessage = "device: Cannot use CUDA device 0: it answers cudaErrorIllegalAddress, 700, need it to work";
const refusal = "device: Cannot use CUDA device 0: it is lost, need the backend opened anew";

describe.skipIf(emulationReason !== null)(
  `A cuda device, emulated${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    test("that is lost is reported once as code device, then refused, and closed without touching it", async () => {
      const { failAfter, calls } = failures();
      const kernels = openNative(library, "cuda");
      const eye = kernels.openCamera(camera);
      failAfter(3, ILLEGAL_ADDRESS);
      const pixels = new Uint8Array(70 * 40);
      expect(await thrownBy(() => kernels.motion(eye, pixels, { mode: "diff", threshold: 9 }))).toBe(lostMessage);
      const before = calls();
      expect(await thrownBy(() => kernels.blobs(eye, { pixelsMin: 1 }))).toBe(refusal);
      expect(await thrownBy(() => kernels.openGrid(grid))).toBe(refusal);
      expect(await thrownBy(() => kernels.submit())).toBe(refusal);
      kernels[Symbol.dispose]();
      expect(calls()).toBe(before);
      failAfter(NEVER, 0);
      using again = openNative(library, "cuda");
      expect(await runStep(again)).toBe(64);
    });

    // Every call of a time step in turn, those of opening and closing among them.
    test(
      "that is lost at any call of a time step is reported there and closes",
      async () => {
        const { failAfter } = failures();
        let failing = 0;
        for (let isLost = true; isLost; failing++) {
          const kernels = openNative(library, "cuda");
          failAfter(failing, ILLEGAL_ADDRESS);
          const said = await thrownBy(() => runStep(kernels));
          isLost = said !== null;
          if (isLost)
            expect([failing, said]).toEqual([failing, expect.stringMatching(/^device: Cannot use CUDA device 0: it /)]);
          kernels[Symbol.dispose]();
          failAfter(NEVER, 0);
        }
        expect(failing).toBeGreaterThan(100);
      },
      RUN_MS_MAX,
    );

    test("that fails while it is opened is a backend that cannot be opened", async () => {
      const { failAfter } = failures();
      for (const calls of [0, 1, 2, 3, 4, 5]) {
        failAfter(calls, ILLEGAL_ADDRESS);
        expect(await thrownBy(() => openNative(library, "cuda"))).toMatch(
          /^backend: Cannot .*cudaErrorIllegalAddress, 700/,
        );
      }
      failAfter(NEVER, 0);
    });
  },
);

describe.skipIf(emulationReason !== null)(
  `A cuda device with little memory, emulated${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    test("that is short at any allocation of a time step refuses that op and goes on", async () => {
      const { failAfter } = failures();
      using kernels = openNative(library, "cuda");
      const memory =
        "backend: Cannot take memory of CUDA device 0: too little is left, need smaller or fewer cameras and grids";
      let shortages = 0;
      for (let isShort = true; isShort; ) {
        failAfter(shortages, OUT_OF_MEMORY);
        const said = await thrownBy(() => runStep(kernels));
        failAfter(NEVER, 0);
        isShort = said !== null;
        if (isShort) expect([shortages++, said]).toEqual([expect.anything(), expect.stringMatching(memory)]);
        expect(await runStep(kernels)).toBe(64);
      }
      // A camera takes about 20 blocks, a grid about 30.
      expect(shortages).toBeGreaterThan(40);
    });

    test("that is short of it for more points than ever keeps what the camera has", async () => {
      const { failAfter } = failures();
      using kernels = openNative(library, "cuda");
      // More than the scratch that motion and blobs share was opened for: a bit each in 1,251 words.
      const points = new Uint32Array(4 * 40_000);
      let shortages = 0;
      for (let isShort = true; isShort; ) {
        const eye = kernels.openCamera(camera);
        failAfter(shortages, OUT_OF_MEMORY);
        isShort = (await thrownBy(() => kernels.register(eye, points, along))) !== null;
        failAfter(NEVER, 0);
        if (isShort) shortages += 1;
        for (const level of [10, 30]) {
          kernels.motion(eye, new Uint8Array(70 * 40).fill(level), { mode: "diff", threshold: 9 });
        }
        const motion = kernels.readCamera(eye, "motion");
        await kernels.submit();
        expect((await motion).total).toBe(70 * 40);
        kernels.closeCamera(eye);
      }
      // Of points, three places of scratch, and two more where the runtime copies from.
      expect(shortages).toBeGreaterThan(3);
    });
  },
);
