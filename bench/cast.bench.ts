/**
 * Casting one time step of `dots-scene.ts`: rays per second in two passes and densely, with the work behind them.
 *
 * A ray of two passes is marked, its bricks selected, and cast; rays are added and the grid emptied within the time too. Steps are
 * the voxels a ray crosses in the whole grid, updates those that it adds to. Memory is what the grid has allocated for voxels.
 */
import { type GridHandle, type GridTable, type Kernels, type KernelsAdapter, referenceAdapter } from "@skyvox/kernels";
import { cpuAdapter } from "@skyvox/kernels-cpu";
import { type DotsScene, dotsScene } from "./dots-scene.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  digestOf,
  interleave,
  perSecond,
  type Variant,
} from "./harness.ts";
import { targets } from "./targets.ts";

/** Voxel state of one time step. */
const STATE_BYTES_MAX = 100e6;
const SLOT_WORDS = 1024;
const VIEWS_MIN = 3;

export const bench: Bench = {
  name: "cast",
  subject: "kernels",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const size = small ? { dots: 4, sideVoxels: 64 } : { dots: 200, sideVoxels: 500 };
    const scene = dotsScene({ seed: 1, dense: false, ...size });
    const denseScene = { ...scene, grid: { ...scene.grid, dense: true } };
    const adapter: KernelsAdapter = (await cpuAdapter.probe()).ok ? cpuAdapter : referenceAdapter;
    using one = await adapter.open({ threads: 1 });
    using all = await adapter.open();
    using scalar = await adapter.open({ threads: 1, scalar: true });
    const variants = [
      twoPassVariant(one, scene, VIEWS_MIN),
      twoPassVariant(all, scene, VIEWS_MIN),
      twoPassVariant(one, scene, 2),
      twoPassVariant(scalar, scene, VIEWS_MIN),
      denseVariant(one, denseScene),
      denseVariant(all, denseScene),
    ];
    const timings = await interleave(variants, rounds);
    // Counted last: it leaves hundreds of megabytes to collect.
    const work = await workOf(one, scene, denseScene, VIEWS_MIN);
    const { steps, updates, bricks } = work;
    const rays = scene.rayCount;
    const rows = timings.map(({ name, medianMs, noise }) => {
      return { name, median: perSecond(rays, medianMs), unit: "rays/s", noise, note: `${medianMs.toFixed(2)} ms` };
    });
    const [firstMs = 0, , , , denseMs = 0] = timings.map(({ medianMs }) => medianMs);
    return {
      rows: [
        ...rows,
        { name: "voxels a ray crosses", median: steps / rays, unit: "voxels/ray" },
        {
          name: "voxels a ray adds to in two passes",
          median: updates / rays,
          unit: "voxels/ray",
          note: `in ${bricks} bricks`,
        },
        { name: "voxels crossed in two passes", median: perSecond(steps, firstMs) / 1e6, unit: "Mvoxels/s" },
        { name: "voxels added to in two passes", median: perSecond(updates, firstMs) / 1e6, unit: "Mvoxels/s" },
        { name: "voxels added to densely", median: perSecond(steps, denseMs) / 1e6, unit: "Mvoxels/s" },
      ],
      targets: [
        {
          name: "two passes",
          achieved: perSecond(rays, firstMs),
          wanted: targets.castRaysPerSecondPerCore,
          unit: "rays/s",
          better: "higher",
        },
        {
          name: "voxel state",
          achieved: stateBytes(scene) / 1e6,
          wanted: STATE_BYTES_MAX / 1e6,
          unit: "MB",
          better: "lower",
        },
      ],
      digest: work.digest,
    };
  },
};

/** Voxels and view bits of all bricks, and the masks and slots that lead to them. */
function stateBytes({ grid }: DotsScene): number {
  const bricks = grid.sizeVoxels.reduce((count, side) => count * Math.ceil(side / 8), 1);
  return grid.bricksMax * SLOT_WORDS * 4 + bricks * 8;
}

function openGrid(kernels: Kernels, scene: DotsScene) {
  const grid = kernels.openGrid(scene.grid);
  for (const [view, { model }] of scene.views.entries()) kernels.setView(grid, view, model);
  return grid;
}

function twoPassVariant(kernels: Kernels, scene: DotsScene, viewsMin: number): Variant {
  const grid = openGrid(kernels, scene);
  const run = () => {
    castTwoPasses(kernels, grid, scene.views, viewsMin);
    return kernels.submit();
  };
  return { name: `two passes, ${viewsMin} views, ${kernels.device}`, run };
}

function castTwoPasses(kernels: Kernels, grid: GridHandle, views: DotsScene["views"], viewsMin: number): void {
  kernels.clear(grid);
  for (const [view, { points }] of views.entries()) kernels.rays(grid, view, points);
  kernels.mark(grid);
  kernels.select(grid, viewsMin);
  kernels.cast(grid);
}

/** The grid is not emptied between runs: that would time the emptying of 500 MB. */
function denseVariant(kernels: Kernels, scene: DotsScene): Variant {
  const grid = openGrid(kernels, scene);
  const run = () => {
    castDensely(kernels, grid, scene.views);
    return kernels.submit();
  };
  return { name: `dense, ${kernels.device}`, run };
}

function castDensely(kernels: Kernels, grid: GridHandle, views: DotsScene["views"]): void {
  for (const [view, { points }] of views.entries()) kernels.rays(grid, view, points);
  kernels.castDense(grid);
}

interface Work {
  /** Voxels that all rays cross. */
  readonly steps: number;
  /** Voxels that all rays add to in two passes. */
  readonly updates: number;
  readonly bricks: number;
  readonly digest: string;
}

/** Counts voxels by casting every ray with weight 1; hashes pool and peaks of the real weights. */
async function workOf(kernels: Kernels, scene: DotsScene, denseScene: DotsScene, viewsMin: number): Promise<Work> {
  const unit = scene.views.map(({ model, points }) => ({
    model,
    points: points.map((word, i) => (i % 4 === 2 ? 1 : word)),
  }));
  const dense = openGrid(kernels, denseScene);
  castDensely(kernels, dense, unit);
  const steps = sumOf(await rowsOf(kernels, dense, "dense"));
  kernels.closeGrid(dense);
  const grid = openGrid(kernels, scene);
  castTwoPasses(kernels, grid, unit, viewsMin);
  const counted = await rowsOf(kernels, grid, "pool");
  castTwoPasses(kernels, grid, scene.views, viewsMin);
  kernels.peaks(grid, { viewsMin, sumMin: 1 });
  const pool = await rowsOf(kernels, grid, "pool");
  const peaks = await rowsOf(kernels, grid, "peaks");
  kernels.closeGrid(grid);
  const bricks = pool.length / SLOT_WORDS;
  let updates = 0;
  for (let slot = 0; slot < bricks; slot++)
    updates += sumOf(counted.subarray(slot * SLOT_WORDS, slot * SLOT_WORDS + 512));
  return { steps, updates, bricks, digest: digestOf(pool, peaks) };
}

async function rowsOf(kernels: Kernels, grid: GridHandle, table: GridTable): Promise<Uint32Array> {
  const read = kernels.readGrid(grid, table);
  await kernels.submit();
  return (await read).rows;
}

function sumOf(words: Uint32Array): number {
  let sum = 0;
  for (const word of words) sum += word;
  return sum;
}
