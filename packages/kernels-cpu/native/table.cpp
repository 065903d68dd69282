/* Reading tables back: how many rows each has, and a copy of them.
 *
 * Most tables lie as they are read; the pool is rearranged while it is copied. A table whose op has not run since the grid or camera
 * was opened has no rows. */
#include "context.h"

namespace skyvox {

struct Source {
  const uint32_t *rows;
  uint32_t count, total, status, words;
};

static Source source_of(const List &list) {
  const uint32_t total = list.total > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(list.total);
  return {list.rows.get(), list.count(), total, list.status(), list.row_words};
}

static Source whole(const uint32_t *rows, uint32_t count, uint32_t words) { return {rows, count, count, 0, words}; }

static bool camera_table(const Camera &camera, int32_t table, Source *source) {
  if (table == SV_TABLE_MOTION) *source = source_of(camera.motion);
  else if (table == SV_TABLE_CELLS) *source = source_of(camera.cells);
  else if (table == SV_TABLE_BLOBS) *source = source_of(camera.blobs);
  else return false;
  return true;
}

static bool grid_table(const Grid &grid, int32_t table, Source *source) {
  const uint32_t voxel_count = static_cast<uint32_t>(grid.size[0]) * static_cast<uint32_t>(grid.size[1]) * static_cast<uint32_t>(grid.size[2]);
  switch (table) {
    case SV_TABLE_RAYS: *source = whole(reinterpret_cast<const uint32_t *>(grid.rays.get()), grid.ray_count, 5); return true;
    case SV_TABLE_MARKS: *source = whole(grid.marks.get(), grid.marked ? grid.brick_count : 0, 1); return true;
    case SV_TABLE_BRICKS: *source = source_of(grid.selected); return true;
    case SV_TABLE_POOL: *source = whole(nullptr, grid.selected.count(), 1024); return true;
    case SV_TABLE_DENSE: *source = whole(grid.dense.get(), grid.densely_cast ? voxel_count : 0, 1); return true;
    case SV_TABLE_PEAKS: *source = source_of(grid.peaks); return true;
    case SV_TABLE_VOXELS: *source = source_of(grid.voxels); return true;
    default: return false;
  }
}

/* The pool keeps sum and bits side by side; its table has the sums of a brick first. */
static void copy_pool(const Grid &grid, uint32_t count, uint32_t *dst) {
  for (size_t slot = 0; slot < count; slot += 1) {
    const Voxel *voxels = grid.pool.get() + slot * brick_voxels;
    uint32_t *row = dst + slot * 2 * brick_voxels;
    for (int i = 0; i < brick_voxels; i += 1) row[i] = voxels[i].sum, row[brick_voxels + i] = voxels[i].bits;
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_read(sv_context *context, int32_t table, int32_t handle, uint32_t *dst, uint32_t capacity_rows, sv_table *out) {
  Source source = {};
  const Grid *grid = nullptr;
  bool known = false;
  if (table <= SV_TABLE_BLOBS) {
    const Camera *camera = camera_of(context, handle);
    if (camera == nullptr) return SV_ERROR_ARGUMENT;
    known = camera_table(*camera, table, &source);
  } else {
    grid = grid_of(context, handle);
    if (grid == nullptr) return SV_ERROR_ARGUMENT;
    known = grid_table(*grid, table, &source);
  }
  if (!known) return fail(context, SV_ERROR_ARGUMENT, "Cannot read table %d, need 0 to %d", table, SV_TABLE_VOXELS);
  const uint32_t copied = dst == nullptr || source.count < capacity_rows ? source.count : capacity_rows;
  if (dst != nullptr && table == SV_TABLE_POOL) copy_pool(*grid, copied, dst);
  else if (dst != nullptr && copied > 0) memcpy(dst, source.rows, size_t{copied} * source.words * sizeof(uint32_t));
  *out = sv_table{copied, source.total, source.status, source.words};
  return SV_OK;
}
