/* Op refine: voxels of the grid that enough views crossed become tiles, and rays are cut to them; see packages/kernels/src/ops/refine.ts.
 *
 * Input: pool, rays and levels; output: rows of tables "tiles" and "segments". A bit per voxel of the pool tells the tiles, and counting
 * the bits before one numbers them. Launch: a thread per voxel of the pool, per slot, per 32 voxels, then per ray: it walks the grid once
 * to count its segments and, after a scan over rays, once more to write them. Bytes moved: 4 per voxel of the pool, 4 per layer of a
 * ray, 8 per voxel near it in a layer with tiles, 20 written per segment. */
#include "tiles.h"

namespace skyvox {

__global__ void keep_tiles(const Head *slots, const Voxel *voxels, uint32_t views_min, uint32_t *bits) {
  const uint64_t count = uint64_t{slots->count} * brick_voxels;
  for (uint64_t i = thread_index(); i < count; i += thread_count())
    if (sv_view_count(voxels[i].bits) >= views_min) set_bits(&bits[i / 32], 1u << (i % 32));
}

/* Notes which bricks hold tiles, and how many bricks those have. */
__global__ void place_superblocks(const Head *slots, const uint32_t *selected, const uint8_t *levels, const uint32_t *bits,
                                  uint32_t *superblocks,
                                  uint32_t *superblock_of, uint32_t *tile_bricks) {
  for (uint32_t slot = thread_index(); slot < slots->count; slot += thread_count()) {
    const uint32_t brick = selected[slot];
    uint32_t tiles = 0;
    for (uint32_t word = 0; word < brick_words; word += 1) tiles += bit_count(bits[slot * brick_words + word]);
    superblocks[slot] = brick;
    if (tiles != 0) superblock_of[brick] = slot + 1;
    tile_bricks[slot] = tiles * sv_tile_bricks(levels[brick]);
  }
}

struct TileLimits { uint32_t tiles_max, marks_max; };

/* Writes the tiles within the limits; used[0] becomes their number, used[1] that of their bricks. Both grow with the tile. */
__global__ void write_tiles(const Head *slots, const uint32_t *superblocks, const uint8_t *levels, const uint32_t *bits, Offsets offsets,
                            Offsets brick_offsets, Box grid, TileLimits limits, Tile *tiles, uint32_t *used) {
  for (uint32_t word = thread_index(); word < slots->count * brick_words; word += thread_count()) {
    const uint32_t slot = word / brick_words, brick = superblocks[slot], level = levels[brick], bricks = sv_tile_bricks(level);
    const uint32_t bricks_y = static_cast<uint32_t>(grid.bricks.y), bricks_z = static_cast<uint32_t>(grid.bricks.z);
    const uint32_t x = brick / bricks_z / bricks_y * 8, y = brick / bricks_z % bricks_y * 8, z = brick % bricks_z * 8;
    uint32_t tile = start_of(offsets, word);
    uint32_t first = sv_saturating_add(start_of(brick_offsets, slot), (tile - start_of(offsets, slot * brick_words)) * bricks);
    for (uint32_t mask = bits[word]; mask != 0; mask &= mask - 1, tile += 1) {
      const uint32_t end = sv_saturating_add(first, bricks);
      if (tile >= limits.tiles_max || end > limits.marks_max) break;
      const uint32_t place = word % brick_words * 32 + lowest_bit(mask);
      tiles[tile] = Tile{(x + (place >> 6)) | (y + (place >> 3 & 7u)) << 16, (z + (place & 7u)) | level << 16, first};
      raise_to(&used[0], tile + 1);
      raise_to(&used[1], end);
      first = end;
    }
  }
}

__global__ void finish_tiles(const uint32_t *used, Head *head) {
  head->count = used[0];
  head->status = head->total > used[0] ? SV_TILES_OVERFLOW : 0;
}

/* Whether a ray is past a face of the bricks by more than the margin, and moving away. */
DEVICE bool is_gone(uint32_t position, uint32_t step, int32_t bricks) {
  if (static_cast<int32_t>(position) < -static_cast<int32_t>(SV_TILE_MARGIN)) return static_cast<int32_t>(step) <= 0;
  return sv_brick(position - SV_TILE_MARGIN) >= bricks && static_cast<int32_t>(step) >= 0;
}

/* Indices from the lowest to the highest, both included; none where low is above high. */
struct Range { int32_t low, high; };

DEVICE Range clamped(int32_t low, int32_t high, int32_t count) { return {low < 0 ? 0 : low, high < count ? high : count - 1}; }

DEVICE Range bricks_near(uint32_t in, uint32_t out, int32_t count) { return clamped(sv_tile_low(in, out) >> 3, sv_tile_high(in, out) >> 3,
                                                                                    count); }

template <int K> DEVICE bool layer_has_tiles(const sv_walk &walk, int32_t slabs, const Box &grid, const TileMap &map) {
  using A = Axes<K>;
  const uint32_t ahead = static_cast<uint32_t>(slabs - 1);
  const Range y = bricks_near(walk.ya, walk.yb + walk.step_y * ahead, grid.bricks.at<A::j>());
  const Range z = bricks_near(walk.za, walk.zb + walk.step_z * ahead, grid.bricks.at<A::l>());
  for (int32_t j = y.low; j <= y.high; j += 1)
    for (int32_t l = z.low; l <= z.high; l += 1)
      if (map.superblock_of[grid.brick<K>(walk.n >> 3, j, l)] != 0) return true;
  return false;
}

/* Calls emit(tile, k, j, l) for each tile that a ray may cross, in order; layers without tiles are jumped over. */
template <int K, class Emit> DEVICE void cut_way(const Way &way, const Box &grid, const TileMap &map, const Emit &emit) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start_walk<K>(&walk, way, grid)) return;
  const uint32_t count_k = static_cast<uint32_t>(grid.voxels.at<A::k>());
  const auto goes_on = [&] {
    return static_cast<uint32_t>(walk.n) < count_k && !is_gone(walk.ya, walk.step_y, grid.bricks.at<A::j>()) &&
           !is_gone(walk.za, walk.step_z, grid.bricks.at<A::l>());
  };
  while (goes_on()) {
    const int32_t slabs = sv_layer_slabs(&walk);
    if (!layer_has_tiles<K>(walk, slabs, grid, map)) {
      sv_walk_advance(&walk, slabs);
      continue;
    }
    for (int32_t slab = 0; slab < slabs && goes_on(); slab += 1) {
      const Range y = clamped(sv_tile_low(walk.ya, walk.yb), sv_tile_high(walk.ya, walk.yb), grid.voxels.at<A::j>());
      const Range z = clamped(sv_tile_low(walk.za, walk.zb), sv_tile_high(walk.za, walk.zb), grid.voxels.at<A::l>());
      for (int32_t j = y.low; j <= y.high; j += 1)
        for (int32_t l = z.low; l <= z.high; l += 1) {
          const int32_t k = walk.n;
          const uint32_t tile = tile_at(map, grid, K == 0 ? k : j, K == 1 ? k : K == 0 ? j : l, K == 2 ? k : l);
          if (tile != no_tile) emit(tile, k, j, l);
        }
      sv_walk_advance(&walk, 1);
    }
  }
}

__global__ void count_segments(const Ray *rays, uint32_t count, const __grid_constant__ Origins origins, const __grid_constant__ Box grid,
                               const __grid_constant__ TileMap map, uint32_t *counts) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const Way way = way_of(rays[i], origins);
  uint32_t segments = 0;
  with_axis(way.direction, [&](auto axis) { cut_way<decltype(axis)::k>(way, grid, map,
                                                                       [&](uint32_t, int32_t, int32_t, int32_t) { segments += 1; }); });
  counts[i] = segments;
}

/* Writes the segments of one ray from row `at` on. */
template <int K> DEVICE void write_way(const Way &way, const Box &grid, const TileMap &map, uint32_t ray, uint32_t at, uint32_t rows_max,
                                       Segment *segments) {
  using A = Axes<K>;
  const int32_t dk = way.direction.at<A::k>(), dj = way.direction.at<A::j>(), dl = way.direction.at<A::l>();
  const uint32_t slope_j = sv_steep_slope(sv_magnitude(dj), sv_magnitude(dk)), slope_l = sv_steep_slope(sv_magnitude(dl), sv_magnitude(dk));
  cut_way<K>(way, grid, map, [&](uint32_t tile, int32_t k, int32_t j, int32_t l) {
    if (at >= rows_max) return;
    const uint32_t shift = sv_level_shift(level_of(map.tiles[tile]));
    const sv_entry entry = sv_entry_of(way.origin.at<A::k>(), k, dk, shift);
    const int32_t oj = sv_rebase(way.origin.at<A::j>(), j, dj, slope_j, entry.distance, shift);
    const int32_t ol = sv_rebase(way.origin.at<A::l>(), l, dl, slope_l, entry.distance, shift);
    segments[at] = Segment{ray, tile, {K == 0 ? entry.at : oj, K == 1 ? entry.at : K == 0 ? oj : ol, K == 2 ? entry.at : ol}};
    at += 1;
  });
}

__global__ void write_segments(const Ray *rays, uint32_t count, const __grid_constant__ Origins origins, const __grid_constant__ Box grid,
                               const __grid_constant__ TileMap map, const uint32_t *counts,
                               Offsets offsets, uint32_t rows_max, Segment *segments) {
  const uint32_t i = thread_index();
  if (i >= count || counts[i] == 0) return;
  const uint32_t at = start_of(offsets, i);
  if (at >= rows_max) return;
  const Way way = way_of(rays[i], origins);
  with_axis(way.direction, [&](auto axis) { write_way<decltype(axis)::k>(way, grid, map, i, at, rows_max, segments); });
}

static int32_t enqueue_tiles(sv_context *context, Grid *grid, uint32_t views_min) {
  Lane *lane = &grid->lane;
  const Fine &fine = grid->fine;
  const Head *slots = head_of(*lane, grid->pool.selected);
  const uint32_t slots_max = grid->pool.selected.rows_max, words_max = slots_max * brick_words;
  uint32_t *tile_bricks = lane->scratch.items.items;
  const Offsets brick_offsets = lane->scratch.offsets();
  const TileLimits limits = {fine.tiles.rows_max, static_cast<uint32_t>(grid->spec.marks_max)};
  ENQUEUE(zero_words(context, lane, fine.tile_bits, words_max));
  ENQUEUE(zero_words(context, lane, fine.superblock_of, grid->brick_count));
  ENQUEUE(zero_words(context, lane, fine.used, 2));
  RUN(keep_tiles, blocks_over(context, uint64_t{slots_max} * brick_voxels), slots, grid->pool.voxels, views_min, fine.tile_bits);
  Scan tiles = scan_into(*lane, fine.tiles, true, {&slots->count, brick_words}, words_max);
  tiles.items = fine.tile_bits, tiles.offsets = fine.tile_offsets;
  ENQUEUE(enqueue_scan(context, lane, tiles));
  RUN(place_superblocks, blocks_over(context, slots_max), slots, grid->pool.selected.rows, fine.levels, fine.tile_bits, fine.superblocks,
      fine.superblock_of, tile_bricks);
  ENQUEUE(enqueue_scan(context, lane, {tile_bricks, false, {&slots->count, 1}, slots_max, brick_offsets, nullptr, 0, 0, 0}));
  RUN(write_tiles, blocks_over(context, words_max), slots, fine.superblocks, fine.levels, fine.tile_bits, fine.tile_offsets, brick_offsets,
      box_of(grid->size), limits, reinterpret_cast<Tile *>(fine.tiles.rows), fine.used);
  RUN_ONE(finish_tiles, fine.used, head_of(*lane, fine.tiles));
  return SV_OK;
}

static int32_t enqueue_segments(sv_context *context, Grid *grid) {
  Lane *lane = &grid->lane;
  const List &out = grid->fine.segments;
  const uint32_t count = grid->ray_count;
  uint32_t *counts = lane->scratch.items.items;
  const Origins origins = origins_of(*grid);
  const Box box = box_of(grid->size);
  if (count > 0) RUN(count_segments, blocks_of(count), grid->rays, count, origins, box, map_of(*grid), counts);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, false, {nullptr, count}, count)));
  if (count == 0) return SV_OK;
  RUN(write_segments, blocks_of(count), grid->rays, count, origins, box, map_of(*grid), counts, lane->scratch.offsets(), out.rows_max,
      reinterpret_cast<Segment *>(out.rows));
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_refine(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = nullptr;
  if (const int32_t status = use_fine_grid(context, handle, &grid)) return status;
  if (const int32_t status = sound_views(context, views_min, "refine voxels")) return status;
  if (const int32_t status = direct_points(context, grid)) return status;
  touch(&grid->lane);
  if (const int32_t status = enqueue_tiles(context, grid, static_cast<uint32_t>(views_min))) return status;
  if (const int32_t status = enqueue_segments(context, grid)) return status;
  ENQUEUE(zero_words(context, &grid->lane, head_of(grid->lane, grid->fine.pool.selected), sizeof(Head) / sizeof(uint32_t)));
  return SV_OK;
}
