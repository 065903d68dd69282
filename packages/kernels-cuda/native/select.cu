/* Op select: gives slots to the bricks that enough views have marked; see packages/kernels/src/ops/select.ts.
 *
 * Input: one word of view bits per brick; output: brick indices ascending, slot = row, and for every brick its slot or none. Launch: a
 * thread per 32 bricks, twice, with a scan between, and a thread per two voxels of the slots. Bytes moved: 8 per brick, 4 KiB per slot
 * (emptied). */
#include "select.h"

namespace skyvox {

__global__ void keep_bricks(const uint32_t *marks, Length length, uint32_t views_min, uint32_t *kept) {
  const uint32_t bricks = length_of(length);
  for (uint32_t word = thread_index(); word < (bricks + 31) / 32; word += thread_count()) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < 32 && word * 32 + i < bricks; i += 1)
      if (sv_view_count(marks[word * 32 + i]) >= views_min) mask |= 1u << i;
    kept[word] = mask;
  }
}

/* Sums bits by words of bricks; the words themselves are counted on the device. */
__global__ void count_words(Length length, uint32_t *words) { *words = (length_of(length) + 31) / 32; }

__global__ void assign_slots(const uint32_t *kept, Length length, Offsets offsets, uint32_t slots_max, uint32_t *selected,
                             uint32_t *slots) {
  const uint32_t bricks = length_of(length);
  for (uint32_t word = thread_index(); word < (bricks + 31) / 32; word += thread_count()) {
    const uint32_t mask = kept[word];
    uint32_t at = start_of(offsets, word);
    for (uint32_t i = 0; i < 32 && word * 32 + i < bricks; i += 1) {
      const bool has_slot = (mask >> i & 1u) != 0 && at < slots_max;
      slots[word * 32 + i] = has_slot ? at + 1 : 0;
      if (!has_slot) continue;
      selected[at] = word * 32 + i;
      at += 1;
    }
  }
}

/* Two voxels at a time. */
__global__ void empty_slots(const Head *selected, uint4 *voxels) {
  const uint64_t pairs = uint64_t{selected->count} * (brick_voxels / 2);
  for (uint64_t i = thread_index(); i < pairs; i += thread_count()) voxels[i] = uint4{0, 0, 0, 0};
}

int32_t enqueue_select(sv_context *context, Lane *lane, const Pool &pool, const uint32_t *marks, Length bricks, uint32_t bricks_max,
                       uint32_t views_min) {
  const uint32_t words_max = (bricks_max - 1) / 32 + 1, blocks = blocks_over(context, words_max);
  uint32_t *kept = lane->scratch.items.items, *words = &lane->heads[heads_max - 1].count;
  Head *head = head_of(*lane, pool.selected);
  RUN(keep_bricks, blocks, marks, bricks, views_min, kept);
  RUN_ONE(count_words, bricks, words);
  TRY(enqueue_scan(lane->stream, scan_into(*lane, pool.selected, true, {words, 1}, words_max)));
  RUN(assign_slots, blocks, kept, bricks, lane->scratch.offsets(), pool.selected.rows_max, pool.selected.rows, pool.slots);
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
