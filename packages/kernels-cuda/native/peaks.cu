/* Op peaks: local maxima of the voxels with enough views and weight; see packages/kernels/src/ops/peaks.ts.
 *
 * Input: the pool, or that of the tiles; output: 16 words per peak, by pool address. Launch: a thread per voxel, a scan over words of 32,
 * a thread per word. 8 bytes read per voxel of the pool; the 26 neighbours are looked at only for voxels that count, and most of those
 * are refuted by one of the first. */
#include "evidence.h"

namespace skyvox {

/* Neighbour 0 ... 26 of a spot; 13 is the spot itself. */
DEVICE Spot beside(const Spot &spot, int32_t n) { return {spot.x + n / 9 - 1, spot.y + n / 3 % 3 - 1, spot.z + n % 3 - 1, spot.level}; }

template <class Voxels> DEVICE bool is_peak(const Voxels &source, const Evidence &evidence, uint64_t address, const Voxel &self) {
  const Spot spot = source.spot(static_cast<uint32_t>(address / brick_voxels), static_cast<uint32_t>(address % brick_voxels));
#pragma unroll 1
  for (int32_t n = 0; n < 27; n += 1) {
    const uint64_t other = n == 13 ? no_address : source.find(beside(spot, n));
    if (other == no_address) continue;
    const Voxel voxel = source.voxels[other];
    if (voxel.sum < self.sum || !counts(evidence, voxel)) continue;
    if (voxel.sum > self.sum || other < address) return false;
  }
  return true;
}

template <class Voxels> __global__ void keep_peaks(Voxels source, Evidence evidence, uint32_t *kept) {
  const uint64_t count = uint64_t{source.head->count} * brick_voxels;
  for (uint64_t i = thread_index(); i < count; i += thread_count()) {
    const Voxel voxel = source.voxels[i];
    if (counts(evidence, voxel) && is_peak(source, evidence, i, voxel)) set_bits(&kept[i / 32], 1u << (i % 32));
  }
}

DEVICE void write_sum(uint32_t *words, uint64_t sum) { words[0] = static_cast<uint32_t>(sum), words[1] = static_cast<uint32_t>(sum >> 32); }

/* `times` is -1, 0 or 1. */
DEVICE uint64_t signed_sum(uint32_t sum, int32_t times) { return static_cast<uint64_t>(int64_t{times}) * sum; }

template <class Voxels> DEVICE void write_peak(const Voxels &source, const Evidence &evidence, uint32_t slot, uint32_t place,
                                               uint32_t *row) {
  const Spot spot = source.spot(slot, place);
  const Voxel self = source.voxels[size_t{slot} * brick_voxels + place];
  uint32_t block = 0;
  uint64_t weight = 0, x = 0, y = 0, z = 0;
#pragma unroll 1
  for (int32_t n = 0; n < 27; n += 1) {
    const uint64_t other = source.find(beside(spot, n));
    if (other == no_address) continue;
    const Voxel voxel = source.voxels[other];
    if (!counts(evidence, voxel)) continue;
    block += 1;
    weight += voxel.sum;
    x += signed_sum(voxel.sum, n / 9 - 1);
    y += signed_sum(voxel.sum, n / 3 % 3 - 1);
    z += signed_sum(voxel.sum, n % 3 - 1);
  }
  row[0] = static_cast<uint32_t>(spot.x), row[1] = static_cast<uint32_t>(spot.y), row[2] = static_cast<uint32_t>(spot.z);
  row[3] = self.sum, row[4] = self.bits, row[5] = block;
  write_sum(row + 6, weight), write_sum(row + 8, x), write_sum(row + 10, y), write_sum(row + 12, z);
  row[14] = spot.level, row[15] = 0;
}

template <class Voxels> __global__ void write_peaks(Voxels source, Evidence evidence, const uint32_t *kept, Offsets offsets,
                                                    uint32_t rows_max, uint32_t *rows) {
  for (uint32_t word = thread_index(); word < source.head->count * brick_words; word += thread_count()) {
    uint32_t at = start_of(offsets, word);
    for (uint32_t mask = kept[word]; mask != 0 && at < rows_max; mask &= mask - 1, at += 1)
      write_peak(source, evidence, word / brick_words, word % brick_words * 32 + lowest_bit(mask), rows + 16 * size_t{at});
  }
}

template <class Voxels> static int32_t enqueue_peaks(sv_context *context, Grid *grid, const Voxels &source, const Evidence &evidence) {
  Lane *lane = &grid->lane;
  const List &out = grid->peaks;
  const uint32_t slots_max = searched_pool(*grid).selected.rows_max, words_max = slots_max * brick_words;
  uint32_t *kept = lane->scratch.items.items;
  ENQUEUE(zero_words(context, lane, kept, words_max));
  RUN(keep_peaks<Voxels>, blocks_over(context, uint64_t{slots_max} * brick_voxels), source, evidence, kept);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, true, {&source.head->count, brick_words}, words_max)));
  RUN(write_peaks<Voxels>, blocks_over(context, words_max), source, evidence, kept, lane->scratch.offsets(), out.rows_max, out.rows);
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_peaks(sv_context *context, int32_t handle, int32_t views_min, uint32_t sum_min) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  if (const int32_t status = sound_evidence(context, views_min, sum_min)) return status;
  touch(&grid->lane);
  const Evidence evidence = {static_cast<uint32_t>(views_min), sum_min};
  return grid->spec.tiles_max > 0 ? enqueue_peaks(context, grid, tile_voxels_of(*grid), evidence)
                                  : enqueue_peaks(context, grid, grid_voxels_of(*grid), evidence);
}
