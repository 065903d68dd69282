/* Op castTiles: marks, selects and casts once more, within the tiles; see packages/kernels/src/ops/cast-tiles.ts.
 *
 * Input: tiles and segments of the last refine; output: rows of table "tileBricks" and the tile pool. One word per brick of all tiles
 * holds its view bits while segments mark, and its slot afterwards. Launch: a thread per segment, twice, with the kernels of select
 * between. Bytes moved per layer and voxel of a segment: as mark and cast. */
#include "select.h"
#include "tiles.h"

namespace skyvox {

__global__ void empty_marks(const uint32_t *used, uint32_t *marks) {
  for (uint32_t i = thread_index(); i < used[1]; i += thread_count()) marks[i] = 0;
}

__global__ void mark_segments(const Segment *segments, const Head *head, const Ray *rays, const Tile *tiles, uint32_t *marks) {
  for (uint32_t i = thread_index(); i < head->count; i += thread_count()) {
    const Way way = way_of(segments[i], rays);
    const Box box = box_of(tiles[segments[i].tile]);
    with_axis(way.direction, [&](auto axis) { mark_way<decltype(axis)::k>(way, box, whole_way(), marks); });
  }
}

__global__ void cast_segments(const Segment *segments, const Head *head, const Ray *rays, const Tile *tiles, const uint32_t *slots,
                              Voxel *voxels) {
  for (uint32_t i = thread_index(); i < head->count; i += thread_count()) {
    const Way way = way_of(segments[i], rays);
    const Box box = box_of(tiles[segments[i].tile]);
    with_axis(way.direction, [&](auto axis) { cast_way<decltype(axis)::k>(way, box, whole_way(), slots, voxels); });
  }
}

/* The tile of each slot: the last one that begins at or before its brick. */
__global__ void find_slot_tiles(const uint32_t *selected, const Head *slots, const Tile *tiles, const Head *head, uint32_t *slot_tile) {
  for (uint32_t slot = thread_index(); slot < slots->count; slot += thread_count()) {
    const uint32_t brick = selected[slot];
    uint32_t low = 0, high = head->count;
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      if (tiles[middle].first_brick <= brick) low = middle;
      else high = middle;
    }
    slot_tile[slot] = low;
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_cast_tiles(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = nullptr;
  if (const int32_t status = use_fine_grid(context, handle, &grid)) return status;
  if (const int32_t status = sound_views(context, views_min, "cast in tiles")) return status;
  Lane *lane = &grid->lane;
  touch(lane);
  const Fine &fine = grid->fine;
  const uint32_t marks_max = static_cast<uint32_t>(grid->spec.marks_max), blocks = blocks_over(context, fine.segments.rows_max);
  const Segment *segments = reinterpret_cast<const Segment *>(fine.segments.rows);
  const Tile *tiles = reinterpret_cast<const Tile *>(fine.tiles.rows);
  const Head *segment_head = head_of(*lane, fine.segments);
  RUN(empty_marks, blocks_over(context, marks_max), fine.used, fine.pool.slots);
  RUN(mark_segments, blocks, segments, segment_head, grid->rays, tiles, fine.pool.slots);
  if (const int32_t status = enqueue_select(context, lane, fine.pool, fine.pool.slots, {&fine.used[1], 1}, marks_max,
                                            static_cast<uint32_t>(views_min))) return status;
  RUN(find_slot_tiles, blocks_over(context, fine.pool.selected.rows_max), fine.pool.selected.rows, head_of(*lane, fine.pool.selected),
      tiles, head_of(*lane, fine.tiles), fine.slot_tile);
  RUN(cast_segments, blocks, segments, segment_head, grid->rays, tiles, fine.pool.slots, fine.pool.voxels);
  return SV_OK;
}
