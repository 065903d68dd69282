/* Op fuse: points of this camera, joined with those of another that were registered last; see packages/kernels/src/ops/fuse.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, ignored) and table "registered"; output rows (u, v, weight, seen by). The
 * registered rows are sorted by line of the picture, so that a point looks at those of the lines within its gate only. */
#include "../../kernels/native/register.h"
#include "context.h"

namespace skyvox {

/* Sorts registered rows by line: those of line y are order[begin[y]] to order[begin[y + 1] - 1]. */
static void sort_lines(Camera *camera) {
  const uint32_t *rows = camera->registered.rows.get(), count = camera->registered.count();
  uint32_t *begin = camera->fuse_begin.get(), *order = camera->fuse_order.get();
  const uint32_t lines = static_cast<uint32_t>(camera->spec.height);
  memset(begin, 0, (size_t{lines} + 1) * sizeof *begin);
  for (size_t i = 0; i < count; i += 1) begin[rows[4 * i + 1] >> 8] += 1;
  uint32_t at = 0;
  for (uint32_t y = 0; y <= lines; y += 1) at += begin[y], begin[y] = at;
  for (uint32_t i = count; i > 0; i -= 1) order[--begin[rows[4 * size_t{i - 1} + 1] >> 8]] = i - 1;
}

static void put(List *list, uint32_t u, uint32_t v, uint32_t weight, uint32_t seen_by) {
  if (list->total < list->rows_max) {
    uint32_t *row = list->rows.get() + 4 * list->total;
    row[0] = u, row[1] = v, row[2] = weight, row[3] = seen_by;
  }
  list->total += 1;
}

/* Calls take(row) for every registered row near a point. */
template <class Take> static void for_near(const Camera &camera, const uint32_t *point, uint32_t gate, const Take &take) {
  const uint32_t lines = static_cast<uint32_t>(camera.spec.height), v = point[1];
  const uint32_t first = (v > gate ? v - gate : 0) >> 8, last = sv_saturating_add(v, gate) >> 8;
  if (first >= lines) return;
  const uint32_t end = camera.fuse_begin[last < lines ? last + 1 : lines];
  for (uint32_t i = camera.fuse_begin[first]; i < end; i += 1) {
    const uint32_t row = camera.fuse_order[i];
    if (sv_near(point, camera.registered.rows.get() + 4 * size_t{row}, gate)) take(row);
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_fuse(sv_context *context, int32_t handle, const uint32_t *points, int32_t count, int32_t gate_q8, int32_t gain_q4) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (camera->spec.fused_max < 1 || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot fuse %d points: the camera has room for %d, need at least 0 and at least 1", count,
                camera->spec.fused_max);
  if (gate_q8 < 0 || gate_q8 > 1 << 20 || gain_q4 < 0 || gain_q4 > 255)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot fuse points: gate %d and gain %d, need 0 to 1048576 and 0 to 255", gate_q8, gain_q4);
  const uint32_t gate = static_cast<uint32_t>(gate_q8), gain = static_cast<uint32_t>(gain_q4), others = camera->registered.count();
  const uint32_t *rows = camera->registered.rows.get();
  uint8_t *joined = camera->fuse_joined.get();
  List &list = camera->fused;
  list.forget();
  sort_lines(camera);
  memset(joined, 0, others);
  for (size_t i = 0; i < static_cast<size_t>(count); i += 1) {
    const uint32_t *point = points + 4 * i;
    uint32_t other = 0, seen_by = 1;
    for_near(*camera, point, gate, [&](uint32_t row) {
      other = sv_saturating_add(other, rows[4 * size_t{row} + 2]);
      seen_by = 3, joined[row] = 1;
    });
    put(&list, point[0], point[1], sv_joined(point[2], other, gain), seen_by);
  }
  for (size_t row = 0; row < others; row += 1) {
    const uint32_t weight = sv_joined(0, rows[4 * row + 2], gain);
    if (joined[row] == 0 && weight > 0) put(&list, rows[4 * row], rows[4 * row + 1], weight, 2);
  }
  return SV_OK;
}
