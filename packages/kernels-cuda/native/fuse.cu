/* Op fuse: points of this camera, joined with those of another that were registered last; see packages/kernels/src/ops/fuse.ts.
 *
 * Input [count, 4] uint32 (u, v in 1/256 pixel, weight, ignored) and table "registered"; output rows (u, v, weight, seen by). The
 * registered rows are sorted by line of the picture, so that a point looks at those of the lines within its gate only; their order within
 * a line is any, since a sum that ends at 2^32 - 1 does not depend on it. Launch: a thread per registered row, per point, per 32 rows.
 * Bytes moved: 60 per registered row, 32 per point and 20 per row that a point looks at. */
#include "camera.h"

namespace skyvox {

struct Registered {
  const uint32_t *rows;
  const Head *head;
  uint32_t lines;
};

/* Registered rows by line: those of line y are order[begin(y)] to order[begin(y + 1) - 1]. */
struct Lines {
  Offsets begin;
  uint32_t *filled; /* rows of each line that have a place so far */
  uint32_t *order;
};

DEVICE uint32_t line_of(const Registered &registered, uint32_t row) { return registered.rows[4 * size_t{row} + 1] >> 8; }

__global__ void count_lines(Registered registered, uint32_t *counts, uint32_t *joined) {
  for (uint32_t i = thread_index(); i < registered.head->count; i += thread_count()) {
    add(&counts[line_of(registered, i)], 1u);
    joined[i] = 0;
  }
}

__global__ void sort_lines(Registered registered, Lines lines) {
  for (uint32_t i = thread_index(); i < registered.head->count; i += thread_count()) {
    const uint32_t line = line_of(registered, i);
    lines.order[start_of(lines.begin, line) + add(&lines.filled[line], 1u)] = i;
  }
}

struct Joining { uint32_t gate_q8, gain_q4; };

/* First and last line within the gate, or none. */
struct LineRange { uint32_t first, end; };

DEVICE LineRange lines_near(const Registered &registered, uint32_t v, uint32_t gate) {
  const uint32_t first = (v > gate ? v - gate : 0) >> 8, last = sv_saturating_add(v, gate) >> 8;
  return {first, last < registered.lines ? last + 1 : registered.lines};
}

__global__ void fuse_points(const uint32_t *points, uint32_t count, Registered registered, Lines lines, Joining joining, uint32_t *joined,
                            uint32_t rows_max, uint32_t *rows) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const uint32_t point[4] = {points[4 * size_t{i}], points[4 * size_t{i} + 1], points[4 * size_t{i} + 2], 0};
  const LineRange range = lines_near(registered, point[1], joining.gate_q8);
  uint32_t other = 0, seen_by = 1;
  const uint32_t begin = range.first < range.end ? start_of(lines.begin, range.first) : 0;
  const uint32_t end = range.first >= range.end ? 0 : range.end < registered.lines ? start_of(lines.begin,
                                                                                              range.end) : registered.head->count;
  for (uint32_t k = begin; k < end; k += 1) {
    const uint32_t row = lines.order[k];
    const uint32_t *near = registered.rows + 4 * size_t{row};
    if (!sv_near(point, near, joining.gate_q8)) continue;
    other = sv_saturating_add(other, near[2]);
    seen_by = 3;
    store(&joined[row], 1u);
  }
  if (i >= rows_max) return;
  uint32_t *out = rows + 4 * size_t{i};
  out[0] = point[0], out[1] = point[1], out[2] = sv_joined(point[2], other, joining.gain_q4), out[3] = seen_by;
}

/* A bit per registered row that no point is near to and that weighs something. */
__global__ void keep_alone(Registered registered, const uint32_t *joined, Joining joining, uint32_t *kept, uint32_t words_max) {
  for (uint32_t word = thread_index(); word < words_max; word += thread_count()) {
    uint32_t mask = 0;
    for (uint32_t i = word * 32; i < word * 32 + 32 && i < registered.head->count; i += 1)
      if (joined[i] == 0 && sv_joined(0, registered.rows[4 * size_t{i} + 2], joining.gain_q4) > 0) mask |= 1u << (i % 32);
    kept[word] = mask;
  }
}

__global__ void write_alone(Registered registered, Joining joining, const uint32_t *kept, uint32_t words_max, Offsets offsets,
                            uint32_t base,
                            uint32_t rows_max, uint32_t *rows) {
  for (uint32_t word = thread_index(); word < words_max; word += thread_count()) {
    uint32_t at = sv_saturating_add(base, start_of(offsets, word));
    for (uint32_t mask = kept[word]; mask != 0 && at < rows_max; mask &= mask - 1, at += 1) {
      const uint32_t *from = registered.rows + 4 * size_t{word * 32 + lowest_bit(mask)};
      uint32_t *out = rows + 4 * size_t{at};
      out[0] = from[0], out[1] = from[1], out[2] = sv_joined(0, from[2], joining.gain_q4), out[3] = 2;
    }
  }
}

/* Enqueues the sorting of the registered rows. */
static int32_t enqueue_lines(sv_context *context, Camera *camera, const Registered &registered, const Lines &lines) {
  Lane *lane = &camera->lane;
  const uint32_t blocks = blocks_over(context, camera->registered.rows_max);
  uint32_t *counts = lane->scratch.items.items;
  ENQUEUE(zero_words(context, lane, counts, registered.lines));
  ENQUEUE(zero_words(context, lane, lines.filled, registered.lines));
  RUN(count_lines, blocks, registered, counts, camera->fuse_joined);
  ENQUEUE(enqueue_scan(context, lane, {counts, false, {nullptr, registered.lines}, registered.lines, lines.begin, nullptr, 0, 0, 0}));
  RUN(sort_lines, blocks, registered, lines);
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_fuse(sv_context *context, int32_t handle, const uint32_t *points, int32_t count, int32_t gate_q8, int32_t gain_q4) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (camera->spec.fused_max < 1 || count < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot fuse %d points: the camera has room for %d, need at least 0 and at least 1", count,
                camera->spec.fused_max);
  if (gate_q8 < 0 || gate_q8 > 1 << 20 || gain_q4 < 0 || gain_q4 > 255)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot fuse points: gate %d and gain %d, need 0 to 1048576 and 0 to 255", gate_q8, gain_q4);
  Lane *lane = &camera->lane;
  touch(lane);
  const uint32_t points_count = static_cast<uint32_t>(count), height = static_cast<uint32_t>(camera->spec.height);
  const List &out = camera->fused;
  const uint32_t words = (camera->registered.rows_max - 1) / 32 + 1, blocks = blocks_over(context, words);
  if (const int32_t status = grow(context, lane, size_t{points_count} * 4, &camera->points)) return status;
  if (const int32_t status = grow_scratch(context, lane, height > words ? height : words)) return status;
  if (const int32_t status = upload(context, lane, camera->points.items, points, size_t{points_count} * 16)) return status;
  const Registered registered = {camera->registered.rows, head_of(*lane, camera->registered), height};
  const Lines lines = {lane->scratch.offsets(), camera->fuse_lines, camera->fuse_order};
  const Joining joining = {static_cast<uint32_t>(gate_q8), static_cast<uint32_t>(gain_q4)};
  if (const int32_t status = enqueue_lines(context, camera, registered, lines)) return status;
  RUN(fuse_points, blocks_of(points_count), camera->points.items, points_count, registered, lines, joining, camera->fuse_joined,
      out.rows_max, out.rows);
  uint32_t *kept = lane->scratch.items.items;
  RUN(keep_alone, blocks, registered, camera->fuse_joined, joining, kept, words);
  Scan scan = scan_into(*lane, out, true, {nullptr, words}, words);
  scan.base = points_count;
  ENQUEUE(enqueue_scan(context, lane, scan));
  RUN(write_alone, blocks, registered, joining, kept, words, lane->scratch.offsets(), points_count, out.rows_max, out.rows);
  return SV_OK;
}
