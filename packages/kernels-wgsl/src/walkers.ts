import type { GridSpec } from "@skyvox/kernels";
import { WALKERS } from "./program.ts";
import { groupsOf } from "./tables.ts";

/** How the rays of a grid are walked: parameters of mark.wgsl, cast.wgsl and cast-dense.wgsl, and how many workgroups there are. */
export interface Walkers {
  readonly params: readonly number[];
  readonly groups: number;
}

/** Shares rays out among threads of `WALKERS`. */
export function walkersOf(rayCount: number, sizeVoxels: GridSpec["sizeVoxels"]): Walkers {
  const { pieces, layers } = piecesOf(rayCount, sizeVoxels);
  return { params: [rayCount, ...sizeVoxels, layers], groups: groupsOf(rayCount * pieces, WALKERS) };
}

/**
 * How many threads walk a ray, and how many layers of bricks each of them.
 *
 * A walk is a chain of reads that wait for each other, and a few thousand of them leave a GPU idle. So rays are cut into pieces of
 * whole layers of bricks, a thread each, where there are fewer than `THREADS_MIN` of them.
 */
export function piecesOf(
  rayCount: number,
  sizeVoxels: GridSpec["sizeVoxels"],
): { readonly pieces: number; readonly layers: number } {
  const layersMax = Math.ceil(Math.max(...sizeVoxels) / 8);
  const piecesMax = Math.min(Math.ceil(THREADS_MIN / Math.max(rayCount, 1)), layersMax);
  const layers = Math.ceil(layersMax / piecesMax);
  return { pieces: Math.ceil(layersMax / layers), layers };
}

/** About what the largest GPU keeps under way at once: 132 multiprocessors with 2,048 threads each. */
const THREADS_MIN = 2 ** 18;
