/* Op castDense: adds each ray's weight to every voxel it crosses; see packages/kernels/src/ops/cast-dense.ts.
 *
 * Input: the rays, emptied at the end; output: one sum per voxel, index (x * ny + y) * nz + z. Launch: a thread per piece of a ray. Bytes
 * moved per voxel crossed: 4 read and 4 written, nearly each in a sector of its own. */
#include "walk.h"

namespace skyvox {

template <int K> DEVICE void cast_densely(const Way &way, const Box &box, const Piece &piece, uint32_t *sums) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start_piece<K>(&walk, way, box, piece)) return;
  const uint32_t count_k = static_cast<uint32_t>(box.voxels.at<A::k>());
  const uint32_t count_y = static_cast<uint32_t>(box.voxels.at<A::j>()), count_z = static_cast<uint32_t>(box.voxels.at<A::l>());
  for (uint32_t done = 0; done < piece.count && static_cast<uint32_t>(walk.n) < count_k; done += 1)
    for (int32_t slabs = sv_layer_slabs(&walk); slabs > 0 && static_cast<uint32_t>(walk.n) < count_k; slabs -= 1) {
      if (sv_gone(sv_brick(walk.ya), box.bricks.at<A::j>(), walk.step_y) ||
          sv_gone(sv_brick(walk.za), box.bricks.at<A::l>(), walk.step_z)) return;
      for_slab(walk, [&](int32_t j, int32_t l) {
        if (static_cast<uint32_t>(j) >= count_y || static_cast<uint32_t>(l) >= count_z) return;
        const int32_t k = walk.n, x = K == 0 ? k : j, y = K == 1 ? k : K == 0 ? j : l, z = K == 2 ? k : l;
        const uint32_t column = static_cast<uint32_t>(x * box.voxels.y + y);
        add(&sums[size_t{column} * static_cast<size_t>(box.voxels.z) + static_cast<size_t>(z)], way.weight);
      });
      sv_walk_advance(&walk, 1);
    }
}

__global__ void cast_rays_densely(const Ray *rays, const __grid_constant__ Split split, const __grid_constant__ Origins origins,
                                  const __grid_constant__ Box box, uint32_t *sums) {
  const uint32_t thread = thread_index();
  if (thread >= split.rays * split.pieces) return;
  const Way way = way_of(rays[thread % split.rays], origins);
  const Piece piece = piece_of(split, thread);
  with_axis(way.direction, [&](auto axis) { cast_densely<decltype(axis)::k>(way, box, piece, sums); });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast_dense(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, true, &grid)) return status;
  grid->densely_cast = true;
  if (grid->ray_count == 0) return SV_OK;
  if (const int32_t status = direct_points(context, grid)) return status;
  Lane *lane = &grid->lane;
  touch(lane);
  const Split split = split_of(context, *grid);
  RUN(cast_rays_densely, blocks_of(split.rays * split.pieces), grid->rays, split, origins_of(*grid), box_of(grid->size), grid->dense);
  grid->ray_count = grid->directed_count = 0;
  return SV_OK;
}
