/* Op cells: bins the motion list into squares of 2^shift pixels; see packages/kernels/src/ops/cells.ts.
 *
 * Input: the stored motion rows, ordered by (y, x). Output rows (u, v, weight, pixelCount) by (cell row, cell column), u and v in
 * 1/256 pixel. One row of cells is summed at a time, in four words per column; a bit per column tells which were touched, so the
 * cost follows the list and not the picture. */
#include "../../kernels/native/motion.h"
#include "context.h"

namespace skyvox {

struct Column { uint32_t pixels, weight, x, y; };

/* Weighted mean position in 1/256 pixel: the cell's corner plus the rounded mean within it. */
static uint32_t mean_place(uint32_t cell, uint32_t shift, uint32_t moment, uint32_t weight) {
  return (cell << (shift + 8)) + (moment * 256u + (weight >> 1)) / weight;
}

/* Writes the touched columns of one cell row and empties them. */
static void flush(Camera *camera, uint32_t cell_y, uint32_t shift, uint32_t pixels_min) {
  Column *columns = reinterpret_cast<Column *>(camera->column_sums.get());
  const uint32_t words = (((static_cast<uint32_t>(camera->spec.width) - 1) >> shift) >> 6) + 1;
  List &out = camera->cells;
  for (uint32_t word = 0; word < words; word += 1) {
    for (uint64_t bits = camera->columns_used[word]; bits != 0; bits &= bits - 1) {
      const uint32_t cell_x = word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits));
      const Column sums = columns[cell_x];
      columns[cell_x] = Column{};
      if (sums.pixels < pixels_min) continue;
      if (out.total < out.rows_max) {
        uint32_t *row = out.rows.get() + out.total * 4;
        row[0] = mean_place(cell_x, shift, sums.x, sums.weight);
        row[1] = mean_place(cell_y, shift, sums.y, sums.weight);
        row[2] = sums.weight;
        row[3] = sums.pixels;
      }
      out.total += 1;
    }
    camera->columns_used[word] = 0;
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cells(sv_context *context, int32_t handle, int32_t shift_pixels, int32_t pixels_min) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (shift_pixels < 0 || shift_pixels > 5 || pixels_min < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot bin motion: shift %d and %d pixels, need 0 to 5 and at least 1", shift_pixels,
                pixels_min);
  const uint32_t shift = static_cast<uint32_t>(shift_pixels), within = (1u << shift) - 1, count = camera->motion.count();
  Column *columns = reinterpret_cast<Column *>(camera->column_sums.get());
  camera->cells.forget();
  uint32_t cell_y = 0;
  for (uint32_t i = 0; i < count; i += 1) {
    const uint32_t place = camera->motion.rows[2 * size_t{i}], difference = sv_motion_difference(camera->motion.rows[2 * size_t{i} + 1]);
    const uint32_t x = place & 0xffff, y = place >> 16, cell_x = x >> shift;
    if (y >> shift != cell_y) {
      flush(camera, cell_y, shift, static_cast<uint32_t>(pixels_min));
      cell_y = y >> shift;
    }
    Column &sums = columns[cell_x];
    sums.pixels += 1;
    sums.weight += difference;
    sums.x += difference * (x & within);
    sums.y += difference * (y & within);
    camera->columns_used[cell_x >> 6] |= uint64_t{1} << (cell_x & 63);
  }
  flush(camera, cell_y, shift, static_cast<uint32_t>(pixels_min));
  return SV_OK;
}
