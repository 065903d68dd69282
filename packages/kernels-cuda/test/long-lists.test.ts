/**
 * Scans of more items than one block sums up, 2^14 words of 32: pictures and grids larger than those of the exam, on the emulated device.
 */
import { describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { type Kernels, type RayModel, referenceAdapter } from "@skyvox/kernels";
import { openNative } from "@skyvox/kernels/native";
import { buildEmulatedLibrary, emulationReason } from "./emulated-build.ts";

const library = emulationReason === null ? await buildEmulatedLibrary() : "";

async function onBoth<Result>(run: (kernels: Kernels) => Promise<Result>): Promise<[Result, Result]> {
  using reference = await referenceAdapter.open();
  using emulated = openNative(library, "cuda");
  return [await run(reference), await run(emulated)];
}

describe.skipIf(emulationReason !== null)(
  `The cuda kernels, emulated${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    test("list the motion of 600,000 pixels in order, past the limits too", async () => {
      const [widthPx, heightPx] = [1000, 600];
      const prng = createPrng(1);
      const still = new Uint8Array(widthPx * heightPx).fill(100);
      const moved = still.map((level) => (prng.int(9) === 0 ? prng.int(256) : level));
      const limits = { motionMax: 50_000, cellsMax: 30_000, blobsMax: 20_000 };
      const [expected, got] = await onBoth(async (kernels) => {
        const camera = kernels.openCamera({ widthPx, heightPx, ...limits });
        for (const frame of [still, moved]) kernels.motion(camera, frame, { mode: "diff", threshold: 0 });
        kernels.cells(camera, { shift: 0, pixelsMin: 1 });
        kernels.blobs(camera, { pixelsMin: 2 });
        const tables = (["motion", "cells", "blobs"] as const).map((table) => kernels.readCamera(camera, table));
        await kernels.submit();
        return Promise.all(tables);
      });
      expect(expected[0]!.total).toBeGreaterThan(limits.motionMax);
      expect(got).toEqual(expected);
    });

    test("select among 655,360 bricks", async () => {
      const sizeVoxels = [2047, 2047, 80] as const;
      const limits = { raysMax: 64, bricksMax: 2000, peaksMax: 4096, voxelsMax: 65_536 };
      const prng = createPrng(2);
      const views = Array.from({ length: 6 }, () => viewFrom(prng.int(2047), prng.int(2047)));
      const [expected, got] = await onBoth(async (kernels) => {
        const grid = kernels.openGrid({ sizeVoxels, ...limits, dense: false });
        for (const [view, model] of views.entries()) {
          kernels.setView(grid, view, model);
          kernels.rays(grid, view, Uint32Array.of(0, 0, 1 + view, 1));
        }
        kernels.mark(grid);
        kernels.select(grid, 1);
        kernels.cast(grid);
        kernels.voxels(grid, { viewsMin: 1, sumMin: 1 });
        kernels.peaks(grid, { viewsMin: 1, sumMin: 4 });
        const names = ["marks", "bricks", "pool", "voxels", "peaks"] as const;
        const tables = names.map((table) => kernels.readGrid(grid, table));
        await kernels.submit();
        return Promise.all(tables);
      });
      expect(expected[1]!.count).toBeGreaterThan(1024);
      for (const [i, table] of expected.entries()) {
        expect([i, got[i]!.count, got[i]!.total, got[i]!.status]).toEqual([i, table.count, table.total, table.status]);
        expect(got[i]!.rows.every((word, at) => word === table.rows[at])).toBe(true);
      }
    });
  },
);

/** A view whose every point looks from one edge of the grid to the middle of it. */
function viewFrom(x: number, y: number): RayModel {
  const [dx, dy] = [1023 - x, 1023 - y];
  return {
    originQ20: [x * 2 ** 20, y * 2 ** 20, 40 * 2 ** 20],
    a: [0, 0, 0],
    b: [0, 0, 0],
    c: [dx * 2 ** 18, dy * 2 ** 18, 1 << 12],
    fractionBits: 0,
    principalU: 0,
    principalV: 0,
    bendShift: 0,
    bendColumns: 0,
    bendRows: 0,
    bendQ12: new Int32Array(0),
  };
}
