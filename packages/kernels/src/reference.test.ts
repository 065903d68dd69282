import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { conformance } from "../testing/conformance.ts";
import { directModel, onePoint } from "../testing/material.ts";
import type { CameraSpec } from "./camera-spec.ts";
import type { FineSpec, GridSpec } from "./grid-spec.ts";
import type { Table } from "./kernels.ts";
import { noBend } from "./node-table.ts";
import { referenceAdapter } from "./reference.ts";

conformance("reference", () => referenceAdapter.open());

const CAMERA: CameraSpec = { widthPx: 2, heightPx: 2, motionMax: 2, cellsMax: 4, blobsMax: 4 };
const GRID: GridSpec = { sizeVoxels: [8, 8, 8], raysMax: 4, bricksMax: 4, peaksMax: 4, voxelsMax: 4, dense: false };
const FINE: FineSpec = { levels: Uint8Array.of(4), tilesMax: 2, segmentsMax: 9, marksMax: 9, bricksMax: 9 };

describe("The reference backend", () => {
  test("always runs", async () => {
    expect(await referenceAdapter.probe()).toEqual({ ok: true, device: "TypeScript, 1 thread", memoryBytes: 0 });
  });

  test("delivers nothing before submit", async () => {
    using kernels = await referenceAdapter.open();
    const camera = kernels.openCamera(CAMERA);
    let isDelivered = false;
    const reading = kernels.readCamera(camera, "motion").then(() => {
      isDelivered = true;
    });
    await Promise.resolve();
    expect(isDelivered).toBe(false);
    await kernels.submit();
    await reading;
    expect(isDelivered).toBe(true);
  });

  test("says where a limit was passed", async () => {
    using kernels = await referenceAdapter.open();
    const camera = kernels.openCamera(CAMERA);
    for (const level of [0, 50]) {
      kernels.motion(camera, new Uint8Array(4).fill(level), { mode: "diff", threshold: 0 });
    }
    const reading = kernels.readCamera(camera, "motion");
    await kernels.submit();
    const { rows, count, total, status } = await reading;
    expect([rows.length, count, total, status]).toEqual([4, 2, 4, 1]);
  });

  test("says where a limit on spots or fused points was passed", async () => {
    using kernels = await referenceAdapter.open();
    const camera = kernels.openCamera({ ...CAMERA, widthPx: 40, heightPx: 9, spotsMax: 2, fusedMax: 2 });
    const gaussian = { slowShift: 4, fastShift: 2, holdShift: 4, snrMinQ4: 256, varianceMinQ8: 64 };
    const points = [5, 15, 25].map((x) => 4 * 40 + x);
    const still = new Uint8Array(40 * 9).fill(50);
    const lit = still.map((level, place) => (points.includes(place) ? 90 : level));
    for (const frame of [still, lit]) kernels.motion(camera, frame, { mode: "gaussian", threshold: 9, gaussian });
    const readings: Promise<Table>[] = [];
    for (const perTileMax of [3, 2, 1]) {
      kernels.spots(camera, { snrMinQ4: 256, perTileMax });
      readings.push(kernels.readCamera(camera, "spots"));
    }
    kernels.register(camera, Uint32Array.from(points.flatMap((_, i) => [2560 * i, 0, 16, 0])), noBend);
    readings.push(kernels.readCamera(camera, "registered"));
    // The one point joins none; with the two that were kept it makes three.
    kernels.fuse(camera, Uint32Array.of(9000, 0, 5, 0), { gateQ8: 9, gainQ4: 16 });
    readings.push(kernels.readCamera(camera, "fused"));
    await kernels.submit();
    const limits = (await Promise.all(readings)).map(({ count, total, status }) => [count, total, status]);
    expect(limits).toEqual([
      [2, 3, 64],
      [2, 2, 128],
      [1, 1, 128],
      [2, 3, 256],
      [2, 3, 256],
    ]);
  });

  test("says where a limit on tiles was passed", async () => {
    using kernels = await referenceAdapter.open();
    // Along x through 8 voxels of the grid: 8 tiles of one brick each, and 8 segments.
    const limitsOf = async (limits: Partial<FineSpec>) => {
      const all = { tilesMax: 8, segmentsMax: 8, marksMax: 8, bricksMax: 8 };
      const grid = kernels.openGrid({ ...GRID, fine: { levels: Uint8Array.of(4), ...all, ...limits } });
      kernels.setView(grid, 0, directModel([-(2 ** 20), 2 ** 19, 2 ** 19], [1, 0, 0]));
      kernels.rays(grid, 0, onePoint(1));
      for (const op of ["mark", "select", "cast", "refine", "castTiles"] as const) kernels[op](grid, 1);
      const names = ["tiles", "segments", "tileBricks"] as const;
      const readings = names.map((table) => kernels.readGrid(grid, table));
      await kernels.submit();
      return (await Promise.all(readings)).map(({ count, total, status }) => [count, total, status]);
    };
    const whole = [8, 8, 0];
    expect(await limitsOf({})).toEqual([whole, whole, whole]);
    // Segments go to the tiles that were kept.
    expect(await limitsOf({ tilesMax: 3 })).toEqual([
      [3, 8, 512],
      [3, 3, 0],
      [3, 3, 0],
    ]);
    expect((await limitsOf({ marksMax: 5 }))[0]).toEqual([5, 8, 512]);
    expect(await limitsOf({ segmentsMax: 6 })).toEqual([whole, [6, 8, 1024], [6, 6, 0]]);
    expect(await limitsOf({ bricksMax: 7 })).toEqual([whole, whole, [7, 8, 2048]]);
  });

  test("casts from where a view stands at the time of casting", async () => {
    using kernels = await referenceAdapter.open();
    const grid = kernels.openGrid({ ...GRID, dense: true });
    kernels.setView(grid, 0, directModel([0, 0, 0], [1, 0, 0]));
    kernels.rays(grid, 0, onePoint(5));
    kernels.setView(grid, 0, directModel([0, 3 << 20, 0], [0, 0, 1]));
    kernels.castDense(grid);
    const reading = kernels.readGrid(grid, "dense");
    await kernels.submit();
    const { rows } = await reading;
    expect([...rows.entries()].filter(([, sum]) => sum > 0)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((x) => [(x * 8 + 3) * 8, 5]),
    );
  });

  test("asserts what callers must keep", async () => {
    const kernels = await referenceAdapter.open();
    const camera = kernels.openCamera(CAMERA);
    const detecting = kernels.openCamera({ ...CAMERA, spotsMax: 1, fusedMax: 1 });
    const badGaussian = { slowShift: 13, fastShift: 1, holdShift: 0, snrMinQ4: 1, varianceMinQ8: 16 };
    const grid = kernels.openGrid(GRID);
    const dense = kernels.openGrid({ ...GRID, dense: true });
    const fine = kernels.openGrid({ ...GRID, fine: FINE });
    const broken: (() => unknown)[] = [
      () => kernels.openCamera({ ...CAMERA, widthPx: 0 }),
      () => kernels.openCamera({ ...CAMERA, heightPx: 8193 }),
      () => kernels.openCamera({ ...CAMERA, motionMax: 0 }),
      () => kernels.openGrid({ ...GRID, sizeVoxels: [1, 2048, 1] }),
      () => kernels.openGrid({ ...GRID, sizeVoxels: [2047, 2047, 2047], dense: true }),
      () => kernels.openGrid({ ...GRID, raysMax: 1.5 }),
      () => kernels.motion(camera, new Uint8Array(3), { mode: "diff", threshold: 0 }),
      () => kernels.motion(camera, new Uint8Array(4), { mode: "diff", threshold: 256 }),
      () => kernels.cells(camera, { shift: 6, pixelsMin: 1 }),
      () => kernels.cells(camera, { shift: 0, pixelsMin: 0 }),
      () => kernels.blobs(camera, { pixelsMin: 0 }),
      () => kernels.openCamera({ ...CAMERA, spotsMax: 0 }),
      () => kernels.openCamera({ ...CAMERA, fusedMax: 0.5 }),
      () => kernels.motion(camera, new Uint8Array(4), { mode: "gaussian", threshold: 0 }),
      () => kernels.motion(camera, new Uint8Array(4), { mode: "gaussian", threshold: 0, gaussian: badGaussian }),
      () => kernels.spots(camera, { snrMinQ4: 1, perTileMax: 1 }),
      () => kernels.spots(detecting, { snrMinQ4: 0, perTileMax: 1 }),
      () => kernels.spots(detecting, { snrMinQ4: 1, perTileMax: 1025 }),
      () => kernels.register(camera, onePoint(1), noBend),
      () => kernels.register(detecting, onePoint(1), { ...noBend, bendColumns: 2, bendRows: 2 }),
      () => kernels.fuse(camera, onePoint(1), { gateQ8: 0, gainQ4: 0 }),
      () => kernels.fuse(detecting, onePoint(1), { gateQ8: 2 ** 20 + 1, gainQ4: 0 }),
      () => kernels.fuse(detecting, onePoint(1), { gateQ8: 0, gainQ4: 256 }),
      () => kernels.fuse(detecting, Uint32Array.of(0, 2 ** 21, 1, 0), { gateQ8: 0, gainQ4: 0 }),
      () => kernels.setView(grid, 32, directModel([0, 0, 0], [1, 0, 0])),
      () => kernels.rays(grid, 5, onePoint(1)),
      () => kernels.select(grid, 0),
      () => kernels.select(grid, 33),
      () => kernels.peaks(grid, { viewsMin: 1, sumMin: 0 }),
      () => kernels.voxels(grid, { viewsMin: 1, sumMin: 2 ** 32 }),
      () => kernels.openGrid({ ...GRID, fine: { ...FINE, levels: Uint8Array.of(4, 4) } }),
      () => kernels.openGrid({ ...GRID, fine: { ...FINE, levels: Uint8Array.of(5) } }),
      () => kernels.openGrid({ ...GRID, fine: { ...FINE, tilesMax: 0 } }),
      () => kernels.openGrid({ ...GRID, fine: FINE, dense: true }),
      () => kernels.refine(grid, 1),
      () => kernels.castTiles(grid, 1),
      () => kernels.refine(fine, 0),
      () => kernels.castTiles(fine, 33),
      () => kernels.castDense(grid),
      () => kernels.mark(dense),
      () => kernels.select(dense, 1),
      () => kernels.cast(dense),
      () => kernels.peaks(dense, { viewsMin: 1, sumMin: 1 }),
      () => kernels.voxels(dense, { viewsMin: 1, sumMin: 1 }),
    ];
    for (const call of broken) expect(call).toThrow(AssertionError);
    kernels.setView(grid, 5, directModel([0, 0, 0], [1, 0, 0]));
    expect(() => kernels.rays(grid, 5, Uint32Array.of(1, 2, 3))).toThrow(AssertionError);
    expect(() => kernels.rays(grid, 5, Uint32Array.of(2 ** 21, 0, 1, 0))).toThrow(AssertionError);
    kernels[Symbol.dispose]();
  });
});
