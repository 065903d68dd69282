/* Reading tables back: how many rows each has, and a copy of them.
 *
 * How long a list is comes with the fence, and so do the first rows of the list that was read last: asking for them behind a fence waits
 * for nothing. Where ops were enqueued since, it waits for them. Other rows come through page-locked memory, 4 MiB at a time. Most
 * tables lie as they are read; the pools are rearranged while they are copied. A table whose op has not run since the grid or camera
 * was opened has no rows. */
#include "context.h"

namespace skyvox {

struct Source {
  const void *rows;
  uint32_t count, total, status, words;
  bool pool;        /* sum and bits side by side; its rows have the sums of a brick first */
  const List *list; /* null for what is no list */
};

static Source source_of(const Lane &lane, const List &list) {
  if (list.rows == nullptr) return {nullptr, 0, 0, 0, list.row_words, false, nullptr};
  const Head &head = lane.report->heads[list.head];
  return {list.rows, head.count, head.total, head.status | head.flags, list.row_words, false, &list};
}

static Source whole(const void *rows, uint32_t count, uint32_t words) { return {rows, count, count, 0, words, false, nullptr}; }

static Source pool_of(const Lane &lane, const Pool &pool) {
  const uint32_t count = pool.voxels == nullptr ? 0 : lane.report->heads[pool.selected.head].count;
  return {pool.voxels, count, count, 0, 2 * brick_voxels, true, nullptr};
}

static bool camera_table(const Camera &camera, int32_t table, Source *source) {
  const auto list = [&](const List &of) { return *source = source_of(camera.lane, of), true; };
  switch (table) {
    case SV_TABLE_MOTION: return list(camera.motion);
    case SV_TABLE_CELLS: return list(camera.cells);
    case SV_TABLE_BLOBS: return list(camera.blobs);
    case SV_TABLE_SPOTS: return list(camera.spots);
    case SV_TABLE_REGISTERED: return list(camera.registered);
    case SV_TABLE_FUSED: return list(camera.fused);
    default: return false;
  }
}

static bool grid_table(const Grid &grid, int32_t table, Source *source) {
  const uint32_t voxel_count = static_cast<uint32_t>(grid.spec.nx) * static_cast<uint32_t>(grid.spec.ny) * static_cast<uint32_t>(grid.spec.nz);
  const auto list = [&](const List &of) { return *source = source_of(grid.lane, of), true; };
  switch (table) {
    case SV_TABLE_RAYS: *source = whole(grid.rays, grid.ray_count, 5); return true;
    case SV_TABLE_MARKS: *source = whole(grid.marks, grid.marked ? grid.brick_count : 0, 1); return true;
    case SV_TABLE_BRICKS: return list(grid.pool.selected);
    case SV_TABLE_POOL: *source = pool_of(grid.lane, grid.pool); return true;
    case SV_TABLE_DENSE: *source = whole(grid.dense, grid.densely_cast ? voxel_count : 0, 1); return true;
    case SV_TABLE_PEAKS: return list(grid.peaks);
    case SV_TABLE_VOXELS: return list(grid.voxels);
    case SV_TABLE_TILES: return list(grid.fine.tiles);
    case SV_TABLE_SEGMENTS: return list(grid.fine.segments);
    case SV_TABLE_TILE_BRICKS: return list(grid.fine.pool.selected);
    case SV_TABLE_TILE_POOL: *source = pool_of(grid.lane, grid.fine.pool); return true;
    default: return false;
  }
}

/* Waits until the heads of the report are those of now. */
static int32_t see_heads(sv_context *context, Lane *lane) {
  if (lane->stale) {
    ENQUEUE(flush(context, lane));
    TRY(cudaMemcpyAsync(lane->report->heads, lane->heads, heads_max * sizeof(Head), cudaMemcpyDeviceToHost, lane->stream));
    TRY(cudaStreamSynchronize(lane->stream));
    lane->stale = false;
    lane->ahead = nullptr;
    return SV_OK;
  }
  if (load_acquired(&lane->report->reached) != lane->submitted) TRY(cudaStreamSynchronize(lane->stream));
  return SV_OK;
}

static void copy_pool_rows(const Voxel *voxels, size_t slots, uint32_t *rows) {
  for (size_t slot = 0; slot < slots; slot += 1, voxels += brick_voxels, rows += 2 * brick_voxels)
    for (uint32_t i = 0; i < brick_voxels; i += 1) rows[i] = voxels[i].sum, rows[brick_voxels + i] = voxels[i].bits;
}

static int32_t copy_rows(sv_context *context, Lane *lane, const Source &source, uint32_t count, uint32_t *dst) {
  if (count == 0) return SV_OK;
  if (source.list != nullptr && source.list->rows == lane->ahead && source.count <= rows_ahead_words / source.words) {
    memcpy(dst, lane->report->rows, size_t{count} * source.words * sizeof(uint32_t));
    return SV_OK;
  }
  const size_t row_bytes = source.words * sizeof(uint32_t), piece = read_back_bytes / row_bytes;
  for (size_t row = 0; row < count; row += piece) {
    const size_t rows = count - row < piece ? count - row : piece;
    ENQUEUE(flush(context, lane));
    TRY(cudaMemcpyAsync(context->read_back, static_cast<const char *>(source.rows) + row * row_bytes, rows * row_bytes,
                        cudaMemcpyDeviceToHost, lane->stream));
    TRY(cudaStreamSynchronize(lane->stream));
    uint32_t *out = dst + row * source.words;
    if (source.pool) copy_pool_rows(static_cast<const Voxel *>(context->read_back), rows, out);
    else memcpy(out, context->read_back, rows * row_bytes);
  }
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_read(sv_context *context, int32_t table, int32_t handle, uint32_t *dst, uint32_t capacity_rows, sv_table *out) {
  Camera *camera = nullptr;
  Grid *grid = nullptr;
  const bool is_camera = table < SV_TABLE_RAYS;
  if (const int32_t status = is_camera ? use_camera(context, handle, &camera) : use_grid(context, handle, &grid)) return status;
  Lane *lane = is_camera ? &camera->lane : &grid->lane;
  if (grid != nullptr)
    if (const int32_t status = direct_points(context, grid)) return status;
  if (const int32_t status = see_heads(context, lane)) return status;
  Source source = {};
  if (!(is_camera ? camera_table(*camera, table, &source) : grid_table(*grid, table, &source)))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot read a table: number %d, need 0 to %d", table, SV_TABLE_TILE_POOL);
  if (source.list != nullptr) lane->read = *source.list;
  const uint32_t copied = dst == nullptr || source.count < capacity_rows ? source.count : capacity_rows;
  if (dst != nullptr)
    if (const int32_t status = copy_rows(context, lane, source, copied, dst)) return status;
  *out = sv_table{copied, source.total, source.status, source.words};
  return SV_OK;
}
