/* Op castTiles: the two passes of casting once more, within the tiles; see packages/kernels/src/ops/cast-tiles.ts.
 *
 * Input: tiles, segments and rays; output: bricks of the tiles with a slot, and sum and view bits per voxel of each slot. Bytes moved
 * per voxel crossed: 8 read, 8 written; per brick of a tile 4 written and read.
 *
 * Segments are sorted by tile, and a tile is the work of one thread: nobody else writes its bricks. Its marks become its slots as
 * soon as the number of slots before it is known. */
#include "cast-layer.h"
#include "fine.h"

namespace skyvox {

/* Puts the segments of tile t at segment_order[segment_begin[t]] and on. */
static void sort_segments(Fine *fine) {
  uint32_t *begin = fine->segment_begin.get(), *order = fine->segment_order.get();
  const uint32_t tiles = fine->tiles.count(), segments = fine->segments.count();
  memset(begin, 0, (size_t{tiles} + 1) * sizeof *begin);
  for (uint32_t i = 0; i < segments; i += 1) begin[fine->segment(i).tile] += 1;
  uint32_t at = 0;
  for (uint32_t tile = 0; tile <= tiles; tile += 1) at += begin[tile], begin[tile] = at;
  for (uint32_t i = segments; i > 0; i -= 1) order[--begin[fine->segment(i - 1).tile]] = i - 1;
}

template <int K> static void mark_segment(const Segment &segment, const Ray &ray, int32_t side, uint32_t *marks) {
  sv_walk walk;
  const int32_t size = side * 8;
  if (!start<K>(&walk, segment, ray, size)) return;
  const TileStrides<K> strides(static_cast<uint32_t>(side));
  const uint32_t bit = 1u << ray.view;
  while (static_cast<uint32_t>(walk.n) < static_cast<uint32_t>(size)) {
    const sv_layer layer = sv_layer_of(&walk);
    if (sv_gone(layer.y0, side, walk.step_y) || sv_gone(layer.z0, side, walk.step_z)) return;
    uint32_t *slab = marks + static_cast<uint32_t>(walk.n >> 3) * strides.k;
    for (int corner = 0; corner < 4; corner += 1) {
      const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
      if (y < static_cast<uint32_t>(side) && z < static_cast<uint32_t>(side)) slab[y * strides.j + z * strides.l] |= bit;
    }
    sv_walk_advance(&walk, layer.slabs);
  }
}

/* Marks the bricks of a tile; returns how many have enough views. */
static uint32_t mark_tile(const Grid &grid, uint32_t index, uint32_t views_min) {
  const Tile &tile = grid.fine.tile(index);
  const uint32_t bricks = sv_tile_bricks(tile.level());
  const int32_t side = static_cast<int32_t>(sv_tile_side(tile.level()));
  uint32_t *marks = grid.fine.slots.get() + tile.first_brick;
  memset(marks, 0, size_t{bricks} * sizeof *marks);
  for_segments(grid, index, [&](const Segment &segment, const Ray &ray) {
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    if (axis == 0) mark_segment<0>(segment, ray, side, marks);
    else if (axis == 1) mark_segment<1>(segment, ray, side, marks);
    else mark_segment<2>(segment, ray, side, marks);
  });
  uint32_t enough = 0;
  for (uint32_t brick = 0; brick < bricks; brick += 1) enough += sv_view_count(marks[brick]) >= views_min ? 1 : 0;
  return enough;
}

/* Turns the marks of a tile into slots, as far as there are any, and empties those. */
static void take_slots(Grid *grid, uint32_t index, uint32_t views_min) {
  Fine &fine = grid->fine;
  const Tile &tile = fine.tile(index);
  const uint32_t end = tile.first_brick + sv_tile_bricks(tile.level()), slots_max = fine.selected.rows_max;
  uint32_t slot = fine.first_slot[index];
  for (uint32_t brick = tile.first_brick; brick < end; brick += 1) {
    const bool enough = sv_view_count(fine.slots[brick]) >= views_min && slot < slots_max;
    fine.slots[brick] = enough ? slot + 1 : 0;
    if (!enough) continue;
    fine.selected.rows[slot] = brick;
    fine.slot_tile[slot] = index;
    memset(static_cast<void *>(fine.pool.get() + size_t{slot} * brick_voxels), 0, brick_voxels * sizeof(Voxel));
    slot += 1;
  }
}

template <int K> static void cast_segment(const Fine &fine, const Segment &segment, const Ray &ray, int32_t side, const uint32_t *slots) {
  sv_walk walk;
  const int32_t size = side * 8;
  if (!start<K>(&walk, segment, ray, size)) return;
  const TileStrides<K> strides(static_cast<uint32_t>(side));
  const uint32_t bit = 1u << ray.view;
  while (static_cast<uint32_t>(walk.n) < static_cast<uint32_t>(size)) {
    const sv_layer layer = sv_layer_of(&walk);
    if (sv_gone(layer.y0, side, walk.step_y) || sv_gone(layer.z0, side, walk.step_z)) return;
    const uint32_t *slab = slots + static_cast<uint32_t>(walk.n >> 3) * strides.k;
    Corners corners;
    bool any = false;
    for (int corner = 0; corner < 4; corner += 1) {
      const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
      const bool inside = y < static_cast<uint32_t>(side) && z < static_cast<uint32_t>(side);
      const uint32_t slot = inside ? slab[y * strides.j + z * strides.l] : 0;
      corners.voxels[corner] = slot == 0 ? nullptr : fine.pool.get() + size_t{slot - 1} * brick_voxels;
      any = any || slot != 0;
    }
    if (any) cast_layer<K>(&walk, layer, corners, ray.weight, bit);
    else sv_walk_advance(&walk, layer.slabs);
  }
}

void cast_tile_scalar(const Grid &grid, uint32_t index) {
  const Tile &tile = grid.fine.tile(index);
  const int32_t side = static_cast<int32_t>(sv_tile_side(tile.level()));
  const uint32_t *slots = grid.fine.slots.get() + tile.first_brick;
  for_segments(grid, index, [&](const Segment &segment, const Ray &ray) {
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    if (axis == 0) cast_segment<0>(grid.fine, segment, ray, side, slots);
    else if (axis == 1) cast_segment<1>(grid.fine, segment, ray, side, slots);
    else cast_segment<2>(grid.fine, segment, ray, side, slots);
  });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast_tiles(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = fine_grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (views_min < 1 || views_min > views_max)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot cast tiles: %d views, need 1 to %d", views_min, views_max);
  Fine &fine = grid->fine;
  const uint32_t tiles = fine.tiles.count(), least = static_cast<uint32_t>(views_min);
  sort_segments(&fine);
  const bool worth = fine.segments.count() >= rays_worth_threads;
  for_pieces(context, tiles, tiles_piece, worth, [&](uint32_t begin, uint32_t end, bool) {
    for (uint32_t tile = begin; tile < end; tile += 1) fine.first_slot[tile] = mark_tile(*grid, tile, least);
  });
  uint32_t total = 0;
  for (uint32_t tile = 0; tile < tiles; tile += 1) {
    const uint32_t enough = fine.first_slot[tile];
    fine.first_slot[tile] = total;
    total += enough;
  }
  for_pieces(context, tiles, tiles_piece, worth, [&](uint32_t begin, uint32_t end, bool) {
    for (uint32_t tile = begin; tile < end; tile += 1) {
      take_slots(grid, tile, least);
      context->paths->cast_tile(*grid, tile);
    }
  });
  fine.selected.total = total;
  return SV_OK;
}
