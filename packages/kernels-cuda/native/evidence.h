/* What peaks and voxels share: which voxels of a pool count, where they are and which are beside them.
 *
 * A pool is that of a grid or that of its tiles; kernels take either as a template argument. Neighbours are looked up by place, so that
 * a block of voxels reaches across bricks and across tiles of one level. */
#ifndef SKYVOX_CUDA_EVIDENCE_H
#define SKYVOX_CUDA_EVIDENCE_H
#include "tiles.h"

namespace skyvox {

struct Evidence { uint32_t views_min, sum_min; };

DEVICE bool counts(const Evidence &evidence, const Voxel &voxel) { return voxel.sum >= evidence.sum_min &&
                                                                  sv_view_count(voxel.bits) >= evidence.views_min; }

/* A voxel where neighbours are one apart and of one level; `address` in the pool. */
struct Spot {
  int32_t x, y, z;
  uint32_t level;
};

constexpr uint64_t no_address = ~uint64_t{0};

DEVICE bool is_inside(const Triple &size, int32_t x, int32_t y, int32_t z) {
  return static_cast<uint32_t>(x) < static_cast<uint32_t>(size.x) && static_cast<uint32_t>(y) < static_cast<uint32_t>(size.y) &&
         static_cast<uint32_t>(z) < static_cast<uint32_t>(size.z);
}

DEVICE uint64_t address_of(uint32_t slot_plus_one, int32_t x, int32_t y, int32_t z) {
  if (slot_plus_one == 0) return no_address;
  return uint64_t{slot_plus_one - 1} * brick_voxels + static_cast<uint32_t>((x & 7) << 6 | (y & 7) << 3 | (z & 7));
}

/* The place of a slot's brick among those of a box, in voxels. */
DEVICE Triple corner_of(const Box &box, uint32_t brick) {
  const uint32_t number = brick - box.first, y = static_cast<uint32_t>(box.bricks.y), z = static_cast<uint32_t>(box.bricks.z);
  return {static_cast<int32_t>(number / z / y * 8), static_cast<int32_t>(number / z % y * 8), static_cast<int32_t>(number % z * 8)};
}

/* The pool of a grid. */
struct GridVoxels {
  const Head *head;
  const uint32_t *selected, *slots;
  const Voxel *voxels;
  Box box;

  DEVICE_MEMBER Spot spot(uint32_t slot, uint32_t place) const {
    const Triple corner = corner_of(box, selected[slot]);
    return {corner.x + static_cast<int32_t>(place >> 6), corner.y + static_cast<int32_t>(place >> 3 & 7u),
            corner.z + static_cast<int32_t>(place & 7u), 0};
  }

  DEVICE_MEMBER uint64_t find(const Spot &spot) const {
    if (!is_inside(box.voxels, spot.x, spot.y, spot.z)) return no_address;
    return address_of(slots[box.brick<0>(spot.x >> 3, spot.y >> 3, spot.z >> 3)], spot.x, spot.y, spot.z);
  }

  /* The first two words of a row of table "voxels". */
  DEVICE_MEMBER void write_place(uint32_t slot, uint32_t place, uint32_t *row) const {
    const Spot at = spot(slot, place);
    row[0] = static_cast<uint32_t>(at.x) | static_cast<uint32_t>(at.y) << 16, row[1] = static_cast<uint32_t>(at.z);
  }
};

/* The pool of the tiles of a grid, `box` being the grid. */
struct TileVoxels {
  const Head *head;
  const uint32_t *selected, *slots, *slot_tile;
  const Voxel *voxels;
  Box box;
  TileMap map;

  DEVICE_MEMBER Triple in_tile(uint32_t slot, uint32_t place) const {
    const Triple corner = corner_of(box_of(map.tiles[slot_tile[slot]]), selected[slot]);
    return {corner.x + static_cast<int32_t>(place >> 6), corner.y + static_cast<int32_t>(place >> 3 & 7u),
            corner.z + static_cast<int32_t>(place & 7u)};
  }

  DEVICE_MEMBER Spot spot(uint32_t slot, uint32_t place) const {
    const Tile tile = map.tiles[slot_tile[slot]];
    const Triple at = in_tile(slot, place);
    const uint32_t shift = sv_level_shift(level_of(tile));
    return {(static_cast<int32_t>(tile.xy & 0xffffu) << shift) + at.x, (static_cast<int32_t>(tile.xy >> 16) << shift) + at.y,
            (static_cast<int32_t>(tile.z_level & 0xffffu) << shift) + at.z, level_of(tile)};
  }

  DEVICE_MEMBER uint64_t find(const Spot &spot) const {
    const uint32_t shift = sv_level_shift(spot.level);
    const int32_t tx = spot.x >> shift, ty = spot.y >> shift, tz = spot.z >> shift;
    if (!is_inside(box.voxels, tx, ty, tz)) return no_address;
    const uint32_t index = tile_at(map, box, tx, ty, tz);
    if (index == no_tile || level_of(map.tiles[index]) != spot.level) return no_address;
    const int32_t x = spot.x - (tx << shift), y = spot.y - (ty << shift), z = spot.z - (tz << shift);
    return address_of(slots[box_of(map.tiles[index]).template brick<0>(x >> 3, y >> 3, z >> 3)], x, y, z);
  }

  DEVICE_MEMBER void write_place(uint32_t slot, uint32_t place, uint32_t *row) const {
    const Triple at = in_tile(slot, place);
    row[0] = slot_tile[slot], row[1] = static_cast<uint32_t>(at.x << 14 | at.y << 7 | at.z);
  }
};

inline GridVoxels grid_voxels_of(const Grid &grid) {
  const Pool &pool = grid.pool;
  return {head_of(grid.lane, pool.selected), pool.selected.rows, pool.slots, pool.voxels, box_of(grid.size)};
}

inline TileVoxels tile_voxels_of(const Grid &grid) {
  const Pool &pool = grid.fine.pool;
  return {head_of(grid.lane, pool.selected), pool.selected.rows, pool.slots, grid.fine.slot_tile, pool.voxels, box_of(grid.size),
          map_of(grid)};
}

/* The pool that peaks and voxels work on. */
inline const Pool &searched_pool(const Grid &grid) { return grid.spec.tiles_max > 0 ? grid.fine.pool : grid.pool; }

inline int32_t sound_evidence(sv_context *context, int32_t views_min, uint32_t sum_min) {
  if (views_min >= 1 && views_min <= views_max && sum_min >= 1) return SV_OK;
  return fail(context, SV_ERROR_ARGUMENT, "Cannot search voxels: %d views and a sum of %u, need 1 to %d and at least 1", views_min, sum_min,
              views_max);
}

}  // namespace skyvox
#endif
