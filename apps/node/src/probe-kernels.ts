/**
 * Entry of the probe: a child process that asks one backend whether it runs here, checks it against the reference on seeded data and times
 * it. Its last line of standard output is a `ProbeReport` as JSON. If the backend's library or driver crashes, only this process dies.
 */
import { createPrng, lookAt, messageOf } from "@skyvox/core";
import {
  type BackendName,
  buildRayModel,
  type Kernels,
  type RayModel,
  referenceAdapter,
  type Table,
} from "@skyvox/kernels";
import { adapterOf, KERNEL_THREADS, type ProbeReport } from "./select-kernels.ts";

const SIZE = { widthPx: 320, heightPx: 180 };
const GRID = { minEnuM: [-16, -16, 0], voxelSizeM: 0.5, sizeVoxels: [64, 64, 64] } as const;
const TIMED_STEPS = 3;

async function report(backend: BackendName): Promise<ProbeReport> {
  const adapter = adapterOf(backend);
  const answer = await adapter.probe();
  if (!answer.ok) return { ok: false, reason: answer.reason };
  using kernels = await adapter.open({ threads: KERNEL_THREADS });
  using reference = await referenceAdapter.open();
  const inputs = makeInputs();
  const step = prepare(kernels, inputs);
  const [tables, wanted] = [await step(), await prepare(reference, inputs)()];
  const differing = tables.findIndex((table, index) => !sameRows(table, wanted[index]));
  if (differing >= 0)
    return { ok: false, reason: `its ${TABLES[differing]} differ from the reference's`, device: kernels.device };
  let stepMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < TIMED_STEPS; index++) {
    const begunMs = performance.now();
    await step();
    stepMs = Math.min(stepMs, performance.now() - begunMs);
  }
  return { ok: true, reason: "gives the reference's bits", device: kernels.device, stepMs };
}

const TABLES = ["cells", "blobs", "voxels", "peaks"] as const;

/** Seeded inputs of one time step: two frames of a camera, and for each of four views where it stands and the points it casts rays through. */
function makeInputs(): {
  readonly frames: readonly Uint8Array[];
  readonly views: readonly { readonly model: RayModel; readonly points: Uint32Array }[];
} {
  const prng = createPrng(1);
  const frame = (): Uint8Array =>
    Uint8Array.from({ length: SIZE.widthPx * SIZE.heightPx }, () => (prng.uint32() % 97 === 0 ? 255 : 40));
  const views = [0, 1, 2, 3].map((view) => {
    const angle = (view * Math.PI) / 2;
    const pose = lookAt({ cameraInEnuM: [30 * Math.cos(angle), 30 * Math.sin(angle), 3], targetEnuM: [0, 0, 16] });
    const points = new Uint32Array(200 * 4);
    for (let at = 0; at < points.length; at += 4) {
      points[at] = prng.uint32() % ((SIZE.widthPx - 1) * 256);
      points[at + 1] = prng.uint32() % ((SIZE.heightPx - 1) * 256);
      points[at + 2] = 1 + (prng.uint32() % 255);
    }
    return { model: buildRayModel({ intrinsics: INTRINSICS, pose, grid: GRID }), points };
  });
  return { frames: [frame(), frame()], views };
}

/** Opens a camera and a grid and returns a function that runs one time step on them. */
function prepare(kernels: Kernels, { frames, views }: ReturnType<typeof makeInputs>): () => Promise<Table[]> {
  const camera = kernels.openCamera({ ...SIZE, motionMax: 40000, cellsMax: 40000, blobsMax: 40000 });
  const grid = kernels.openGrid({
    ...GRID,
    raysMax: 4096,
    bricksMax: 512,
    peaksMax: 65536,
    voxelsMax: 65536,
    dense: false,
  });
  for (const [view, { model }] of views.entries()) kernels.setView(grid, view, model);
  return async () => {
    for (const pixels of frames) kernels.motion(camera, pixels, { mode: "diff", threshold: 16 });
    kernels.cells(camera, { shift: 3, pixelsMin: 2 });
    kernels.blobs(camera, { pixelsMin: 2 });
    kernels.clear(grid);
    for (const [view, { points }] of views.entries()) kernels.rays(grid, view, points);
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
    return await tables;
  };
}

const INTRINSICS = {
  ...SIZE,
  fxPx: 280,
  fyPx: 280,
  cxPx: 159.5,
  cyPx: 89.5,
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
