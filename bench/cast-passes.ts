/** A time step of `dots-scene.ts` on a backend, in two passes or densely. */
import type { GridHandle, GridTable, Kernels } from "@skyvox/kernels";
import type { DotsScene } from "./dots-scene.ts";

/** As many views must agree as a site with four cameras asks for. */
export const VIEWS_MIN = 3;

/** Opens the grid of a scene, its views set. */
export function openDots(kernels: Kernels, scene: Pick<DotsScene, "grid" | "views">): GridHandle {
  const grid = kernels.openGrid(scene.grid);
  for (const [view, { model }] of scene.views.entries()) kernels.setView(grid, view, model);
  return grid;
}

/** Empties the grid, adds the rays, marks, selects and casts. */
export function castTwoPasses(
  kernels: Kernels,
  grid: GridHandle,
  views: readonly { readonly points: Uint32Array }[],
  viewsMin: number,
): void {
  kernels.clear(grid);
  for (const [view, { points }] of views.entries()) kernels.rays(grid, view, points);
  kernels.mark(grid);
  kernels.select(grid, viewsMin);
  kernels.cast(grid);
}

/** Adds the rays and casts them into every voxel; what was cast before stays. */
export function castDensely(
  kernels: Kernels,
  grid: GridHandle,
  views: readonly { readonly points: Uint32Array }[],
): void {
  for (const [view, { points }] of views.entries()) kernels.rays(grid, view, points);
  kernels.castDense(grid);
}

/** Reads a table of a grid as it is now. */
export async function gridRows(kernels: Kernels, grid: GridHandle, table: GridTable): Promise<Uint32Array> {
  const read = kernels.readGrid(grid, table);
  await kernels.submit();
  return (await read).rows;
}
