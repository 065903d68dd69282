/**
 * Rays that are walked in pieces, in the longest grid: as far as positions reach, and where they wrap around.
 *
 * The exam's cameras keep their rays from wrapping, and so does every calibrated one. What is here is past that, since a piece begins
 * where a walk from layer to layer may have ended.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createPrng, type Prng } from "@skyvox/core";
import { type Kernels, type RayModel, referenceAdapter } from "@skyvox/kernels";
import { wgslAdapter } from "../src/mod.ts";
import { useSoftwareGpu, whySoftwareGpuMissing } from "./software-gpu.ts";

const OPEN_MS_MAX = 60_000;
const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

type Vec3 = readonly [number, number, number];
interface Ray {
  readonly originVoxels: Vec3;
  readonly direction: Vec3;
}

let kernels: Kernels;
let reference: Kernels;
beforeAll(async () => {
  if (isMissing) return;
  kernels = await wgslAdapter.open({ software: true });
  reference = await referenceAdapter.open();
}, OPEN_MS_MAX);
afterAll(() => {
  if (isMissing) return;
  kernels[Symbol.dispose]();
  reference[Symbol.dispose]();
});

/** A view whose every point looks in one direction. */
function modelOf({ originVoxels: [x, y, z], direction }: Ray): RayModel {
  const none = [0, 0, 0] as const;
  const lens = { fractionBits: 0, principalU: 0, principalV: 0, bendShift: 0, bendColumns: 0, bendRows: 0 };
  const originQ20 = [Math.round(x * 2 ** 20), Math.round(y * 2 ** 20), Math.round(z * 2 ** 20)] as const;
  return { originQ20, a: none, b: none, c: direction, ...lens, bendQ12: new Int32Array(0) };
}

/** Tables "marks", "pool" and "dense" of up to 32 rays, one per view, with weight view + 1. */
async function cast(on: Kernels, sizeVoxels: Vec3, rays: readonly Ray[]): Promise<Uint32Array[]> {
  const limits = { raysMax: 32, bricksMax: 2048, peaksMax: 1, voxelsMax: 1 };
  const [bricks, dense] = [false, true].map((isDense) => {
    const grid = on.openGrid({ sizeVoxels, ...limits, dense: isDense });
    for (const [view, ray] of rays.entries()) {
      on.setView(grid, view, modelOf(ray));
      on.rays(grid, view, Uint32Array.of(0, 0, view + 1, 1));
    }
    return grid;
  });
  on.mark(bricks!);
  on.select(bricks!, 1);
  on.cast(bricks!);
  on.castDense(dense!);
  const tables = [on.readGrid(bricks!, "marks"), on.readGrid(bricks!, "pool"), on.readGrid(dense!, "dense")];
  await on.submit();
  on.closeGrid(bricks!);
  on.closeGrid(dense!);
  return (await Promise.all(tables)).map(({ rows }) => rows);
}

onGpu(`A ray that is gone where it enters does not come back where its position wraps around${suffix}`, async () => {
  // After 2,045 slabs the ray is at y = -4,092.5, which is 3.5 modulo 4,096.
  const gone = { originVoxels: [0, -2047.5, 4], direction: [1, -1, 0] } as const;
  const [marks, pool, dense] = await cast(kernels, [2047, 8, 8], [gone]);
  expect([marks!.length, pool!.length, dense!.length]).toEqual([256, 0, 2047 * 64]);
  for (const table of [marks!, dense!]) expect(table.every((word) => word === 0)).toBe(true);
});

onGpu(
  `A ray gives the reference's tables wherever it starts, before and after positions wrap around${suffix}`,
  async () => {
    const prng = createPrng(11);
    for (const long of [0, 1, 2]) {
      const sizeVoxels: [number, number, number] = [40, 24, 17];
      sizeVoxels[long] = 2047;
      const rays = Array.from({ length: 32 }, (_, view) =>
        rayThroughGrid(prng, sizeVoxels, long, view % 2 === 0 ? 1 : 0.01),
      );
      const [found, expected] = [await cast(kernels, sizeVoxels, rays), await cast(reference, sizeVoxels, rays)];
      expect(expected.map((table) => table.some((word) => word !== 0))).toEqual([true, true, true]);
      for (const [table, rows] of expected.entries()) {
        expect([long, table, found[table]!.findIndex((word, i) => word !== rows[i])]).toEqual([long, table, -1]);
        expect(found[table]!.length).toBe(rows.length);
      }
    }
  },
);

/** Tables "tiles" and "segments" of such rays, where one view is enough for a tile. */
async function refine(on: Kernels, sizeVoxels: Vec3, rays: readonly Ray[]): Promise<Uint32Array[]> {
  const brickCount = sizeVoxels.reduce((count, side) => count * Math.ceil(side / 8), 1);
  const levels = Uint8Array.from({ length: brickCount }, (_, brick) => brick % 5);
  const fine = { levels, tilesMax: 2 ** 15, segmentsMax: 2 ** 16, marksMax: 2 ** 25, bricksMax: 1 };
  const grid = on.openGrid({ sizeVoxels, raysMax: 32, bricksMax: 2048, peaksMax: 1, voxelsMax: 1, dense: false, fine });
  for (const [view, ray] of rays.entries()) {
    on.setView(grid, view, modelOf(ray));
    on.rays(grid, view, Uint32Array.of(0, 0, 1, 1));
  }
  on.mark(grid);
  on.select(grid, 1);
  on.cast(grid);
  on.refine(grid, 1);
  const tables = [on.readGrid(grid, "tiles"), on.readGrid(grid, "segments")];
  await on.submit();
  on.closeGrid(grid);
  return (await Promise.all(tables)).map(({ rows }) => rows);
}

onGpu(`Segments of a ray that is cut in pieces are in the order of its way, wherever it starts${suffix}`, async () => {
  const prng = createPrng(12);
  for (const long of [0, 1, 2]) {
    const sizeVoxels: [number, number, number] = [40, 24, 17];
    sizeVoxels[long] = 2047;
    // Origins of segments reach 2,047 voxels.
    const rays = Array.from({ length: 4 }, () => rayThroughGrid(prng, sizeVoxels, long, 0.01, 0));
    const [found, expected] = [await refine(kernels, sizeVoxels, rays), await refine(reference, sizeVoxels, rays)];
    expect(expected.map(({ length }) => length > 1000)).toEqual([true, true]);
    for (const [table, rows] of expected.entries()) {
      expect([long, table, found[table]!.findIndex((word, i) => word !== rows[i])]).toEqual([long, table, -1]);
      expect(found[table]!.length).toBe(rows.length);
    }
  }
});

/** A ray that crosses the grid at its place modulo 4,096 voxels: it does, or it would if it had not gone before. */
function rayThroughGrid(prng: Prng, sizeVoxels: Vec3, long: number, slopeMax: number, fromMin = -2048): Ray {
  const originVoxels: [number, number, number] = [0, 0, 0];
  const direction: [number, number, number] = [0, 0, 0];
  const from = prng.uniform(fromMin, 2047);
  const way = prng.uniform(0, 2047) - from;
  for (const axis of [0, 1, 2]) {
    const slope = prng.uniform(-slopeMax, slopeMax);
    const at = prng.uniform(0, sizeVoxels[axis]!) - slope * Math.abs(way);
    originVoxels[axis] = at - 4096 * Math.floor((at + 2048) / 4096);
    direction[axis] = Math.round(slope * 2 ** 20);
  }
  originVoxels[long] = from;
  direction[long] = way < 0 ? -(2 ** 20) : 2 ** 20;
  return { originVoxels, direction };
}
