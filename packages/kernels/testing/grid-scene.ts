/** What cases of several files do with a grid. */
import type { Prng } from "@skyvox/core";
import type { GridHandle, Kernels } from "../src/mod.ts";
import { pick, randomCamera, randomPoints } from "./material.ts";

/** Adds the rays of random cameras that look at common targets, and clutter. */
export function addScene(
  kernels: Kernels,
  grid: GridHandle,
  prng: Prng,
  sizeVoxels: readonly [number, number, number],
  amount: { views: number; clutter: number } = { views: 1 + prng.int(5), clutter: 12 },
): void {
  const inside = (side: number) => prng.uniform(0, 1) * side;
  const targets = [1, 2, 3].map(() => [inside(sizeVoxels[0]), inside(sizeVoxels[1]), inside(sizeVoxels[2])] as const);
  for (let i = 0; i < amount.views; i++) {
    const view = pick(prng, 31, prng.int(32), prng.int(32));
    const camera = randomCamera(prng, sizeVoxels);
    kernels.setView(grid, view, camera.model);
    kernels.rays(grid, view, randomPoints(prng, camera, targets, amount.clutter));
  }
}

/** Casts the rays of a grid in two passes. */
export function castAll(kernels: Kernels, grid: GridHandle, viewsMin: number): void {
  kernels.mark(grid);
  kernels.select(grid, viewsMin);
  kernels.cast(grid);
}
