/* The walk of one ray through the grid: the integer DDA of src/ops/walk.ts.
 *
 * The dominant axis k is the one of the largest |d|; j < l are the other two. The ray advances one slab (one voxel layer on k) at
 * a time; y is its position on j and z on l, in Q11.20 voxels. Since both slopes are at most 1, a slab holds 1 to 3 voxels. The
 * positions are linear integer sums, so skipping slabs lands on the same bits as walking them.
 *
 * The axis is a matter of the caller (a template argument): it hands over the components in the order k, j, l, so that no array
 * is indexed at run time. */
#ifndef SKYVOX_DDA_H
#define SKYVOX_DDA_H
#include "portable.h"

#define SV_ONE (1u << 20)

/* One ray. Positions and steps are two's complement in wrapping words. */
typedef struct {
  int32_t n;                 /* slab index on k */
  int32_t step;              /* +1 or -1 */
  uint32_t slope_y, slope_z; /* Q20 magnitudes per slab, at most 2^20 */
  uint32_t step_y, step_z;   /* the same, signed */
  uint32_t ya, za;           /* where the ray enters slab n */
  uint32_t yb, zb;           /* where it leaves it */
} sv_walk;

/* The dominant axis, ties to the lowest; -1 for a void ray. */
SV_INLINE int32_t sv_dominant_axis(int32_t dx, int32_t dy, int32_t dz) {
  const uint32_t x = sv_magnitude(dx), y = sv_magnitude(dy), z = sv_magnitude(dz);
  if (x >= y && x >= z) return x == 0 ? -1 : 0;
  return y >= z ? 1 : 2;
}

/* floor(numerator * 2^20 / denominator), 2^20 at most: what a 20-step restoring division gives. */
SV_INLINE uint32_t sv_slope(uint32_t numerator, uint32_t denominator) {
  if (numerator >= denominator) return SV_ONE;
  return (uint32_t)(((uint64_t)numerator << 20) / denominator);
}

SV_INLINE uint32_t sv_along(uint32_t distance, uint32_t slope) { return (uint32_t)(((uint64_t)distance * slope) >> 20); }

SV_INLINE int32_t sv_voxel(uint32_t position) { return (int32_t)position >> 20; }
SV_INLINE int32_t sv_brick(uint32_t position) { return (int32_t)position >> 23; }

/* Sets the ray up and advances it to the first slab inside [0, size) on k; 0 when it has none. */
SV_INLINE int sv_walk_start(sv_walk *w, int32_t dk, int32_t dj, int32_t dl, int32_t ok, int32_t oj, int32_t ol, int32_t size) {
  const uint32_t den = sv_magnitude(dk);
  w->slope_y = sv_slope(sv_magnitude(dj), den);
  w->slope_z = sv_slope(sv_magnitude(dl), den);
  w->step_y = sv_signed(dj, w->slope_y);
  w->step_z = sv_signed(dl, w->slope_z);
  w->step = dk < 0 ? -1 : 1;
  w->n = ok >> 20;
  const uint32_t fraction = (uint32_t)ok & (SV_ONE - 1), distance = dk < 0 ? fraction : SV_ONE - fraction;
  w->ya = (uint32_t)oj;
  w->za = (uint32_t)ol;
  w->yb = w->ya + sv_signed(dj, sv_along(distance, w->slope_y));
  w->zb = w->za + sv_signed(dl, sv_along(distance, w->slope_z));
  const int32_t skip = dk < 0 ? w->n - size + 1 : -w->n;
  if (skip > 0) {
    w->ya = w->yb + w->step_y * (uint32_t)(skip - 1);
    w->za = w->zb + w->step_z * (uint32_t)(skip - 1);
    w->yb = w->ya + w->step_y;
    w->zb = w->za + w->step_z;
    w->n += w->step * skip;
  }
  return (uint32_t)w->n < (uint32_t)size;
}

/* Advances by `slabs` >= 1. */
SV_INLINE void sv_walk_advance(sv_walk *w, int32_t slabs) {
  w->ya = w->yb + w->step_y * (uint32_t)(slabs - 1);
  w->za = w->zb + w->step_z * (uint32_t)(slabs - 1);
  w->yb = w->ya + w->step_y;
  w->zb = w->za + w->step_z;
  w->n += w->step * slabs;
}

/* Whether a ray that changes both y and z within slab n crosses to the next y first. Equal counts as y. */
SV_INLINE int sv_y_first(const sv_walk *w) {
  const uint32_t fy = w->ya & (SV_ONE - 1), fz = w->za & (SV_ONE - 1);
  const uint32_t dy = (int32_t)w->step_y > 0 ? SV_ONE - fy : fy, dz = (int32_t)w->step_z > 0 ? SV_ONE - fz : fz;
  return (dy >> 5) * (w->slope_z >> 5) <= (dz >> 5) * (w->slope_y >> 5);
}

/* Slabs from n to the end of its layer of bricks, 1 ... 8. */
SV_INLINE int32_t sv_layer_slabs(const sv_walk *w) { return w->step > 0 ? 8 - (w->n & 7) : (w->n & 7) + 1; }

/* The bricks a ray crosses in the rest of its layer: the corners (y0 or y1, z0 or z1), 1 ... 4 of them distinct. */
typedef struct { int32_t slabs, y0, y1, z0, z1; } sv_layer;

SV_INLINE sv_layer sv_layer_of(const sv_walk *w) {
  sv_layer layer;
  layer.slabs = sv_layer_slabs(w);
  layer.y0 = sv_brick(w->ya);
  layer.z0 = sv_brick(w->za);
  layer.y1 = sv_brick(w->yb + w->step_y * (uint32_t)(layer.slabs - 1));
  layer.z1 = sv_brick(w->zb + w->step_z * (uint32_t)(layer.slabs - 1));
  return layer;
}

/* Whether brick coordinate `at` has left [0, count) for good. */
SV_INLINE int sv_gone(int32_t at, int32_t count, uint32_t step) { return at < 0 ? (int32_t)step <= 0 : at >= count && (int32_t)step >= 0; }

#endif
