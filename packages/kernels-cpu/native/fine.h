/* The finer voxels of a grid: what refine, castTiles, peaks and voxels share. See packages/kernels/src/ops/tile.ts. */
#ifndef SKYVOX_CPU_FINE_H
#define SKYVOX_CPU_FINE_H
#include "../../kernels/native/rebase.h"
#include "context.h"

namespace skyvox {

/* Forgets the tiles and what was cast in them. */
void forget_tiles(Fine *fine);

inline bool has_tiles(const Fine &fine, uint32_t brick) { return (fine.has_tiles[brick >> 6] >> (brick & 63) & 1) != 0; }

/* The number of a brick of a tile among those of all tiles. */
inline uint32_t tile_brick(const Tile &tile, uint32_t bx, uint32_t by, uint32_t bz) {
  const uint32_t side = sv_tile_side(tile.level());
  return tile.first_brick + (bx * side + by) * side + bz;
}

/* The tile that stands at a voxel of the grid, plus one; 0 without one and outside. */
inline uint32_t tile_at(const Grid &grid, uint32_t x, uint32_t y, uint32_t z) {
  const bool inside = x < static_cast<uint32_t>(grid.size[0]) && y < static_cast<uint32_t>(grid.size[1]) &&
                      z < static_cast<uint32_t>(grid.size[2]);
  if (!inside) return 0;
  const uint32_t number = grid.fine.superblock_of[brick_index(grid, x >> 3, y >> 3, z >> 3)];
  if (number == 0) return 0;
  const Superblock &superblock = grid.fine.superblocks[number - 1];
  const uint64_t voxels = superblock.voxels[x & 7], bit = uint64_t{1} << ((y & 7) << 3 | (z & 7));
  if ((voxels & bit) == 0) return 0;
  return superblock.first_tile + superblock.before[x & 7] + static_cast<uint32_t>(__builtin_popcountll(voxels & (bit - 1))) + 1;
}

/* Sets up the walk of a segment through a tile of `side` voxels; false when it has no slab there. */
template <int K> SV_INLINE bool start(sv_walk *walk, const Segment &segment, const Ray &ray, int32_t side) {
  using A = Axes<K>;
  const int32_t *origin = segment.origin;
  return sv_walk_start(walk, ray.d[A::k], ray.d[A::j], ray.d[A::l], origin[A::k], origin[A::j], origin[A::l], side) != 0;
}

/* Calls visit(segment, ray) for every segment of a tile. */
template <class Visit> SV_INLINE void for_segments(const Grid &grid, uint32_t tile, const Visit &visit) {
  const Fine &fine = grid.fine;
  for (uint32_t i = fine.segment_begin[tile]; i < fine.segment_begin[tile + 1]; i += 1) {
    const Segment &segment = fine.segment(fine.segment_order[i]);
    visit(segment, grid.rays[segment.ray]);
  }
}

/* How far apart the numbers of neighbouring bricks of a tile are, in the order of dda.h. */
template <int K> struct TileStrides {
  uint32_t k, j, l;

  SV_MEMBER explicit TileStrides(uint32_t side) {
    const uint32_t strides[3] = {side * side, side, 1u};
    k = strides[Axes<K>::k], j = strides[Axes<K>::j], l = strides[Axes<K>::l];
  }
};

}  // namespace skyvox
#endif
