/* Direction of the ray through an image point: the integer steps of src/ray-model.ts.
 *
 * Input: (u, v) in 1/256 pixel, a ray model and its bend table [rows][columns][2] in 1/4096 pixel (no table: columns 0).
 * Output: dx, dy, dz, of which only the ratios matter; all below 2^30 for a model within the bounds of src/ray-model.ts.
 * An image point past the last node of the table uses the last square of nodes, so that no read leaves the table. */
#ifndef SKYVOX_DIRECTION_H
#define SKYVOX_DIRECTION_H
#include "kernels.h"
#include "portable.h"

typedef struct { int32_t x, y, z; } sv_direction;

/* a + ((b - a) * f + half) >> s, all within i32 by the bounds of src/ray-model.ts. */
SV_INLINE int32_t sv_between(int32_t a, int32_t b, uint32_t f, uint32_t s) {
  const uint32_t product = ((uint32_t)b - (uint32_t)a) * f + (1u << (s - 1));
  return (int32_t)((uint32_t)a + (uint32_t)((int32_t)product >> s));
}

/* What is added to u (part 0) or v (part 1), in 1/4096 pixel. The table has nodes. */
SV_INLINE int32_t sv_bend(const sv_bend_shape *shape, const int32_t *bend, uint32_t u, uint32_t v, int32_t part) {
  const uint32_t s = 8u + (uint32_t)shape->shift, columns = (uint32_t)shape->columns, rows = (uint32_t)shape->rows;
  uint32_t i = u >> s, j = v >> s;
  if (i > columns - 2) i = columns - 2;
  if (j > rows - 2) j = rows - 2;
  const uint32_t fu = u & ((1u << s) - 1), fv = v & ((1u << s) - 1);
  const int32_t *top = bend + ((uint64_t)j * columns + i) * 2 + part, *bottom = top + (uint64_t)columns * 2;
  return sv_between(sv_between(top[0], top[2], fu, s), sv_between(bottom[0], bottom[2], fu, s), fv, s);
}

SV_INLINE int32_t sv_component(const sv_ray_model *model, int32_t k, int32_t U, int32_t V) {
  const int64_t sum = (int64_t)model->a[k] * U + (int64_t)model->b[k] * V;
  return (int32_t)((uint32_t)model->c[k] + (uint32_t)(sum >> model->fraction_bits));
}

SV_INLINE sv_direction sv_direction_of(const sv_ray_model *model, const int32_t *bend, uint32_t u, uint32_t v) {
  uint32_t U = (u - (uint32_t)model->principal_u) << 4, V = (v - (uint32_t)model->principal_v) << 4;
  if (model->bend.columns > 0) {
    U += (uint32_t)sv_bend(&model->bend, bend, u, v, 0);
    V += (uint32_t)sv_bend(&model->bend, bend, u, v, 1);
  }
  sv_direction d;
  d.x = sv_component(model, 0, (int32_t)U, (int32_t)V);
  d.y = sv_component(model, 1, (int32_t)U, (int32_t)V);
  d.z = sv_component(model, 2, (int32_t)U, (int32_t)V);
  return d;
}

#endif
