/* Op select: gives slots to the bricks that enough views have marked; see packages/kernels/src/ops/select.ts.
 *
 * Input: one word of view bits per brick; output: brick indices ascending, slot = row. Bytes moved: 4 per brick read, 4 KiB per
 * slot written (emptied). */
#include "context.h"

namespace skyvox {

/* Lists the bricks of [begin, end) with enough views; returns how many there are. */
static uint64_t select_bricks(const uint32_t *marks, uint32_t views_min, uint32_t begin, uint32_t end, uint32_t *rows, uint32_t rows_max) {
  uint64_t total = 0;
  for (uint32_t brick = begin; brick < end; brick += 1) {
    if (marks[brick] == 0 || sv_view_count(marks[brick]) < views_min) continue;
    if (total < rows_max) rows[total] = brick;
    total += 1;
  }
  return total;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_select(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (views_min < 1 || views_min > views_max)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot select bricks: %d views, need 1 to %d", views_min, views_max);
  List &selected = grid->selected;
  for (uint32_t slot = 0; slot < selected.count(); slot += 1) grid->slots[selected.rows[slot]] = 0;
  uint64_t totals[bands_max] = {};
  for_bands(context, grid->brick_count, grid->brick_count >= bricks_worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    totals[band] = select_bricks(grid->marks.get(), static_cast<uint32_t>(views_min), begin, end, selected.band_rows(band), selected.rows_max);
  });
  selected.join(totals, context->threads);
  for_bands(context, selected.count(), selected.count() >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int) {
    for (uint32_t slot = begin; slot < end; slot += 1) grid->slots[selected.rows[slot]] = slot + 1;
    memset(static_cast<void *>(grid->pool.get() + size_t{begin} * brick_voxels), 0, size_t{end - begin} * brick_voxels * sizeof(Voxel));
  });
  return SV_OK;
}
