/* Op voxels: lists the voxels with enough views and weight; see packages/kernels/src/ops/voxels.ts.
 *
 * Input: the pool, or that of the tiles; output rows (x | y << 16, z, sum, view bits), or (tile, place in it, sum, view bits), by pool
 * address. Launch: a thread per voxel, a scan over words of 32, a thread per word. 8 bytes read per voxel of the pool. */
#include "evidence.h"

namespace skyvox {

__global__ void keep_voxels(const Head *slots, const Voxel *voxels, Evidence evidence, uint32_t *kept) {
  const uint64_t count = uint64_t{slots->count} * brick_voxels;
  for (uint64_t i = thread_index(); i < count; i += thread_count())
    if (counts(evidence, voxels[i])) set_bits(&kept[i / 32], 1u << (i % 32));
}

template <class Voxels> __global__ void write_voxels(Voxels source, const uint32_t *kept, Offsets offsets, uint32_t rows_max,
                                                     uint32_t *rows) {
  for (uint32_t word = thread_index(); word < source.head->count * brick_words; word += thread_count()) {
    uint32_t at = start_of(offsets, word);
    for (uint32_t mask = kept[word]; mask != 0 && at < rows_max; mask &= mask - 1, at += 1) {
      const uint32_t slot = word / brick_words, place = word % brick_words * 32 + lowest_bit(mask);
      const Voxel voxel = source.voxels[size_t{slot} * brick_voxels + place];
      uint32_t *row = rows + 4 * size_t{at};
      source.write_place(slot, place, row);
      row[2] = voxel.sum, row[3] = voxel.bits;
    }
  }
}

template <class Voxels> static int32_t enqueue_voxels(sv_context *context, Grid *grid, const Voxels &source, const Evidence &evidence) {
  Lane *lane = &grid->lane;
  const List &out = grid->voxels;
  const uint32_t slots_max = searched_pool(*grid).selected.rows_max, words_max = slots_max * brick_words;
  uint32_t *kept = lane->scratch.items.items;
  ENQUEUE(zero_words(context, lane, kept, words_max));
  RUN(keep_voxels, blocks_over(context, uint64_t{slots_max} * brick_voxels), source.head, source.voxels, evidence, kept);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, true, {&source.head->count, brick_words}, words_max)));
  RUN(write_voxels<Voxels>, blocks_over(context, words_max), source, kept, lane->scratch.offsets(), out.rows_max, out.rows);
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_voxels(sv_context *context, int32_t handle, int32_t views_min, uint32_t sum_min) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  if (const int32_t status = sound_evidence(context, views_min, sum_min)) return status;
  touch(&grid->lane);
  const Evidence evidence = {static_cast<uint32_t>(views_min), sum_min};
  return grid->spec.tiles_max > 0 ? enqueue_voxels(context, grid, tile_voxels_of(*grid), evidence)
                                  : enqueue_voxels(context, grid, grid_voxels_of(*grid), evidence);
}
