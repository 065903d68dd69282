/* Op select: gives slots to the bricks that enough views have marked; see packages/kernels/src/ops/select.ts.
 *
 * Input: one word of view bits per brick; output: brick indices ascending, slot = row. Bytes moved: 4 per brick read, 4 KiB per
 * slot written (emptied). */
#include "context.h"

using namespace skyvox;

int32_t sv_select(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (views_min < 1 || views_min > views_max)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot select bricks: %d views, need 1 to %d", views_min, views_max);
  List &selected = grid->selected;
  for (uint32_t slot = 0; slot < selected.count(); slot += 1) grid->slots[selected.rows[slot]] = 0;
  selected.forget();
  selected.produced = true;
  const uint32_t *marks = grid->marks.get();
  for (uint32_t brick = 0; brick < grid->brick_count; brick += 1) {
    if (marks[brick] == 0 || sv_view_count(marks[brick]) < static_cast<uint32_t>(views_min)) continue;
    if (selected.total < selected.rows_max) {
      selected.rows[selected.total] = brick;
      grid->slots[brick] = static_cast<uint32_t>(selected.total) + 1;
    }
    selected.total += 1;
  }
  for_bands(context, selected.count(), selected.count() >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int) {
    memset(static_cast<void *>(grid->pool.get() + size_t{begin} * brick_voxels), 0, size_t{end - begin} * brick_voxels * sizeof(Voxel));
  });
  return SV_OK;
}
