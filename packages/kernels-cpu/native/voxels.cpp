/* Op voxels: lists the voxels with enough views and weight; see packages/kernels/src/ops/voxels.ts.
 *
 * Input: the pool, or that of the tiles; output rows (x | y << 16, z, sum, view bits), or (tile, place in the tile, sum, view bits), by
 * pool address. 8 bytes read per voxel of the pool. */
#include "voxel.h"

namespace skyvox {

/* What the rows of one slot have in common: the first two words of voxel (x, y, z) of the brick are these plus its place. */
struct Start {
  uint32_t first, second;
  bool tile;

  Start(const Grid &grid, uint32_t slot) : tile(is_fine(grid)) {
    const Place brick = tile ? tile_brick_of(grid.fine, slot) : brick_of(grid, slot);
    first = tile ? grid.fine.slot_tile[slot] : brick.x * 8 | brick.y * 8 << 16;
    second = tile ? brick.x << 17 | brick.y << 10 | brick.z << 3 : brick.z * 8;
  }

  void write(uint32_t place, uint32_t *row) const {
    const uint32_t x = place >> 6, y = place >> 3 & 7, z = place & 7;
    row[0] = tile ? first : first + (x | y << 16);
    row[1] = tile ? second + (x << 14 | y << 7 | z) : second + z;
  }
};

static uint64_t list_voxels(const Grid &grid, const Evidence &evidence, uint32_t begin, uint32_t end, uint32_t *rows, uint32_t rows_max) {
  uint64_t total = 0;
  for (uint32_t slot = begin; slot < end; slot += 1) {
    const Voxel *voxels = pool_of(grid) + size_t{slot} * brick_voxels;
    const Start start(grid, slot);
    for (uint32_t place = 0; place < brick_voxels; place += 1) {
      if (!evidence.counts(voxels[place])) continue;
      if (total < rows_max) {
        uint32_t *row = rows + total * 4;
        start.write(place, row);
        row[2] = voxels[place].sum;
        row[3] = voxels[place].bits;
      }
      total += 1;
    }
  }
  return total;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_voxels(sv_context *context, int32_t handle, int32_t views_min, uint32_t sum_min) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr || !sound(context, views_min, sum_min)) return SV_ERROR_ARGUMENT;
  const Evidence evidence = {static_cast<uint32_t>(views_min), sum_min};
  List &list = grid->voxels;
  uint64_t totals[bands_max] = {};
  const uint32_t slots = slots_of(*grid);
  for_bands(context, slots, slots >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    totals[band] = list_voxels(*grid, evidence, begin, end, list.band_rows(band), list.rows_max);
  });
  list.join(totals, context->threads);
  return SV_OK;
}
