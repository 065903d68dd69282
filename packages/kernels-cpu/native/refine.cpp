/* Op refine: tiles where enough views agree, and the rays cut to them; see packages/kernels/src/ops/refine.ts.
 *
 * Input: pool and rays; output: rows (x | y << 16, z | level << 16, first brick) per tile in order of pool address, and rows (ray, tile,
 * origin in the tile) per segment in order of the rays. Bytes moved: 8 per voxel of the pool read, 20 per segment written.
 *
 * A bit per voxel tells where the tiles of a superblock stand, so that a tile is found by counting bits. A ray jumps over layers of
 * superblocks without a tile, 8 slabs at a time; in the others it is walked. One band of slots, then of rays per thread. */
#include "fine.h"

namespace skyvox {

void forget_tiles(Fine *fine) {
  for (uint32_t i = 0; i < fine->superblock_count; i += 1) {
    const uint32_t brick = fine->superblocks[i].brick;
    fine->superblock_of[brick] = 0;
    fine->has_tiles[brick >> 6] = 0;
  }
  fine->superblock_count = 0;
  fine->tiles.forget();
  fine->segments.forget();
  fine->selected.forget();
}

/* Notes which voxels of slots [begin, end) have enough views, in the superblock of the slot's number. */
static void find_voxels(const Grid &grid, uint32_t views_min, uint32_t begin, uint32_t end) {
  for (uint32_t slot = begin; slot < end; slot += 1) {
    const Voxel *voxels = grid.pool.get() + size_t{slot} * brick_voxels;
    Superblock &superblock = grid.fine.superblocks[slot];
    superblock.brick = grid.selected.rows[slot];
    for (uint32_t x = 0; x < 8; x += 1, voxels += 64) {
      uint64_t found = 0;
      for (uint32_t i = 0; i < 64; i += 1) found |= uint64_t{sv_view_count(voxels[i].bits) >= views_min} << i;
      superblock.voxels[x] = found;
    }
  }
}

/* Takes all but the first `most` voxels away and counts what is left. */
static uint32_t keep_first(Superblock *superblock, uint64_t most) {
  uint32_t kept = 0;
  for (uint32_t x = 0; x < 8; x += 1) {
    uint64_t left = superblock->voxels[x], taken = 0;
    superblock->before[x] = static_cast<uint16_t>(kept);
    for (; left != 0 && kept < most; left &= left - 1, kept += 1) taken |= left & (0 - left);
    superblock->voxels[x] = taken;
  }
  return kept;
}

static void write_tiles(Fine *fine, const Superblock &superblock, const Grid &grid, uint32_t level, uint64_t first_brick) {
  const uint32_t bricks_y = static_cast<uint32_t>(grid.bricks[1]), bricks_z = static_cast<uint32_t>(grid.bricks[2]);
  const uint32_t corner_x = superblock.brick / bricks_z / bricks_y * 8, corner_y = superblock.brick / bricks_z % bricks_y * 8;
  const uint32_t corner_z = superblock.brick % bricks_z * 8;
  uint32_t *row = fine->tiles.rows.get() + 3 * size_t{superblock.first_tile};
  for (uint32_t x = 0; x < 8; x += 1)
    for (uint64_t bits = superblock.voxels[x]; bits != 0; bits &= bits - 1, row += 3, first_brick += sv_tile_bricks(level)) {
      const uint32_t place = static_cast<uint32_t>(__builtin_ctzll(bits));
      row[0] = (corner_x + x) | (corner_y + (place >> 3)) << 16;
      row[1] = (corner_z + (place & 7)) | level << 16;
      row[2] = static_cast<uint32_t>(first_brick);
    }
}

/* Numbers the tiles that find_voxels has found in `slots` superblocks, up to the first past a limit, and keeps the superblocks that have
 * one. The table holds as many rows as were kept. */
static void number_tiles(Grid *grid, uint32_t slots) {
  Fine &fine = grid->fine;
  const uint32_t tiles_max = static_cast<uint32_t>(grid->spec.tiles_max), marks_max = static_cast<uint32_t>(grid->spec.marks_max);
  uint64_t total = 0, first_brick = 0;
  uint32_t tiles = 0;
  bool full = false;
  for (uint32_t slot = 0; slot < slots; slot += 1) {
    Superblock superblock = fine.superblocks[slot];
    uint32_t found = 0;
    for (const uint64_t voxels : superblock.voxels) found += static_cast<uint32_t>(__builtin_popcountll(voxels));
    total += found;
    if (found == 0 || full) continue;
    const uint32_t level = fine.levels[superblock.brick], bricks = sv_tile_bricks(level);
    const uint64_t room = (marks_max - first_brick) / bricks;
    const uint32_t kept = keep_first(&superblock, room < tiles_max - tiles ? room : tiles_max - tiles);
    full = kept < found;
    if (kept == 0) continue;
    superblock.first_tile = tiles;
    write_tiles(&fine, superblock, *grid, level, first_brick);
    fine.superblocks[fine.superblock_count++] = superblock;
    fine.superblock_of[superblock.brick] = fine.superblock_count;
    fine.has_tiles[superblock.brick >> 6] |= uint64_t{1} << (superblock.brick & 63);
    tiles += kept, first_brick += uint64_t{kept} * bricks;
  }
  fine.tiles.rows_max = tiles;
  fine.tiles.total = total;
}

/* Where a ray passes on one axis, margin included. */
struct Span { int32_t low, high; };

SV_INLINE Span voxels_of(uint32_t in, uint32_t out, int32_t size) {
  const int32_t low = sv_tile_low(in, out), high = sv_tile_high(in, out);
  return {low < 0 ? 0 : low, high < size ? high : size - 1};
}

/* Cuts the rays of one band. */
struct Cutter {
  const Grid &grid;
  uint32_t *rows;
  uint32_t rows_max;
  uint64_t total = 0;

  template <int K> void put(uint32_t index, const Ray &ray, const uint32_t *steep, uint32_t tile_index) {
    using A = Axes<K>;
    if (total < rows_max) {
      const Tile &tile = grid.fine.tile(tile_index);
      const int32_t at[3] = {static_cast<int32_t>(tile.x()), static_cast<int32_t>(tile.y()), static_cast<int32_t>(tile.z())};
      const int32_t *origin = grid.views[ray.view].model.origin;
      const uint32_t shift = sv_level_shift(tile.level());
      const sv_entry entry = sv_entry_of(origin[A::k], at[A::k], ray.d[A::k], shift);
      uint32_t *row = rows + total * 5;
      row[0] = index, row[1] = tile_index;
      row[2 + A::k] = static_cast<uint32_t>(entry.at);
      row[2 + A::j] = static_cast<uint32_t>(sv_rebase(origin[A::j], at[A::j], ray.d[A::j], steep[0], entry.distance, shift));
      row[2 + A::l] = static_cast<uint32_t>(sv_rebase(origin[A::l], at[A::l], ray.d[A::l], steep[1], entry.distance, shift));
    }
    total += 1;
  }

  /* Whether a superblock near the rest of this layer has a tile. */
  template <int K> bool meets(const sv_walk &walk, int32_t slabs) const {
    using A = Axes<K>;
    const uint32_t far = static_cast<uint32_t>(slabs - 1);
    const Span y = voxels_of(walk.ya, walk.yb + walk.step_y * far, grid.size[A::j]);
    const Span z = voxels_of(walk.za, walk.zb + walk.step_z * far, grid.size[A::l]);
    if (y.low > y.high || z.low > z.high) return false;
    const uint32_t strides[3] = {static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]), static_cast<uint32_t>(grid.bricks[2]), 1u};
    const uint32_t layer = static_cast<uint32_t>(walk.n >> 3) * strides[A::k];
    for (int32_t by = y.low >> 3; by <= y.high >> 3; by += 1)
      for (int32_t bz = z.low >> 3; bz <= z.high >> 3; bz += 1)
        if (has_tiles(grid.fine, layer + static_cast<uint32_t>(by) * strides[A::j] + static_cast<uint32_t>(bz) * strides[A::l])) return true;
    return false;
  }

  template <int K> void cut_slab(const sv_walk &walk, uint32_t index, const Ray &ray, const uint32_t *steep) {
    using A = Axes<K>;
    const Span y = voxels_of(walk.ya, walk.yb, grid.size[A::j]), z = voxels_of(walk.za, walk.zb, grid.size[A::l]);
    uint32_t at[3];
    at[A::k] = static_cast<uint32_t>(walk.n);
    for (int32_t j = y.low; j <= y.high; j += 1)
      for (int32_t l = z.low; l <= z.high; l += 1) {
        at[A::j] = static_cast<uint32_t>(j), at[A::l] = static_cast<uint32_t>(l);
        const uint32_t tile = tile_at(grid, at[0], at[1], at[2]);
        if (tile != 0) put<K>(index, ray, steep, tile - 1);
      }
  }

  /* Whether a ray only moves away from here on; there are no segments where it does. */
  static bool gone(uint32_t position, uint32_t step, int32_t bricks) {
    if (sv_brick(position + SV_TILE_MARGIN) < 0) return static_cast<int32_t>(step) <= 0;
    return sv_brick(position - SV_TILE_MARGIN) >= bricks && static_cast<int32_t>(step) >= 0;
  }

  template <int K> void cut(uint32_t index) {
    using A = Axes<K>;
    const Ray &ray = grid.rays[index];
    const uint32_t along = sv_magnitude(ray.d[A::k]), size = static_cast<uint32_t>(grid.size[A::k]);
    const uint32_t steep[2] = {sv_steep_slope(sv_magnitude(ray.d[A::j]), along), sv_steep_slope(sv_magnitude(ray.d[A::l]), along)};
    sv_walk walk;
    if (!start<K>(&walk, grid, ray)) return;
    while (static_cast<uint32_t>(walk.n) < size) {
      if (gone(walk.ya, walk.step_y, grid.bricks[A::j]) || gone(walk.za, walk.step_z, grid.bricks[A::l])) return;
      const int32_t slabs = sv_layer_slabs(&walk);
      if (!meets<K>(walk, slabs)) {
        sv_walk_advance(&walk, slabs);
        continue;
      }
      for (int32_t i = 0; i < slabs && static_cast<uint32_t>(walk.n) < size; i += 1) {
        cut_slab<K>(walk, index, ray, steep);
        sv_walk_advance(&walk, 1);
      }
    }
  }

  void cut_rays(uint32_t begin, uint32_t end) {
    for (uint32_t index = begin; index < end; index += 1) {
      const Ray &ray = grid.rays[index];
      const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
      if (axis == 0) cut<0>(index);
      else if (axis == 1) cut<1>(index);
      else if (axis == 2) cut<2>(index);
    }
  }
};

}  // namespace skyvox

using namespace skyvox;

int32_t sv_refine(sv_context *context, int32_t handle, int32_t views_min) {
  Grid *grid = fine_grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (views_min < 1 || views_min > views_max)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot refine the grid: %d views, need 1 to %d", views_min, views_max);
  const uint32_t slots = grid->selected.count();
  forget_tiles(&grid->fine);
  for_bands(context, slots, slots >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int) {
    find_voxels(*grid, static_cast<uint32_t>(views_min), begin, end);
  });
  number_tiles(grid, slots);
  List &segments = grid->fine.segments;
  uint64_t totals[bands_max] = {};
  for_bands(context, grid->ray_count, grid->ray_count >= rays_worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    Cutter cutter = {*grid, segments.band_rows(band), segments.rows_max};
    cutter.cut_rays(begin, end);
    totals[band] = cutter.total;
  });
  segments.join(totals, context->threads);
  return SV_OK;
}
