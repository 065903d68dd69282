/* Op rays: image points become rays; see packages/kernels/src/ops/rays.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, ignored); output rows (dx, dy, dz, weight, view) in the order of the points.
 * Launch: a thread per point. 16 bytes read and 20 written per ray. How many rays there are and what they weigh is known to the host,
 * so a call that would bring too many is refused at once.
 *
 * Points of all views are gathered in page-locked memory, the view in their last word, and go to the device together when the rays are
 * wanted: an upload and a launch for each view would cost the host more than the device. */
#include "../../kernels/native/direction.h"
#include "context.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace skyvox {

/* Points that wait for those of the next view at most. */
constexpr uint32_t gathered_max = 1u << 16;

/* The views of a grid; handed to the kernel by value. */
struct Models {
  sv_ray_model of[views_max];
  const int32_t *bends[views_max];
};

__global__ void direct_rays(const uint4 *points, uint32_t count, const __grid_constant__ Models models, Ray *rays) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const uint4 point = points[i];
  const sv_direction d = sv_direction_of(&models.of[point.w], models.bends[point.w], point.x, point.y);
  rays[i] = Ray{{d.x, d.y, d.z}, point.z, point.w};
}

/* What a call's points come to: their coordinates or-ed together, and the sum of their weights. */
struct Points { uint32_t coordinates; uint64_t weight; };

/* Copies points of a view; past the cache where the processor can, since the device alone reads them. */
static Points gather_points(const uint32_t *points, size_t count, uint32_t view, uint4 *gathered) {
#if defined(__SSE2__)
  const __m128i kept = _mm_set_epi32(0, -1, -1, -1), last = _mm_set_epi32(static_cast<int32_t>(view), 0, 0, 0);
  const __m128i third = _mm_set_epi32(0, -1, 0, 0);
  __m128i all = _mm_setzero_si128(), sum = all;
  for (size_t i = 0; i < count; i += 1) {
    const __m128i point = _mm_loadu_si128(reinterpret_cast<const __m128i *>(points) + i);
    all = _mm_or_si128(all, point);
    sum = _mm_add_epi64(sum, _mm_and_si128(point, third));
    _mm_stream_si128(reinterpret_cast<__m128i *>(gathered) + i, _mm_or_si128(_mm_and_si128(point, kept), last));
  }
  _mm_sfence();
  uint32_t words[4];
  uint64_t sums[2];
  _mm_storeu_si128(reinterpret_cast<__m128i *>(words), all);
  _mm_storeu_si128(reinterpret_cast<__m128i *>(sums), sum);
  return {words[0] | words[1], sums[1]};
#else
  Points found = {};
  for (size_t i = 0; i < count; i += 1) {
    const uint32_t *point = points + 4 * i;
    gathered[i] = uint4{point[0], point[1], point[2], view};
    found.coordinates |= point[0] | point[1];
    found.weight += point[2];
  }
  return found;
#endif
}

int32_t direct_points(sv_context *context, Grid *grid) {
  const uint32_t begin = grid->directed_count, count = grid->ray_count - begin;
  if (count == 0) return SV_OK;
  Lane *lane = &grid->lane;
  touch(lane);
  Models models;
  for (int32_t view = 0; view < views_max; view += 1) {
    models.of[view] = grid->views[view].model;
    models.bends[view] = grid->views[view].bend.items;
  }
  ENQUEUE(flush(context, lane));
  TRY(cudaMemcpyAsync(grid->points + begin, grid->gathered + begin, size_t{count} * sizeof(uint4), cudaMemcpyHostToDevice, lane->stream));
  TRY(cudaEventRecord(grid->points_copied, lane->stream));
  RUN(direct_rays, blocks_of(count), grid->points + begin, count, models, grid->rays + begin);
  grid->directed_count = grid->ray_count;
  grid->points_wait = true;
  return SV_OK;
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
  if (grid->points_wait && grid->ray_count == 0) {
    /* What lies there may still be on its way to the device. */
    TRY(cudaEventSynchronize(grid->points_copied));
    grid->points_wait = false;
  }
  const Points found = gather_points(points, added, static_cast<uint32_t>(view_index), grid->gathered + grid->ray_count);
  const uint64_t weight = grid->weight_total + found.weight;
  if (found.coordinates >= SV_POINT_MAX)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot add %u rays: a point is past 8192 pixels, need all below", added);
  if (weight > UINT32_MAX)
    return fail(context, SV_ERROR_CAPACITY, "Cannot add %u rays: weights sum to %llu, need less than 2^32", added,
                static_cast<unsigned long long>(weight));
  grid->ray_count += added;
  grid->weight_total = weight;
  /* Many are on their way while the next are gathered. */
  return grid->ray_count - grid->directed_count < gathered_max ? SV_OK : direct_points(context, grid);
}
