import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { conformance } from "../testing/conformance.ts";
import { directModel, onePoint } from "../testing/material.ts";
import type { CameraSpec, GridSpec } from "./kernels.ts";
import { referenceAdapter } from "./reference.ts";

conformance("reference", () => referenceAdapter.open());

const CAMERA: CameraSpec = { widthPx: 2, heightPx: 2, motionMax: 2, cellsMax: 4, blobsMax: 4 };
const GRID: GridSpec = { sizeVoxels: [8, 8, 8], raysMax: 4, bricksMax: 4, peaksMax: 4, voxelsMax: 4, dense: false };

describe("The reference backend", () => {
  test("always runs", async () => {
    expect(await referenceAdapter.probe()).toEqual({ ok: true, device: "TypeScript, 1 thread", memoryBytes: 0 });
  });

  test("reads a table as it was when it was asked for", async () => {
    using kernels = await referenceAdapter.open();
    const camera = kernels.openCamera(CAMERA);
    kernels.motion(camera, Uint8Array.of(0, 0, 0, 0), { mode: "diff", threshold: 0 });
    kernels.motion(camera, Uint8Array.of(0, 9, 0, 0), { mode: "diff", threshold: 0 });
    const before = kernels.readCamera(camera, "motion");
    kernels.motion(camera, Uint8Array.of(0, 9, 0, 0), { mode: "diff", threshold: 0 });
    const after = kernels.readCamera(camera, "motion");
    await kernels.submit();
    expect((await before).count).toBe(1);
    expect((await after).count).toBe(0);
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
    const grid = kernels.openGrid(GRID);
    const dense = kernels.openGrid({ ...GRID, dense: true });
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
      () => kernels.setView(grid, 32, directModel([0, 0, 0], [1, 0, 0])),
      () => kernels.rays(grid, 5, onePoint(1)),
      () => kernels.select(grid, 0),
      () => kernels.select(grid, 33),
      () => kernels.peaks(grid, { viewsMin: 1, sumMin: 0 }),
      () => kernels.voxels(grid, { viewsMin: 1, sumMin: 2 ** 32 }),
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

  test("asserts on what is closed, and closes twice without harm", async () => {
    const kernels = await referenceAdapter.open();
    const camera = kernels.openCamera(CAMERA);
    kernels.closeCamera(camera);
    expect(() => kernels.blobs(camera, { pixelsMin: 1 })).toThrow(AssertionError);
    const grid = kernels.openGrid(GRID);
    kernels.closeGrid(grid);
    expect(() => kernels.mark(grid)).toThrow(AssertionError);
    kernels[Symbol.dispose]();
    kernels[Symbol.dispose]();
    expect(() => kernels.openCamera(CAMERA)).toThrow(AssertionError);
    expect(kernels.submit()).rejects.toThrow(AssertionError);
  });
});
