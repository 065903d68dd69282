import { afterAll, beforeAll, expect, test } from "bun:test";
import { createPrng, SkyvoxError } from "@skyvox/core";
import { type CameraHandle, type Kernels, type RayModel, referenceAdapter, statusBits } from "@skyvox/kernels";
import { cpuAdapter } from "./mod.ts";

const probe = await cpuAdapter.probe();
if (!probe.ok) console.log(`The cpu backend is left out: ${probe.reason}`);
const whereBuilt = test.skipIf(!probe.ok);

const limits = { motionMax: 4096, cellsMax: 4096, blobsMax: 4096 };
const gaussian = { slowShift: 5, fastShift: 2, holdShift: 3, snrMinQ4: 100, varianceMinQ8: 64 };
const gridSpec = { raysMax: 4, bricksMax: 8, peaksMax: 8, voxelsMax: 64, dense: false } as const;
const forward: RayModel = {
  originQ20: [-(2 ** 20), 4.5 * 2 ** 20, 4.5 * 2 ** 20],
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
/** A camera in front of the lower face of axis `view`, looking along it with 128 pixels of picture to 45 degrees. */
const sideways = (view: number) => {
  const onAxis = (along: number, across: number) => {
    const at = [across, across, across] as [number, number, number];
    at[view] = along;
    return at;
  };
  const unit = (axis: number, length: number) =>
    [0, 1, 2].map((k) => (k === axis % 3 ? length : 0)) as [number, number, number];
  return {
    originQ20: onAxis(-(2 ** 20), 48.5 * 2 ** 20),
    a: unit(view + 1, 2 ** 13),
    b: unit(view + 2, 2 ** 13),
    c: unit(view, 2 ** 29),
    principalU: 2 ** 14,
    principalV: 2 ** 14,
  };
};
let one: Kernels;
beforeAll(async () => {
  if (probe.ok) one = await cpuAdapter.open({ threads: 1 });
});
afterAll(() => {
  if (probe.ok) one[Symbol.dispose]();
});

whereBuilt("The cpu backend says what runs the ops", async () => {
  using scalar = await cpuAdapter.open({ threads: 2, scalar: true });
  expect(scalar.device).toBe("scalar, 2 threads");
  expect(one.device).toEndWith(", 1 thread");
  expect(probe).toMatchObject({ ok: true, device: expect.stringMatching(/^(AVX2|scalar), \d+ threads?$/) });
  expect(probe.ok && probe.memoryBytes > 2 ** 28).toBe(true);
});

whereBuilt("The cpu backend says no to a device it has not, and to more threads than it takes", async () => {
  expect(await cpuAdapter.probe(1)).toEqual({
    ok: false,
    reason: "Cannot probe the cpu kernels: device 1, need device 0",
  });
  await expect(cpuAdapter.open({ threads: 65 })).rejects.toThrow("65 threads, need 0 (all) to 64");
  await expect(cpuAdapter.open({ index: 1 })).rejects.toBeInstanceOf(SkyvoxError);
});

// The vector path takes 32 pixels of a row at a time and the rest by itself; in mode gaussian 16, whatever their row.
for (const widthPx of [1, 31, 32, 33, 65]) {
  whereBuilt(`The cpu backend finds the reference's motion in rows of ${widthPx} pixels`, async () => {
    const prng = createPrng(widthPx);
    using reference = await referenceAdapter.open();
    using scalar = await cpuAdapter.open({ threads: 1, scalar: true });
    using two = await cpuAdapter.open({ threads: 2 });
    const all = [reference, one, scalar, two];
    const cameras = all.map((kernels) => kernels.openCamera({ widthPx, heightPx: 5, ...limits }));
    for (const mode of ["diff", "sigmaDelta", "average", "gaussian"] as const) {
      for (let frame = 0; frame < 4; frame++) {
        const pixels = Uint8Array.from({ length: 5 * widthPx }, () => prng.int(256));
        const tables = await Promise.all(
          all.map(async (kernels, k) => {
            const camera = cameras[k] as CameraHandle;
            kernels.motion(camera, pixels, { mode, threshold: 60, gaussian });
            const table = kernels.readCamera(camera, "motion");
            await kernels.submit();
            return table;
          }),
        );
        for (const table of tables) expect(table).toEqual(tables[0]!);
      }
    }
    one.closeCamera(cameras[1] as CameraHandle);
  });
}

whereBuilt(
  "The cpu backend keeps the first rows of a list across the bands of its threads, and counts all",
  async () => {
    using two = await cpuAdapter.open({ threads: 2 });
    const camera = two.openCamera({ widthPx: 2, heightPx: 4, ...limits, motionMax: 5 });
    two.motion(camera, new Uint8Array(8), { mode: "diff", threshold: 0 });
    two.motion(camera, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), { mode: "diff", threshold: 0 });
    const read = two.readCamera(camera, "motion");
    await two.submit();
    const [row1, row2] = [1 << 16, 2 << 16];
    const rows = Uint32Array.of(0, 1, 1, 2, row1, 3, row1 | 1, 4, row2, 5);
    expect(await read).toEqual({ rows, count: 5, total: 8, status: statusBits.motionOverflow });
  },
);

// Smaller work stays on the calling thread.
whereBuilt("The cpu backend finds the same with several threads at work", async () => {
  const prng = createPrng(7);
  const [widthPx, heightPx] = [1200, 1000];
  const frames = [0, 1].map(() => Uint8Array.from({ length: widthPx * heightPx }, () => 100 + prng.int(23)));
  const models = [0, 1, 2].map((view) => ({ ...forward, ...sideways(view) }));
  const points = Uint32Array.from({ length: 4 * 1500 }, (_, i) => (i % 4 < 2 ? prng.int(2 ** 15) : prng.int(256)));
  using several = await cpuAdapter.open({ threads: 3 });
  const found = [one, several].map(async (kernels) => {
    const camera = kernels.openCamera({ widthPx, heightPx, ...limits, motionMax: 2 ** 20 });
    for (const frame of frames) kernels.motion(camera, frame, { mode: "diff", threshold: 20 });
    const spec = { ...gridSpec, sizeVoxels: [96, 96, 96] as const, raysMax: 4500, bricksMax: 1728 };
    const grid = kernels.openGrid({ ...spec, peaksMax: 4096, voxelsMax: 2 ** 20 });
    const dense = kernels.openGrid({ ...spec, dense: true });
    for (const [view, model] of models.entries()) {
      for (const each of [grid, dense]) {
        kernels.setView(each, view, model);
        kernels.rays(each, view, points);
      }
    }
    kernels.mark(grid);
    kernels.select(grid, 2);
    kernels.cast(grid);
    kernels.peaks(grid, { viewsMin: 2, sumMin: 1 });
    kernels.voxels(grid, { viewsMin: 2, sumMin: 1 });
    kernels.castDense(dense);
    const tables = [
      kernels.readCamera(camera, "motion"),
      ...(["marks", "bricks", "pool", "peaks", "voxels"] as const).map((table) => kernels.readGrid(grid, table)),
      kernels.readGrid(dense, "dense"),
    ];
    await kernels.submit();
    kernels.closeCamera(camera);
    for (const each of [grid, dense]) kernels.closeGrid(each);
    return Promise.all(tables);
  });
  const [alone, shared] = await Promise.all(found);
  expect(alone!.every(({ count }) => count > 100)).toBe(true);
  for (const [i, table] of shared!.entries()) expect(table.rows).toEqual(alone![i]!.rows);
});

whereBuilt("The cpu backend finds the same spots and finer voxels with several threads at work", async () => {
  const prng = createPrng(8);
  const [widthPx, heightPx] = [1200, 1000];
  const frames = [0, 1, 2].map(() => Uint8Array.from({ length: widthPx * heightPx }, () => 100 + prng.int(9)));
  for (let i = 0; i < 500; i++) frames[2]![prng.int(widthPx * heightPx)] = 200;
  const points = Uint32Array.from({ length: 4 * 1500 }, (_, i) => (i % 4 < 2 ? 2 ** 13 + prng.int(2 ** 14) : 1));
  const levels = Uint8Array.from({ length: 12 ** 3 }, () => 2 + prng.int(3));
  const fine = { levels, tilesMax: 2 ** 14, segmentsMax: 2 ** 18, marksMax: 2 ** 19, bricksMax: 2 ** 12 };
  using several = await cpuAdapter.open({ threads: 3 });
  const found = [one, several].map(async (kernels) => {
    const camera = kernels.openCamera({ widthPx, heightPx, ...limits, motionMax: 2 ** 20, spotsMax: 2 ** 16 });
    for (const frame of frames) kernels.motion(camera, frame, { mode: "gaussian", threshold: 3, gaussian });
    kernels.spots(camera, { snrMinQ4: 200, perTileMax: 8 });
    const spec = { ...gridSpec, sizeVoxels: [96, 96, 96] as const, raysMax: 4500, bricksMax: 1728, fine };
    const grid = kernels.openGrid({ ...spec, peaksMax: 2 ** 16, voxelsMax: 2 ** 20 });
    for (const view of [0, 1, 2]) {
      kernels.setView(grid, view, { ...forward, ...sideways(view) });
      kernels.rays(grid, view, points);
    }
    kernels.mark(grid);
    kernels.select(grid, 3);
    kernels.cast(grid);
    kernels.refine(grid, 3);
    kernels.castTiles(grid, 2);
    kernels.peaks(grid, { viewsMin: 2, sumMin: 1 });
    kernels.voxels(grid, { viewsMin: 2, sumMin: 1 });
    const tables = [
      ...(["motion", "spots"] as const).map((table) => kernels.readCamera(camera, table)),
      ...(["tiles", "segments", "tileBricks", "tilePool", "peaks", "voxels"] as const).map((table) =>
        kernels.readGrid(grid, table),
      ),
    ];
    await kernels.submit();
    kernels.closeCamera(camera);
    kernels.closeGrid(grid);
    return Promise.all(tables);
  });
  const [alone, shared] = await Promise.all(found);
  expect(alone!.map(({ count }) => count > 100)).toEqual(alone!.map(() => true));
  for (const [i, table] of shared!.entries()) expect(table).toEqual(alone![i]!);
});
