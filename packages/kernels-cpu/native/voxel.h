/* What peaks and voxels share: which voxels of the pool count, and where they are. */
#ifndef SKYVOX_CPU_VOXEL_H
#define SKYVOX_CPU_VOXEL_H
#include "context.h"

namespace skyvox {

struct Evidence {
  uint32_t views_min, sum_min;
  bool counts(const Voxel &voxel) const { return voxel.sum >= sum_min && sv_view_count(voxel.bits) >= views_min; }
};

struct Place { uint32_t x, y, z; };

/* The lower corner of a slot's brick, in voxels. */
inline Place corner_of(const Grid &grid, uint32_t slot) {
  const uint32_t brick = grid.selected.rows[slot], bricks_y = static_cast<uint32_t>(grid.bricks[1]);
  const uint32_t bricks_z = static_cast<uint32_t>(grid.bricks[2]);
  return {brick / bricks_z / bricks_y * 8, brick / bricks_z % bricks_y * 8, brick % bricks_z * 8};
}

inline bool sound(sv_context *context, int32_t views_min, uint32_t sum_min) {
  if (views_min >= 1 && views_min <= views_max && sum_min >= 1) return true;
  fail(context, SV_ERROR_ARGUMENT, "Cannot search voxels: %d views and a sum of %u, need 1 to %d and at least 1", views_min, sum_min, views_max);
  return false;
}

}  // namespace skyvox
#endif
