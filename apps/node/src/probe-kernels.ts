/**
 * Entry of the probe: a child process that asks one backend whether it runs here, checks it against the reference on seeded data and times
 * it. Its last line of standard output is a `ProbeReport` as JSON. If the backend's library or driver crashes, only this process dies.
 */
import { createPrng, lookAt, messageOf } from "@skyvox/core";
import { type BackendName, buildRayModel, type Kernels, referenceAdapter, type Table } from "@skyvox/kernels";
import { adapterOf, type ProbeReport } from "./select-kernels.ts";

const SIZE = { widthPx: 160, heightPx: 120 };
const GRID = { minEnuM: [-16, -16, 0], voxelSizeM: 0.5, sizeVoxels: [64, 64, 64] } as const;
const TIMED_STEPS = 5;

async function report(backend: BackendName): Promise<ProbeReport> {
  const adapter = adapterOf(backend);
  const answer = await adapter.probe();
  if (!answer.ok) return { ok: false, reason: answer.reason };
  using kernels = await adapter.open();
  using reference = await referenceAdapter.open();
  const [tables, wanted] = [await step(kernels), await step(reference)];
  const differing = tables.findIndex((table, index) => !sameRows(table, wanted[index]));
  if (differing >= 0)
    return { ok: false, reason: `its ${TABLES[differing]} differ from the reference's`, device: kernels.device };
  let stepMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < TIMED_STEPS; index++) {
    const begunMs = performance.now();
    await step(kernels);
    stepMs = Math.min(stepMs, performance.now() - begunMs);
  }
  return { ok: true, reason: "gives the reference's bits", device: kernels.device, stepMs };
}

const TABLES = ["cells", "blobs", "voxels", "peaks"] as const;

/** Runs one small time step: two seeded frames, then rays of four views. */
async function step(kernels: Kernels): Promise<Table[]> {
  const prng = createPrng(1);
  const camera = kernels.openCamera({ ...SIZE, motionMax: 20000, cellsMax: 20000, blobsMax: 20000 });
  const grid = kernels.openGrid({
    ...GRID,
    raysMax: 4096,
    bricksMax: 512,
    peaksMax: 4096,
    voxelsMax: 65536,
    dense: false,
  });
  const pixels = new Uint8Array(SIZE.widthPx * SIZE.heightPx);
  for (let frame = 0; frame < 2; frame++) {
    for (let index = 0; index < pixels.length; index++) pixels[index] = prng.uint32() % 97 === 0 ? 255 : 40;
    kernels.motion(camera, pixels, { mode: "sigmaDelta", threshold: 16 });
  }
  kernels.cells(camera, { shift: 3, pixelsMin: 2 });
  kernels.blobs(camera, { pixelsMin: 2 });
  for (let view = 0; view < 4; view++) {
    const angle = (view * Math.PI) / 2;
    const pose = lookAt({ cameraInEnuM: [30 * Math.cos(angle), 30 * Math.sin(angle), 3], targetEnuM: [0, 0, 16] });
    kernels.setView(grid, view, buildRayModel({ intrinsics: INTRINSICS, pose, grid: GRID }));
    const points = new Uint32Array(64 * 4);
    for (let at = 0; at < points.length; at += 4) {
      points[at] = prng.uint32() % ((SIZE.widthPx - 1) * 256);
      points[at + 1] = prng.uint32() % ((SIZE.heightPx - 1) * 256);
      points[at + 2] = 1 + (prng.uint32() % 255);
    }
    kernels.rays(grid, view, points);
  }
  kernels.mark(grid);
  kernels.select(grid, 2);
  kernels.cast(grid);
  kernels.peaks(grid, { viewsMin: 2, sumMin: 1 });
  kernels.voxels(grid, { viewsMin: 2, sumMin: 1 });
  const tables = Promise.all([
    kernels.readCamera(camera, "cells"),
    kernels.readCamera(camera, "blobs"),
    kernels.readGrid(grid, "voxels"),
    kernels.readGrid(grid, "peaks"),
  ]);
  await kernels.submit();
  kernels.closeCamera(camera);
  kernels.closeGrid(grid);
  return await tables;
}

const INTRINSICS = {
  ...SIZE,
  fxPx: 140,
  fyPx: 140,
  cxPx: 79.5,
  cyPx: 59.5,
  distortion: [-0.1, 0.01, 0, 0, 0],
} as const;

function sameRows(table: Table, wanted: Table | undefined): boolean {
  return (
    wanted !== undefined &&
    table.rows.length === wanted.rows.length &&
    table.rows.every((word, at) => word === wanted.rows[at])
  );
}

const answer = await report(process.argv[2] as BackendName).catch(
  (error: unknown): ProbeReport => ({ ok: false, reason: messageOf(error) }),
);
console.log(JSON.stringify(answer));
