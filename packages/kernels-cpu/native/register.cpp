/* Op register: points of another camera, placed in this camera's picture; see packages/kernels/src/ops/register.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, any word) and the table that tells how far a point moves; output rows of the
 * same four words, those that fall into the picture, in the order of the points. */
#include "../../kernels/native/register.h"
#include "context.h"

using namespace skyvox;

int32_t sv_register(sv_context *context, int32_t handle, const uint32_t *points, int32_t count, const sv_bend_shape *shape,
                    const int32_t *nodes) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (camera->spec.fused_max < 1 || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot register %d points: the camera has room for %d, need at least 0 and at least 1", count,
                camera->spec.fused_max);
  if (!sound(*shape))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot register points: a shift of %d x %d nodes every 2^%d pixels, need none or 2 x 2, and 2^16",
                shape->columns, shape->rows, shape->shift);
  List &list = camera->registered;
  list.forget();
  for (size_t i = 0; i < static_cast<size_t>(count); i += 1) {
    uint32_t row[4];
    if (!sv_register_point(points + 4 * i, shape, nodes, camera->spec.width, camera->spec.height, row)) continue;
    if (list.total < list.rows_max) memcpy(list.rows.get() + 4 * list.total, row, sizeof row);
    list.total += 1;
  }
  return SV_OK;
}
