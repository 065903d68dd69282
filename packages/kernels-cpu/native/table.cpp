/* Reading tables back: how many rows each has, and a copy of them.
 *
 * Most tables lie as they are read; the pools are rearranged while it is copied. A table whose op has not run since the grid or camera
 * was opened has no rows. */
#include "context.h"

namespace skyvox {

struct Source {
  const uint32_t *rows;
  uint32_t count, total, status, words;
  const Voxel *voxels; /* of a pool, whose rows have to be made */
};

static Source source_of(const List &list) {
  const uint32_t total = list.total > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(list.total);
  return {list.rows.get(), list.count(), total, list.status(), list.row_words, nullptr};
}

static Source whole(const uint32_t *rows, uint32_t count, uint32_t words) { return {rows, count, count, 0, words, nullptr}; }

static Source pool(const Voxel *voxels, uint32_t slots) { return {nullptr, slots, slots, 0, 2 * brick_voxels, voxels}; }

static bool camera_table(const Camera &camera, int32_t table, Source *source) {
  switch (table) {
    case SV_TABLE_MOTION: *source = source_of(camera.motion); return true;
    case SV_TABLE_CELLS: *source = source_of(camera.cells); return true;
    case SV_TABLE_BLOBS: *source = source_of(camera.blobs); return true;
    case SV_TABLE_SPOTS:
      *source = source_of(camera.spots);
      if (camera.spots_capped) source->status |= SV_SPOTS_CAPPED;
      return true;
    case SV_TABLE_REGISTERED: *source = source_of(camera.registered); return true;
    case SV_TABLE_FUSED: *source = source_of(camera.fused); return true;
    default: return false;
  }
}

static bool grid_table(const Grid &grid, int32_t table, Source *source) {
  const uint32_t voxel_count = static_cast<uint32_t>(grid.size[0]) * static_cast<uint32_t>(grid.size[1]) * static_cast<uint32_t>(grid.size[2]);
  switch (table) {
    case SV_TABLE_RAYS: *source = whole(reinterpret_cast<const uint32_t *>(grid.rays.get()), grid.ray_count, 5); return true;
    case SV_TABLE_MARKS: *source = whole(grid.marks.get(), grid.marked ? grid.brick_count : 0, 1); return true;
    case SV_TABLE_BRICKS: *source = source_of(grid.selected); return true;
    case SV_TABLE_POOL: *source = pool(grid.pool.get(), grid.selected.count()); return true;
    case SV_TABLE_DENSE: *source = whole(grid.dense.get(), grid.densely_cast ? voxel_count : 0, 1); return true;
    case SV_TABLE_PEAKS: *source = source_of(grid.peaks); return true;
    case SV_TABLE_VOXELS: *source = source_of(grid.voxels); return true;
    case SV_TABLE_TILES: *source = source_of(grid.fine.tiles); return true;
    case SV_TABLE_SEGMENTS: *source = source_of(grid.fine.segments); return true;
    case SV_TABLE_TILE_BRICKS: *source = source_of(grid.fine.selected); return true;
    case SV_TABLE_TILE_POOL: *source = pool(grid.fine.pool.get(), grid.fine.selected.count()); return true;
    default: return false;
  }
}

/* A pool keeps sum and bits side by side; its table has the sums of a brick first. */
static void copy_pool(const Voxel *voxels, uint32_t slots, uint32_t *dst) {
  for (size_t slot = 0; slot < slots; slot += 1, voxels += brick_voxels) {
    uint32_t *row = dst + slot * 2 * brick_voxels;
    for (int i = 0; i < brick_voxels; i += 1) row[i] = voxels[i].sum, row[brick_voxels + i] = voxels[i].bits;
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_read(sv_context *context, int32_t table, int32_t handle, uint32_t *dst, uint32_t capacity_rows, sv_table *out) {
  Source source = {};
  bool known = false;
  if (table < SV_TABLE_RAYS) {
    const Camera *camera = camera_of(context, handle);
    if (camera == nullptr) return SV_ERROR_ARGUMENT;
    known = camera_table(*camera, table, &source);
  } else {
    const Grid *grid = grid_of(context, handle);
    if (grid == nullptr) return SV_ERROR_ARGUMENT;
    known = grid_table(*grid, table, &source);
  }
  if (!known) return fail(context, SV_ERROR_ARGUMENT, "Cannot read table %d, need 0 to %d", table, SV_TABLE_TILE_POOL);
  const uint32_t copied = dst == nullptr || source.count < capacity_rows ? source.count : capacity_rows;
  if (dst != nullptr && source.voxels != nullptr) copy_pool(source.voxels, copied, dst);
  else if (dst != nullptr && copied > 0) memcpy(dst, source.rows, size_t{copied} * source.words * sizeof(uint32_t));
  *out = sv_table{copied, source.total, source.status, source.words};
  return SV_OK;
}
