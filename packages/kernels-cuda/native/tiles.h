/* Tiles of finer voxels in kernels: which one stands at a voxel of the grid, and a segment as a ray within its tile. */
#ifndef SKYVOX_CUDA_TILES_H
#define SKYVOX_CUDA_TILES_H
#include "../../kernels/native/rebase.h"
#include "walk.h"

namespace skyvox {

constexpr uint32_t no_tile = ~0u;

/* Finds tiles by their place in the grid. */
struct TileMap {
  const Tile *tiles;
  const Head *head;
  const uint32_t *superblock_of, *bits;
  Offsets offsets;
};

DEVICE uint32_t level_of(const Tile &tile) { return tile.z_level >> 16; }

/* The tile at a voxel inside the grid. */
DEVICE uint32_t tile_at(const TileMap &map, const Box &grid, int32_t x, int32_t y, int32_t z) {
  const uint32_t superblock = map.superblock_of[grid.brick<0>(x >> 3, y >> 3, z >> 3)];
  if (superblock == 0) return no_tile;
  const uint32_t place = static_cast<uint32_t>((x & 7) << 6 | (y & 7) << 3 | (z & 7)), word = (superblock - 1) * brick_words + place / 32;
  const uint32_t bits = map.bits[word];
  if ((bits >> (place % 32) & 1u) == 0) return no_tile;
  const uint32_t tile = sv_saturating_add(start_of(map.offsets, word), bit_count(bits & bits_below(place % 32)));
  return tile < map.head->count ? tile : no_tile;
}

/* The finer voxels of a tile. */
DEVICE Box box_of(const Tile &tile) {
  const int32_t edge = 1 << sv_level_shift(level_of(tile)), bricks = static_cast<int32_t>(sv_tile_side(level_of(tile)));
  return {{edge, edge, edge}, {bricks, bricks, bricks}, tile.first_brick};
}

DEVICE Way way_of(const Segment &segment, const Ray *rays) {
  const Ray &ray = rays[segment.ray];
  return {{segment.origin[0], segment.origin[1], segment.origin[2]}, {ray.d[0], ray.d[1], ray.d[2]}, ray.weight, 1u << ray.view};
}

inline TileMap map_of(const Grid &grid) {
  const Fine &fine = grid.fine;
  return {reinterpret_cast<const Tile *>(fine.tiles.rows), head_of(grid.lane, fine.tiles), fine.superblock_of, fine.tile_bits,
          fine.tile_offsets};
}

}  // namespace skyvox
#endif
