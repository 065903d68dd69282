/**
 * Op `castDense`: every ray votes for every voxel it crosses, without looking for agreement first.
 *
 * This is how the program Pixeltovoxelprojector casts, and what `cast` is checked against. It needs 4 bytes for every voxel of the
 * grid, so it serves grids of up to a few hundred voxels a side.
 *
 * Input: the rays of the grid, which it uses up: afterwards the list is empty, so that any number of rays can be cast in batches.
 * Table "dense": rows of 1 word, one sum per voxel; voxel (x, y, z) is row (x · ny + y) · nz + z.
 *
 * Per voxel crossed (`walk.ts`): sum += weight of the ray. Sums stay until `clear`, and so does the total of weights that op `rays`
 * holds below 2^32: no sum wraps.
 */
import type { RayModel } from "../ray-model.ts";
import type { Size3 } from "./brick.ts";
import { type RayList, raysOf } from "./rays.ts";
import { advance, isUnderWay, slabVoxels, startWalk } from "./walk.ts";

/** Adds every ray to all voxels it crosses; `sums` is `[nx, ny, nz]` uint32. Empties the list. */
export function castDense(
  sums: Uint32Array,
  rays: RayList,
  views: readonly (RayModel | null)[],
  sizeVoxels: Size3,
): void {
  const [, ny, nz] = sizeVoxels;
  const voxels = new Int32Array(3 * 3);
  for (const { originQ20, direction, weight } of raysOf(rays, views)) {
    const walk = startWalk(originQ20, direction, sizeVoxels);
    if (walk === null) continue;
    while (isUnderWay(walk, sizeVoxels)) {
      const count = slabVoxels(walk, sizeVoxels, voxels);
      for (let v = 0; v < 3 * count; v += 3) {
        const voxel = (voxels[v]! * ny + voxels[v + 1]!) * nz + voxels[v + 2]!;
        sums[voxel] = sums[voxel]! + weight;
      }
      advance(walk, 1);
    }
  }
  rays.count = 0;
}
