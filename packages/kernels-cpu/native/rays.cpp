/* Op rays: image points become rays; see packages/kernels/src/ops/rays.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, ignored); output rows (dx, dy, dz, weight, view) in the order of the
 * points. 20 bytes written per ray. */
#include "../../kernels/native/direction.h"
#include "context.h"

using namespace skyvox;

int32_t sv_rays(sv_context *context, int32_t handle, int32_t view_index, const uint32_t *points, int32_t count) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (view_index < 0 || view_index >= views_max || !grid->views[view_index].set || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot add %d rays of view %d: it is not set, need a view that is", count, view_index);
  const uint32_t added = static_cast<uint32_t>(count), rays_max = static_cast<uint32_t>(grid->spec.rays_max);
  if (added > rays_max - grid->ray_count)
    return fail(context, SV_ERROR_CAPACITY, "Cannot add %u rays: %u are there, need at most %u", added, grid->ray_count, rays_max);
  uint64_t weight = grid->weight_total;
  uint32_t highest = 0;
  for (size_t i = 0; i < added; i += 1) {
    highest |= points[4 * i] | points[4 * i + 1];
    weight += points[4 * i + 2];
  }
  if (highest >= SV_POINT_MAX)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot add %u rays: a point is past 8192 pixels, need all below", added);
  if (weight > UINT32_MAX)
    return fail(context, SV_ERROR_CAPACITY, "Cannot add %u rays: weights sum to %llu, need less than 2^32", added,
                static_cast<unsigned long long>(weight));
  const View &view = grid->views[view_index];
  Ray *out = grid->rays.get() + grid->ray_count;
  for (size_t i = 0; i < added; i += 1) {
    const uint32_t *point = points + 4 * i;
    const sv_direction d = sv_direction_of(&view.model, view.bend.get(), point[0], point[1]);
    out[i] = Ray{{d.x, d.y, d.z}, point[2], static_cast<uint32_t>(view_index)};
  }
  grid->ray_count += added;
  grid->weight_total = weight;
  grid->ordered = false;
  return SV_OK;
}
