/* What peaks and voxels share: which voxels count, and where they are. They search the pool, or that of the tiles where the grid has
 * finer voxels. */
#ifndef SKYVOX_CPU_VOXEL_H
#define SKYVOX_CPU_VOXEL_H
#include "fine.h"

namespace skyvox {

struct Evidence {
  uint32_t views_min, sum_min;
  bool counts(const Voxel &voxel) const { return voxel.sum >= sum_min && sv_view_count(voxel.bits) >= views_min; }
};

struct Place { uint32_t x, y, z; };

inline bool is_fine(const Grid &grid) { return grid.spec.tiles_max > 0; }
inline uint32_t slots_of(const Grid &grid) { return is_fine(grid) ? grid.fine.selected.count() : grid.selected.count(); }
inline const Voxel *pool_of(const Grid &grid) { return is_fine(grid) ? grid.fine.pool.get() : grid.pool.get(); }

/* A brick of bricks_y by bricks_z others in a box, by its number there. */
inline Place brick_place(uint32_t brick, uint32_t bricks_y, uint32_t bricks_z) {
  return {brick / bricks_z / bricks_y, brick / bricks_z % bricks_y, brick % bricks_z};
}

/* The brick of a slot, in bricks of the grid, or of its tile. */
inline Place brick_of(const Grid &grid, uint32_t slot) {
  return brick_place(grid.selected.rows[slot], static_cast<uint32_t>(grid.bricks[1]), static_cast<uint32_t>(grid.bricks[2]));
}
inline Place tile_brick_of(const Fine &fine, uint32_t slot) {
  const Tile &tile = fine.tile(fine.slot_tile[slot]);
  const uint32_t side = sv_tile_side(tile.level());
  return brick_place(fine.selected.rows[slot] - tile.first_brick, side, side);
}

inline bool sound(sv_context *context, int32_t views_min, uint32_t sum_min) {
  if (views_min >= 1 && views_min <= views_max && sum_min >= 1) return true;
  fail(context, SV_ERROR_ARGUMENT, "Cannot search voxels: %d views and a sum of %u, need 1 to %d and at least 1", views_min, sum_min, views_max);
  return false;
}

}  // namespace skyvox
#endif
