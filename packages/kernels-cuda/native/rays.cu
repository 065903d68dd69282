/* Op rays: image points become rays; see packages/kernels/src/ops/rays.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, ignored); output rows (dx, dy, dz, weight, view) in the order of the points.
 * Launch: a thread per point. 16 bytes read and 20 written per ray. How many rays there are and what they weigh is known to the host,
 * so a call that would bring too many is refused before anything is enqueued. */
#include "../../kernels/native/direction.h"
#include "context.h"

namespace skyvox {

__global__ void direct_rays(const uint4 *points, uint32_t count, const __grid_constant__ sv_ray_model model, const int32_t *bend,
                            uint32_t view, Ray *rays) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const uint4 point = points[i];
  const sv_direction d = sv_direction_of(&model, bend, point.x, point.y);
  rays[i] = Ray{{d.x, d.y, d.z}, point.z, view};
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_rays(sv_context *context, int32_t handle, int32_t view_index, const uint32_t *points, int32_t count) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid(context, handle, &grid)) return status;
  if (view_index < 0 || view_index >= views_max || !grid->views[view_index].set || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot add %d rays of view %d: it is not set, need a view that is", count, view_index);
  const uint32_t added = static_cast<uint32_t>(count), rays_max = static_cast<uint32_t>(grid->spec.rays_max);
  if (added > rays_max - grid->ray_count)
    return fail(context, SV_ERROR_CAPACITY, "Cannot add %u rays: %u are there, need at most %u", added, grid->ray_count, rays_max);
  uint64_t weight = grid->weight_total;
  for (size_t i = 0; i < added; i += 1) weight += points[4 * i + 2];
  if (weight > UINT32_MAX)
    return fail(context, SV_ERROR_CAPACITY, "Cannot add %u rays: weights sum to %llu, need less than 2^32", added,
                static_cast<unsigned long long>(weight));
  if (added == 0) return SV_OK;
  Lane *lane = &grid->lane;
  touch(lane);
  const View &view = grid->views[view_index];
  if (const int32_t status = grow(context, lane, size_t{added} * 4, &grid->points)) return status;
  if (const int32_t status = upload(context, lane, grid->points.items, points, size_t{added} * 16)) return status;
  RUN(direct_rays, blocks_of(added), reinterpret_cast<const uint4 *>(grid->points.items), added, view.model, view.bend.items,
      static_cast<uint32_t>(view_index), grid->rays + grid->ray_count);
  grid->ray_count += added;
  grid->weight_total = weight;
  return SV_OK;
}
