/* Op castDense: adds each ray's weight to every voxel it crosses; see packages/kernels/src/ops/cast-dense.ts.
 *
 * Input: the rays, emptied at the end; output: one sum per voxel, index (x * ny + y) * nz + z. Launch: a thread per ray. Bytes moved per
 * voxel crossed: 4 read and 4 written, nearly each in a sector of its own. */
#include "walk.h"

namespace skyvox {

template <int K> DEVICE void cast_densely(const Way &way, const Box &box, uint32_t *sums) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start_walk<K>(&walk, way, box)) return;
  const uint32_t count_k = static_cast<uint32_t>(box.voxels.at<A::k>());
  const uint32_t count_y = static_cast<uint32_t>(box.voxels.at<A::j>()), count_z = static_cast<uint32_t>(box.voxels.at<A::l>());
  for (; static_cast<uint32_t>(walk.n) < count_k; sv_walk_advance(&walk, 1)) {
    if (sv_gone(sv_brick(walk.ya), box.bricks.at<A::j>(), walk.step_y) ||
        sv_gone(sv_brick(walk.za), box.bricks.at<A::l>(), walk.step_z)) return;
    for_slab(walk, [&](int32_t j, int32_t l) {
      if (static_cast<uint32_t>(j) >= count_y || static_cast<uint32_t>(l) >= count_z) return;
      const int32_t k = walk.n, x = K == 0 ? k : j, y = K == 1 ? k : K == 0 ? j : l, z = K == 2 ? k : l;
      const uint32_t column = static_cast<uint32_t>(x * box.voxels.y + y);
      add(&sums[size_t{column} * static_cast<size_t>(box.voxels.z) + static_cast<size_t>(z)], way.weight);
    });
  }
}

__global__ void cast_rays_densely(const Ray *rays, uint32_t count, const __grid_constant__ Origins origins, const __grid_constant__ Box box,
                                  uint32_t *sums) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const Way way = way_of(rays[i], origins);
  with_axis(way.direction, [&](auto axis) { cast_densely<decltype(axis)::k>(way, box, sums); });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast_dense(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, true, &grid)) return status;
  grid->densely_cast = true;
  if (grid->ray_count == 0) return SV_OK;
  Lane *lane = &grid->lane;
  touch(lane);
  RUN(cast_rays_densely, blocks_of(grid->ray_count), grid->rays, grid->ray_count, origins_of(*grid), box_of(grid->size), grid->dense);
  grid->ray_count = 0;
  return SV_OK;
}
