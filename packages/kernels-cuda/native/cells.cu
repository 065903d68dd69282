/* Op cells: bins the motion list into squares of 2^shift pixels; see packages/kernels/src/ops/cells.ts.
 *
 * Input: the stored motion rows; output rows (u, v, weight, pixelCount) by (cell row, cell column), u and v in 1/256 pixel.
 * A bit per cell of the picture tells which are touched; counting the bits before one gives a cell its number, in order. Sums are taken
 * by number, then the numbers of the cells with enough pixels are counted up once more. Launch: a thread per motion row, per 32 numbers.
 * Bytes moved: 1/8 per cell of the picture, about 60 per motion row. */
#include "motion.h"

namespace skyvox {

/* A touched cell: `cell` counts along the rows of cells. */
struct CellSums { uint32_t pixels, weight, x, y, cell; };
static_assert(sizeof(CellSums) == cell_words * sizeof(uint32_t), "sums of a cell are cell_words");

struct CellGrid { uint32_t shift, columns; };

DEVICE uint32_t cell_of(const CellGrid &grid, uint32_t place) {
  return (place >> 16 >> grid.shift) * grid.columns + ((place & 0xffffu) >> grid.shift);
}

__global__ void touch_cells(const uint32_t *rows, const Head *list, CellGrid grid, uint32_t *bits, CellSums *sums) {
  for (uint32_t i = thread_index(); i < list->count; i += thread_count()) {
    const uint32_t cell = cell_of(grid, rows[2 * size_t{i}]);
    set_bits(&bits[cell / 32], 1u << (cell % 32));
    sums[i] = CellSums{0, 0, 0, 0, 0}; /* there are no more cells than rows */
  }
}

__global__ void sum_cells(const uint32_t *rows, const Head *list, CellGrid grid, const uint32_t *bits, Offsets offsets, CellSums *sums) {
  const uint32_t within = (1u << grid.shift) - 1;
  for (uint32_t i = thread_index(); i < list->count; i += thread_count()) {
    const uint32_t place = rows[2 * size_t{i}], difference = sv_motion_difference(rows[2 * size_t{i} + 1]), cell = cell_of(grid, place);
    CellSums *sum = &sums[start_of(offsets, cell / 32) + bit_count(bits[cell / 32] & bits_below(cell % 32))];
    add(&sum->pixels, 1u);
    add(&sum->weight, difference);
    add(&sum->x, difference * (place & within));
    add(&sum->y, difference * (place >> 16 & within));
    store(&sum->cell, cell); /* the same from every pixel of it */
  }
}

/* A bit per number whose cell has enough pixels. */
__global__ void keep_cells(const CellSums *sums, const uint32_t *touched, uint32_t pixels_min, uint32_t *kept, uint32_t words_max) {
  for (uint32_t word = thread_index(); word < words_max; word += thread_count()) {
    uint32_t mask = 0;
    for (uint32_t i = 0; i < 32 && word * 32 + i < *touched; i += 1)
      if (sums[word * 32 + i].pixels >= pixels_min) mask |= 1u << i;
    kept[word] = mask;
  }
}

/* Weighted mean position in 1/256 pixel: the cell's corner plus the rounded mean within it. */
DEVICE uint32_t mean_place(uint32_t cell, uint32_t shift, uint32_t moment, uint32_t weight) {
  return (cell << (shift + 8)) + (moment * 256u + (weight >> 1)) / weight;
}

__global__ void write_cells(const CellSums *sums, CellGrid grid, const uint32_t *kept, uint32_t words_max, Offsets offsets,
                            uint32_t rows_max, uint32_t *rows) {
  for (uint32_t word = thread_index(); word < words_max; word += thread_count()) {
    uint32_t at = start_of(offsets, word);
    for (uint32_t mask = kept[word]; mask != 0 && at < rows_max; mask &= mask - 1, at += 1) {
      const CellSums sum = sums[word * 32 + lowest_bit(mask)];
      uint32_t *row = rows + 4 * size_t{at};
      row[0] = mean_place(sum.cell % grid.columns, grid.shift, sum.x, sum.weight);
      row[1] = mean_place(sum.cell / grid.columns, grid.shift, sum.y, sum.weight);
      row[2] = sum.weight;
      row[3] = sum.pixels;
    }
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cells(sv_context *context, int32_t handle, int32_t shift, int32_t pixels_min) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (shift < 0 || shift > 5 || pixels_min < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot bin motion: shift %d and %d pixels, need 0 to 5 and at least 1", shift, pixels_min);
  Lane *lane = &camera->lane;
  touch(lane);
  const CellGrid grid = {static_cast<uint32_t>(shift), ((static_cast<uint32_t>(camera->spec.width) - 1) >> shift) + 1};
  const uint32_t rows = ((static_cast<uint32_t>(camera->spec.height) - 1) >> shift) + 1, words = (grid.columns * rows - 1) / 32 + 1;
  const uint32_t motion_max = camera->motion.rows_max, kept_words = (motion_max - 1) / 32 + 1;
  const uint32_t blocks = blocks_over(context, motion_max);
  const Head *list = head_of(*lane, camera->motion);
  uint32_t *bits = lane->scratch.items.items, *kept = bits;
  /* How many cells are touched: the spare head, which no table shows. */
  Head *touched = lane->heads + (heads_max - 1);
  CellSums *sums = reinterpret_cast<CellSums *>(camera->cell_sums);
  const Offsets offsets = lane->scratch.offsets();
  ENQUEUE(zero_words(context, lane, bits, words));
  RUN(touch_cells, blocks, camera->motion.rows, list, grid, bits, sums);
  ENQUEUE(enqueue_scan(context, lane, {bits, true, {nullptr, words}, words, offsets, touched, motion_max, 0, 0}));
  RUN(sum_cells, blocks, camera->motion.rows, list, grid, bits, offsets, sums);
  RUN(keep_cells, blocks_over(context, kept_words), sums, &touched->count, static_cast<uint32_t>(pixels_min), kept, kept_words);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, camera->cells, true, {nullptr, kept_words}, kept_words)));
  RUN(write_cells, blocks_over(context, kept_words), sums, grid, kept, kept_words, offsets, camera->cells.rows_max, camera->cells.rows);
  return SV_OK;
}
