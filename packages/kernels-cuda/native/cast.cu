/* Op cast: adds weight and view bit to every voxel a ray crosses in a selected brick; see packages/kernels/src/ops/cast.ts.
 *
 * Input: the rays and the slots; output: sum and view bits per voxel of each slot. A layer of 8 slabs without a selected brick is
 * jumped over. Launch: a thread per piece of a ray. Bytes moved per voxel crossed: 8 read, 4 or 8 written, in one sector of 32. */
#include "walk.h"

namespace skyvox {

__global__ void cast_rays(const Ray *rays, const __grid_constant__ Split split, const __grid_constant__ Origins origins,
                          const __grid_constant__ Box box, const uint32_t *slots, Voxel *voxels) {
  const uint32_t thread = thread_index();
  if (thread >= split.rays * split.pieces) return;
  const Way way = way_of(rays[thread % split.rays], origins);
  const Piece piece = piece_of(split, thread);
  with_axis(way.direction, [&](auto axis) { cast_way<decltype(axis)::k>(way, box, piece, slots, voxels); });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  if (grid->ray_count == 0) return SV_OK;
  if (const int32_t status = direct_points(context, grid)) return status;
  Lane *lane = &grid->lane;
  touch(lane);
  const Split split = split_of(context, *grid);
  RUN(cast_rays, blocks_of(split.rays * split.pieces), grid->rays, split, origins_of(*grid), box_of(grid->size), grid->pool.slots,
      grid->pool.voxels);
  return SV_OK;
}
