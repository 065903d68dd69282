/* Op select: gives slots to the bricks that enough views have marked; see packages/kernels/src/ops/select.ts.
 *
 * Input: one word of view bits per brick; output: brick indices ascending, slot = row, and for every brick its slot or none. Launch: a
 * thread per 8 bricks, a scan, a thread per brick, and one per two voxels of the slots. Bytes moved: 8 per brick, 4 KiB per slot
 * (emptied). */
#include "select.h"

namespace skyvox {

/* A bit per brick, eight at a time, up to whole words; counts the words. */
__global__ void keep_bricks(const uint32_t *marks, Length length, uint32_t views_min, uint8_t *kept, uint32_t *words) {
  const uint32_t bricks = length_of(length), word_count = (bricks + 31) / 32;
  for (uint32_t byte = thread_index(); byte < word_count * 4; byte += thread_count()) {
    uint32_t mask = 0;
#pragma unroll
    for (uint32_t i = 0; i < 8; i += 1)
      if (byte * 8 + i < bricks && sv_view_count(marks[byte * 8 + i]) >= views_min) mask |= 1u << i;
    kept[byte] = static_cast<uint8_t>(mask);
  }
  if (thread_index() == 0) *words = word_count;
}

__global__ void assign_slots(const uint32_t *kept, Length length, Offsets offsets, uint32_t slots_max, uint32_t *selected,
                             uint32_t *slots) {
  const uint32_t bricks = length_of(length);
  for (uint32_t brick = thread_index(); brick < bricks; brick += thread_count()) {
    const uint32_t word = brick / 32, mask = kept[word];
    uint32_t at = slots_max;
    if ((mask >> (brick % 32) & 1u) != 0) at = sv_saturating_add(start_of(offsets, word), bit_count(mask & bits_below(brick % 32)));
    slots[brick] = at < slots_max ? at + 1 : 0;
    if (at < slots_max) selected[at] = brick;
  }
}

/* Two voxels at a time. */
__global__ void empty_slots(const Head *selected, uint4 *voxels) {
  const uint64_t pairs = uint64_t{selected->count} * (brick_voxels / 2);
  for (uint64_t i = thread_index(); i < pairs; i += thread_count()) voxels[i] = uint4{0, 0, 0, 0};
}

int32_t enqueue_select(sv_context *context, Lane *lane, const Pool &pool, const uint32_t *marks, Length bricks, uint32_t bricks_max,
                       uint32_t views_min) {
  const uint32_t words_max = (bricks_max - 1) / 32 + 1;
  uint32_t *kept = lane->scratch.items.items, *words = &lane->heads[heads_max - 1].count;
  Head *head = head_of(*lane, pool.selected);
  RUN(keep_bricks, blocks_over(context, uint64_t{words_max} * 4), marks, bricks, views_min, reinterpret_cast<uint8_t *>(kept),
      words);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, pool.selected, true, {words, 1}, words_max)));
  RUN(assign_slots, blocks_over(context, bricks_max), kept, bricks, lane->scratch.offsets(), pool.selected.rows_max, pool.selected.rows, pool.slots);
  RUN(empty_slots, blocks_over(context, uint64_t{pool.selected.rows_max} * brick_voxels / 2), head, reinterpret_cast<uint4 *>(pool.voxels));
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_select(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  if (const int32_t status = sound_views(context, views_min, "select bricks")) return status;
  touch(&grid->lane);
  return enqueue_select(context, &grid->lane, grid->pool, grid->marks, {nullptr, grid->brick_count}, grid->brick_count,
                        static_cast<uint32_t>(views_min));
}
