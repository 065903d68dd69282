/* Segments: pieces of rays within tiles of finer voxels; the arithmetic of src/ops/refine.ts.
 *
 * Positions of a Q11.20 walk hold 2,048 voxels, far fewer than there are finer voxels in a world. So a ray that meets a tile starts
 * anew at the face through which it enters, its origin counted from the tile's lower corner in finer voxels of the tile's level:
 * 2^shift of them to a voxel of the grid. The slope has 30 bits here and the product 64, so that the start errs by less than 2^-10
 * of a finer voxel wherever in the grid the tile stands. */
#ifndef SKYVOX_REBASE_H
#define SKYVOX_REBASE_H
#include "dda.h"
#include "portable.h"

/* A tile has 2^shift finer voxels a side: 128 at level 0, 8 at level 4. */
#define SV_LEVEL_MAX 4
SV_INLINE uint32_t sv_level_shift(uint32_t level) { return 7u - level; }

/* A tile this near to the ray is met too: the walk over the grid errs by up to 2^-10 of a voxel. Q20. */
#define SV_TILE_MARGIN 4096u

/* The voxels of the grid beside the way from `in` to `out` on one axis: from the lowest to the highest. */
SV_INLINE int32_t sv_tile_low(uint32_t in, uint32_t out) {
  return sv_voxel(((int32_t)in < (int32_t)out ? in : out) - SV_TILE_MARGIN);
}
SV_INLINE int32_t sv_tile_high(uint32_t in, uint32_t out) {
  return sv_voxel(((int32_t)in > (int32_t)out ? in : out) + SV_TILE_MARGIN);
}

/* Bricks along an edge of a tile, and in all of it. */
SV_INLINE uint32_t sv_tile_side(uint32_t level) { return 16u >> level; }
SV_INLINE uint32_t sv_tile_bricks(uint32_t level) { return 4096u >> (3u * level); }

/* floor(numerator * 2^30 / denominator), numerator <= denominator. */
SV_INLINE uint32_t sv_steep_slope(uint32_t numerator, uint32_t denominator) {
  return (uint32_t)(((uint64_t)numerator << 30) / denominator);
}

/* Where a ray starts in a tile on its dominant axis, and how far before it the origin is: Q20, finer voxels and voxels of the grid. */
typedef struct {
  int32_t at;
  uint32_t distance;
} sv_entry;

SV_INLINE sv_entry sv_entry_of(int32_t origin, int32_t tile, int32_t d, uint32_t shift) {
  const int32_t from = (int32_t)((uint32_t)origin - ((uint32_t)tile << 20));
  sv_entry entry;
  if (d < 0) {
    const int32_t past = (int32_t)((uint32_t)from - SV_ONE);
    entry.distance = from >= (int32_t)SV_ONE ? (uint32_t)past : 0u;
    entry.at = (int32_t)((from < (int32_t)SV_ONE ? (uint32_t)from : SV_ONE) << shift);
  } else {
    entry.distance = from < 0 ? 0u - (uint32_t)from : 0u;
    entry.at = (int32_t)((from > 0 ? (uint32_t)from : 0u) << shift);
  }
  return entry;
}

/* Where it starts on another axis; modulo 2^32, as the true value is small. */
SV_INLINE int32_t sv_rebase(int32_t origin, int32_t tile, int32_t d, uint32_t steep_slope, uint32_t distance, uint32_t shift) {
  const uint32_t way = (uint32_t)(((uint64_t)distance * steep_slope) >> (30u - shift));
  return (int32_t)(((uint32_t)origin << shift) - ((uint32_t)tile << (20u + shift)) + sv_signed(d, way));
}

#endif
