/* Op castDense: adds each ray's weight to every voxel it crosses; see packages/kernels/src/ops/cast-dense.ts.
 *
 * Input: the rays, emptied at the end; output: one sum per voxel, index (x * ny + y) * nz + z. Bytes moved per voxel crossed: 4 read
 * and 4 written, nearly each in a cache line of its own; the speed is that of address translation.
 * Every thread takes all rays and a range of x, which it alone writes: with atomic adds two threads took as long as one. */
#include "context.h"

namespace skyvox {

/* The voxels that one thread writes: x in [begin, end). */
struct Part { int32_t begin, end; };

/* Skips slabs before the ray may be in [begin, end) on j; false when it never will be. */
static bool approach(sv_walk *walk, const Part &part) {
  const int64_t low = int64_t{part.begin} << 20, high = int64_t{part.end} << 20;
  const int64_t enter = static_cast<int32_t>(walk->ya), leave = static_cast<int32_t>(walk->yb), step = static_cast<int32_t>(walk->step_y);
  if (enter >= high && step >= 0) return false;
  if (enter < low && step <= 0) return false;
  const int64_t way = step > 0 ? low - leave : leave - high + 1;
  if (way <= 0 || step == 0) return true;
  const int64_t slabs = way / walk->slope_y;
  if (slabs >= 4096) return false;
  if (slabs > 0) sv_walk_advance(walk, static_cast<int32_t>(slabs));
  return true;
}

template <int K> static void cast_ray(const Grid &grid, const Part &part, const Ray &ray) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start<K>(&walk, grid, ray)) return;
  /* x is axis k or j. */
  const Part all = {0, grid.size[A::k]}, slabs = K == 0 ? part : all;
  if (K == 0) {
    const int32_t ahead = walk.step > 0 ? part.begin - walk.n : walk.n - part.end + 1;
    if (ahead > 0) sv_walk_advance(&walk, ahead);
  } else if (!approach(&walk, part)) {
    return;
  }
  const size_t strides[3] = {static_cast<size_t>(grid.size[1]) * static_cast<size_t>(grid.size[2]), static_cast<size_t>(grid.size[2]), 1};
  const int32_t begin_y = K == 0 ? 0 : part.begin;
  const uint32_t count_y = static_cast<uint32_t>(K == 0 ? grid.size[A::j] : part.end - part.begin);
  const uint32_t count_z = static_cast<uint32_t>(grid.size[A::l]);
  bool entered = false;
  for (; walk.n >= slabs.begin && walk.n < slabs.end; sv_walk_advance(&walk, 1)) {
    uint32_t *slab = grid.dense.get() + static_cast<size_t>(walk.n) * strides[A::k];
    bool hit = false;
    const auto visit = [&](int32_t y, int32_t z) {
      if (static_cast<uint32_t>(y - begin_y) >= count_y || static_cast<uint32_t>(z) >= count_z) return;
      slab[static_cast<size_t>(y) * strides[A::j] + static_cast<size_t>(z) * strides[A::l]] += ray.weight;
      hit = true;
    };
    const int32_t y0 = sv_voxel(walk.ya), y1 = sv_voxel(walk.yb), z0 = sv_voxel(walk.za), z1 = sv_voxel(walk.zb);
    visit(y0, z0);
    if (y0 != y1 && z0 != z1) {
      if (sv_y_first(&walk)) visit(y1, z0);
      else visit(y0, z1);
    }
    if (y0 != y1 || z0 != z1) visit(y1, z1);
    if (entered && !hit) return;
    entered = entered || hit;
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast_dense(sv_context *context, int32_t handle) {
  Grid *grid = grid_of_kind(context, handle, true);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  const bool worth = grid->ray_count >= rays_worth_threads;
  for_bands(context, static_cast<uint32_t>(grid->size[0]), worth, [&](uint32_t begin, uint32_t end, int) {
    const Part part = {static_cast<int32_t>(begin), static_cast<int32_t>(end)};
    for (uint32_t i = 0; i < grid->ray_count; i += 1) {
      const Ray &ray = grid->rays[i];
      const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
      if (axis == 0) cast_ray<0>(*grid, part, ray);
      else if (axis == 1) cast_ray<1>(*grid, part, ray);
      else if (axis == 2) cast_ray<2>(*grid, part, ray);
    }
  });
  grid->ray_count = 0;
  grid->densely_cast = true;
  return SV_OK;
}
