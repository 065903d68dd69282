/* Op register: points of another camera, placed in this camera's picture; see packages/kernels/src/ops/register.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, any word) and the table that tells how far a point moves; output rows of the
 * same four words, those that fall into the picture, in the order of the points. Launch: a thread per point, twice. 32 bytes moved per
 * point. */
#include "camera.h"

namespace skyvox {

struct Picture { int32_t width, height; };

/* A bit per point that falls into the picture. */
__global__ void keep_points(const uint32_t *points, uint32_t count, sv_bend_shape shape, const int32_t *nodes, Picture picture,
                            uint32_t *kept) {
  const uint32_t i = thread_index();
  uint32_t row[4];
  if (i < count && sv_register_point(points + 4 * size_t{i}, &shape, nodes, picture.width, picture.height, row)) set_bits(&kept[i / 32],
                                                                                                                          1u << (i % 32));
}

__global__ void write_points(const uint32_t *points, uint32_t count, sv_bend_shape shape, const int32_t *nodes, Picture picture,
                             const uint32_t *kept,
                             Offsets offsets, uint32_t rows_max, uint32_t *rows) {
  const uint32_t i = thread_index();
  if (i >= count || (kept[i / 32] >> (i % 32) & 1u) == 0) return;
  const uint32_t at = sv_saturating_add(start_of(offsets, i / 32), bit_count(kept[i / 32] & bits_below(i % 32)));
  if (at < rows_max) sv_register_point(points + 4 * size_t{i}, &shape, nodes, picture.width, picture.height, rows + 4 * size_t{at});
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_register(sv_context *context, int32_t handle, const uint32_t *points, int32_t count, const sv_bend_shape *shape,
                    const int32_t *nodes) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (camera->spec.fused_max < 1 || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot register %d points: the camera has room for %d, need at least 0 and at least 1", count,
                camera->spec.fused_max);
  if (!sound(*shape))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot register points: a shift of %d x %d nodes every 2^%d pixels, need none or 2 x 2, and 2^16",
                shape->columns, shape->rows, shape->shift);
  Lane *lane = &camera->lane;
  touch(lane);
  const uint32_t points_count = static_cast<uint32_t>(count), words = points_count / 32 + 1, blocks = blocks_of(points_count);
  const size_t node_words = static_cast<size_t>(shape->columns) * static_cast<size_t>(shape->rows) * 2;
  if (const int32_t status = grow(context, lane, size_t{points_count} * 4, &camera->points)) return status;
  if (const int32_t status = grow(context, lane, node_words, &camera->nodes)) return status;
  if (const int32_t status = grow_scratch(context, lane, words)) return status;
  if (const int32_t status = upload(context, lane, camera->points.items, points, size_t{points_count} * 16)) return status;
  if (const int32_t status = upload(context, lane, camera->nodes.items, nodes, node_words * sizeof(int32_t))) return status;
  const Picture picture = {camera->spec.width, camera->spec.height};
  uint32_t *kept = lane->scratch.items.items;
  const List &out = camera->registered;
  ENQUEUE(zero_words(context, lane, kept, words));
  RUN(keep_points, blocks, camera->points.items, points_count, *shape, camera->nodes.items, picture, kept);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, true, {nullptr, words}, words)));
  RUN(write_points, blocks, camera->points.items, points_count, *shape, camera->nodes.items, picture, kept, lane->scratch.offsets(),
      out.rows_max, out.rows);
  return SV_OK;
}
