/* Points of another camera: the arithmetic of src/ops/register.ts and src/ops/fuse.ts. Rows of 4 words: u, v in 1/256 pixel, weight,
 * one more. */
#ifndef SKYVOX_REGISTER_H
#define SKYVOX_REGISTER_H
#include "direction.h"
#include "kernels.h"
#include "portable.h"

/* Where a coordinate moves to; `part` 0: u, 1: v. */
SV_INLINE int32_t sv_shifted(const sv_bend_shape *shape, const int32_t *nodes, uint32_t u, uint32_t v, int32_t part) {
  const uint32_t from = part == 0 ? u : v;
  if (shape->columns == 0) return (int32_t)from;
  const uint32_t q12 = (uint32_t)sv_bend(shape, nodes, u, v, part) + 8u;
  return (int32_t)(from + (uint32_t)((int32_t)q12 >> 4));
}

/* Writes the registered row of a point; 0 where it falls outside the picture. */
SV_INLINE int sv_register_point(const uint32_t *point, const sv_bend_shape *shape, const int32_t *nodes, int32_t width, int32_t height,
                                uint32_t *row) {
  const int32_t u = sv_shifted(shape, nodes, point[0], point[1], 0), v = sv_shifted(shape, nodes, point[0], point[1], 1);
  if (u < -128 || u >= 256 * width - 128 || v < -128 || v >= 256 * height - 128) return 0;
  row[0] = u < 0 ? 0u : (uint32_t)u;
  row[1] = v < 0 ? 0u : (uint32_t)v;
  row[2] = point[2];
  row[3] = point[3];
  return 1;
}

SV_INLINE uint32_t sv_saturating_add(uint32_t a, uint32_t b) { return a > 0xffffffffu - b ? 0xffffffffu : a + b; }

/* The weight of a point of this camera, joined with `other` of another. */
SV_INLINE uint32_t sv_joined(uint32_t weight, uint32_t other, uint32_t gain_q4) {
  return sv_saturating_add(weight, ((other < (1u << 20) ? other : 1u << 20) * gain_q4) >> 4);
}

/* Whether two rows are near each other on both axes. */
SV_INLINE int sv_near(const uint32_t *a, const uint32_t *b, uint32_t gate_q8) {
  const uint32_t du = a[0] > b[0] ? a[0] - b[0] : b[0] - a[0], dv = a[1] > b[1] ? a[1] - b[1] : b[1] - a[1];
  return du <= gate_q8 && dv <= gate_q8;
}

#endif
