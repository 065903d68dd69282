/* Op castDense: adds each ray's weight to every voxel it crosses; see packages/kernels/src/ops/cast-dense.ts.
 *
 * Input: the rays, emptied at the end; output: one sum per voxel, index (x * ny + y) * nz + z. Bytes moved per voxel crossed: 4 read
 * and 4 written, nearly each in a cache line of its own; the speed is that of address translation. */
#include "context.h"

namespace skyvox {

template <int K> static void cast_ray(const Grid &grid, const Ray &ray, bool shared) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start<K>(&walk, grid, ray)) return;
  const size_t strides[3] = {static_cast<size_t>(grid.size[1]) * static_cast<size_t>(grid.size[2]), static_cast<size_t>(grid.size[2]), 1};
  const uint32_t size = static_cast<uint32_t>(grid.size[A::k]), size_y = static_cast<uint32_t>(grid.size[A::j]);
  const uint32_t size_z = static_cast<uint32_t>(grid.size[A::l]), weight = ray.weight;
  bool entered = false;
  for (; static_cast<uint32_t>(walk.n) < size; sv_walk_advance(&walk, 1)) {
    uint32_t *slab = grid.dense.get() + static_cast<size_t>(walk.n) * strides[A::k];
    bool hit = false;
    const auto visit = [&](int32_t y, int32_t z) {
      if (static_cast<uint32_t>(y) >= size_y || static_cast<uint32_t>(z) >= size_z) return;
      uint32_t *sum = slab + static_cast<size_t>(y) * strides[A::j] + static_cast<size_t>(z) * strides[A::l];
      if (shared) __atomic_fetch_add(sum, weight, __ATOMIC_RELAXED);
      else *sum += weight;
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
  for_rays(context, grid->ray_count, [&](uint32_t begin, uint32_t end, bool shared) {
    for (uint32_t i = begin; i < end; i += 1) {
      const Ray &ray = grid->rays[i];
      const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
      if (axis == 0) cast_ray<0>(*grid, ray, shared);
      else if (axis == 1) cast_ray<1>(*grid, ray, shared);
      else if (axis == 2) cast_ray<2>(*grid, ray, shared);
    }
  });
  grid->ray_count = 0;
  grid->densely_cast = true;
  return SV_OK;
}
