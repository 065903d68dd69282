/* Op cast: adds weight and view bit to every voxel a ray crosses in a selected brick; see packages/kernels/src/ops/cast.ts.
 *
 * Input: the rays and the slots; output: sum and view bits per voxel of each slot. A layer of 8 slabs without a selected brick is
 * jumped over; in the others the ray is walked as in cast-dense.cpp. Bytes moved per voxel crossed: 8 read, 8 written.
 * Every thread takes all rays and a range of slots, which it alone writes: looking up a layer costs far less than adding to it
 * atomically would.
 *
 * Bricks at the upper faces may reach past the grid. Rays are walked through that margin too and it is emptied afterwards: this
 * replaces the range check of every voxel. */
#include "cast-layer.h"
#include "order.h"

namespace skyvox {

/* The slots that this thread adds to. */
struct Slots { uint32_t begin, count; };

template <int K> static bool corners_of(const Grid &grid, const Slots &slots, int32_t layer_k, const sv_layer &layer, Corners *corners) {
  using A = Axes<K>;
  const uint32_t strides[3] = {static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]), static_cast<uint32_t>(grid.bricks[2]), 1u};
  const uint32_t count_y = static_cast<uint32_t>(grid.bricks[A::j]), count_z = static_cast<uint32_t>(grid.bricks[A::l]);
  bool any = false;
  for (int corner = 0; corner < 4; corner += 1) {
    const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
    const bool inside = y < count_y && z < count_z;
    const uint32_t brick = static_cast<uint32_t>(layer_k) * strides[A::k] + y * strides[A::j] + z * strides[A::l];
    const uint32_t slot = (inside ? grid.slots[brick] : 0) - 1;
    const bool mine = slot - slots.begin < slots.count;
    corners->voxels[corner] = mine ? grid.pool.get() + size_t{slot} * brick_voxels : nullptr;
    any = any || mine;
  }
  return any;
}

template <int K> static void cast_ray(const Grid &grid, const Slots &slots, const Ray &ray) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start<K>(&walk, grid, ray)) return;
  const uint32_t size = static_cast<uint32_t>(grid.size[A::k]), bit = 1u << ray.view;
  while (static_cast<uint32_t>(walk.n) < size) {
    const sv_layer layer = sv_layer_of(&walk);
    if (sv_gone(layer.y0, grid.bricks[A::j], walk.step_y) || sv_gone(layer.z0, grid.bricks[A::l], walk.step_z)) return;
    Corners corners;
    if (corners_of<K>(grid, slots, walk.n >> 3, layer, &corners)) cast_layer<K>(&walk, layer, corners, ray.weight, bit);
    else sv_walk_advance(&walk, layer.slabs);
  }
}

void cast_rays_scalar(const Grid &grid, uint32_t slot_begin, uint32_t slot_end) {
  const Slots slots = {slot_begin, slot_end - slot_begin};
  for (uint32_t i = 0; i < grid.ray_count; i += 1) {
    const Ray &ray = grid.rays[grid.order[i]];
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    if (axis == 0) cast_ray<0>(grid, slots, ray);
    else if (axis == 1) cast_ray<1>(grid, slots, ray);
    else if (axis == 2) cast_ray<2>(grid, slots, ray);
  }
}

/* Empties the voxels of a brick that lie past the upper faces of the grid. */
static void empty_margin(const Grid &grid, uint32_t slot) {
  const uint32_t brick = grid.selected.rows[slot], bricks_z = static_cast<uint32_t>(grid.bricks[2]);
  const uint32_t bricks_y = static_cast<uint32_t>(grid.bricks[1]);
  const uint32_t room_x = static_cast<uint32_t>(grid.size[0]) - brick / bricks_z / bricks_y * 8;
  const uint32_t room_y = static_cast<uint32_t>(grid.size[1]) - brick / bricks_z % bricks_y * 8;
  const uint32_t room_z = static_cast<uint32_t>(grid.size[2]) - brick % bricks_z * 8;
  if (room_x >= 8 && room_y >= 8 && room_z >= 8) return;
  Voxel *voxels = grid.pool.get() + size_t{slot} * brick_voxels;
  for (uint32_t i = 0; i < brick_voxels; i += 1)
    if (i >> 6 >= room_x || (i >> 3 & 7) >= room_y || (i & 7) >= room_z) voxels[i] = Voxel{0, 0};
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast(sv_context *context, int32_t handle) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (grid->selected.count() == 0) return SV_OK;
  order_rays(grid);
  const bool worth = grid->ray_count >= rays_worth_threads;
  for_bands(context, grid->selected.count(), worth, [&](uint32_t begin, uint32_t end, int) {
    context->paths->cast_rays(*grid, begin, end);
    for (uint32_t slot = begin; slot < end; slot += 1) empty_margin(*grid, slot);
  });
  return SV_OK;
}
