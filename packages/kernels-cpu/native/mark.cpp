/* Op mark: sets the view's bit in every brick a ray may cross; see packages/kernels/src/ops/mark.ts.
 *
 * Input: the rays; output: one word of view bits per brick. A ray advances one layer of 8 slabs at a time and marks the 1 to 4
 * bricks at the corners of its way through it. Bytes moved per layer: 4 to 16 read; written only when the bit is new. */
#include "order.h"

namespace skyvox {

template <int K> static void mark_ray(const Grid &grid, const Ray &ray, bool shared) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start<K>(&walk, grid, ray)) return;
  const uint32_t strides[3] = {static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]), static_cast<uint32_t>(grid.bricks[2]), 1u};
  const int32_t count_y = grid.bricks[A::j], count_z = grid.bricks[A::l];
  const uint32_t size = static_cast<uint32_t>(grid.size[A::k]), bit = 1u << ray.view;
  const auto set = [&](uint32_t base, int32_t y, int32_t z) {
    if (static_cast<uint32_t>(y) >= static_cast<uint32_t>(count_y) || static_cast<uint32_t>(z) >= static_cast<uint32_t>(count_z)) return;
    uint32_t *mask = &grid.marks[base + static_cast<uint32_t>(y) * strides[A::j] + static_cast<uint32_t>(z) * strides[A::l]];
    if (__atomic_load_n(mask, __ATOMIC_RELAXED) & bit) return;
    if (shared) __atomic_fetch_or(mask, bit, __ATOMIC_RELAXED);
    else *mask |= bit;
  };
  while (static_cast<uint32_t>(walk.n) < size) {
    const sv_layer layer = sv_layer_of(&walk);
    if (sv_gone(layer.y0, count_y, walk.step_y) || sv_gone(layer.z0, count_z, walk.step_z)) return;
    const uint32_t base = static_cast<uint32_t>(walk.n >> 3) * strides[A::k];
    set(base, layer.y0, layer.z0);
    if (layer.y1 != layer.y0) set(base, layer.y1, layer.z0);
    if (layer.z1 != layer.z0) {
      set(base, layer.y0, layer.z1);
      if (layer.y1 != layer.y0) set(base, layer.y1, layer.z1);
    }
    sv_walk_advance(&walk, layer.slabs);
  }
}

void mark_rays_scalar(const Grid &grid, uint32_t begin, uint32_t end, bool shared) {
  for (uint32_t i = begin; i < end; i += 1) {
    const Ray &ray = grid.rays[grid.order[i]];
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    if (axis == 0) mark_ray<0>(grid, ray, shared);
    else if (axis == 1) mark_ray<1>(grid, ray, shared);
    else if (axis == 2) mark_ray<2>(grid, ray, shared);
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_mark(sv_context *context, int32_t handle) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  grid->marked = true;
  order_rays(grid);
  for_pieces(context, grid->ray_count, rays_piece, grid->ray_count >= rays_worth_threads, [&](uint32_t begin, uint32_t end, bool shared) {
    context->paths->mark_rays(*grid, begin, end, shared);
  });
  return SV_OK;
}
