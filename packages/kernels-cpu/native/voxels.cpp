/* Op voxels: lists the voxels with enough views and weight; see packages/kernels/src/ops/voxels.ts.
 *
 * Input: the pool; output rows (x | y << 16, z, sum, view bits) by pool address. 8 bytes read per voxel of the pool. */
#include "voxel.h"

using namespace skyvox;

int32_t sv_voxels(sv_context *context, int32_t handle, int32_t views_min, uint32_t sum_min) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr || !sound(context, views_min, sum_min)) return SV_ERROR_ARGUMENT;
  const Evidence evidence = {static_cast<uint32_t>(views_min), sum_min};
  List &list = grid->voxels;
  uint64_t totals[bands_max] = {};
  const uint32_t slots = grid->selected.count();
  for_bands(context, slots, slots >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    uint32_t *rows = list.band_rows(band);
    uint64_t total = 0;
    for (uint32_t slot = begin; slot < end; slot += 1) {
      const Voxel *voxels = grid->pool.get() + size_t{slot} * brick_voxels;
      const Place corner = corner_of(*grid, slot);
      for (uint32_t i = 0; i < brick_voxels; i += 1) {
        if (!evidence.counts(voxels[i])) continue;
        if (total < list.rows_max) {
          uint32_t *row = rows + total * 4;
          row[0] = (corner.x + (i >> 6)) | (corner.y + (i >> 3 & 7)) << 16;
          row[1] = corner.z + (i & 7);
          row[2] = voxels[i].sum;
          row[3] = voxels[i].bits;
        }
        total += 1;
      }
    }
    totals[band] = total;
  });
  list.join(totals, context->threads);
  return SV_OK;
}
