/* Opening, closing and clearing a grid, and placing its views.
 *
 * All memory of a grid is taken when it is opened. A dense grid has rays and sums only; a grid of bricks has masks and slots of all its
 * bricks and voxels of at most bricks_max, and where it has finer voxels the same for the bricks of its tiles. Clearing costs the
 * masks and the slots in use, or all sums of a dense grid. */
#include "fine.h"

#include <new>

namespace skyvox {

Grid *grid_of(sv_context *context, int32_t handle) {
  if (handle >= 0 && handle < grids_max && context->grids[handle] != nullptr) return context->grids[handle];
  fail(context, SV_ERROR_ARGUMENT, "Cannot find the grid: handle %d is not open, need an open one", handle);
  return nullptr;
}

Grid *grid_of_kind(sv_context *context, int32_t handle, bool dense) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr || (grid->spec.dense != 0) == dense) return grid;
  fail(context, SV_ERROR_ARGUMENT, "Cannot use the grid: it is %s, need a %s one", dense ? "of bricks" : "dense", dense ? "dense" : "brick");
  return nullptr;
}

Grid *fine_grid_of(sv_context *context, int32_t handle) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr || grid->spec.tiles_max > 0) return grid;
  fail(context, SV_ERROR_ARGUMENT, "Cannot refine the grid: it has no finer voxels, need one opened with them");
  return nullptr;
}

static uint64_t voxel_count(const sv_grid_spec &spec) {
  return static_cast<uint64_t>(spec.nx) * static_cast<uint64_t>(spec.ny) * static_cast<uint64_t>(spec.nz);
}

static bool fine_fill(Fine *fine, const sv_grid_spec &spec, const uint8_t *levels, uint32_t brick_count, int bands) {
  const uint32_t tiles_max = static_cast<uint32_t>(spec.tiles_max), segments_max = static_cast<uint32_t>(spec.segments_max);
  const uint32_t marks_max = static_cast<uint32_t>(spec.marks_max), bricks_max = static_cast<uint32_t>(spec.tile_bricks_max);
  const bool filled = fine->levels.allocate(brick_count) && fine->tiles.open(3, tiles_max, SV_TILES_OVERFLOW, 1) &&
                      fine->segments.open(5, segments_max, SV_SEGMENTS_OVERFLOW, bands) &&
                      fine->selected.open(1, bricks_max, SV_TILE_BRICKS_OVERFLOW, 1) &&
                      fine->superblocks.allocate(static_cast<size_t>(spec.bricks_max)) && fine->superblock_of.allocate(brick_count) &&
                      fine->has_tiles.allocate(brick_count / 64 + 1) && fine->segment_begin.allocate(size_t{tiles_max} + 1) &&
                      fine->segment_order.allocate(segments_max) && fine->first_slot.allocate(tiles_max) &&
                      fine->slots.allocate(marks_max) && fine->slot_tile.allocate(bricks_max) &&
                      fine->pool.allocate(size_t{bricks_max} * brick_voxels);
  if (filled) memcpy(fine->levels.get(), levels, brick_count);
  return filled;
}

static bool grid_fill(Grid *grid, const sv_grid_spec &spec, const uint8_t *levels, int bands) {
  const int32_t size[3] = {spec.nx, spec.ny, spec.nz};
  grid->spec = spec;
  grid->brick_count = 1;
  for (int axis = 0; axis < 3; axis += 1) {
    grid->size[axis] = size[axis];
    grid->bricks[axis] = (size[axis] + 7) / 8;
    grid->brick_count *= static_cast<uint32_t>(grid->bricks[axis]);
  }
  const uint32_t rays_max = static_cast<uint32_t>(spec.rays_max), bricks_max = static_cast<uint32_t>(spec.bricks_max);
  if (!grid->rays.allocate(rays_max)) return false;
  if (spec.dense != 0) return grid->dense.allocate(voxel_count(spec));
  if (spec.tiles_max > 0 && !fine_fill(&grid->fine, spec, levels, grid->brick_count, bands)) return false;
  return grid->order.allocate(rays_max) && grid->order_scratch.allocate(size_t{rays_max} * 3) &&
         grid->marks.allocate(grid->brick_count) && grid->slots.allocate(grid->brick_count) &&
         grid->selected.open(1, bricks_max, SV_BRICKS_OVERFLOW, bands) && grid->pool.allocate(size_t{bricks_max} * brick_voxels) &&
         grid->peaks.open(16, static_cast<uint32_t>(spec.peaks_max), SV_PEAKS_OVERFLOW, bands) &&
         grid->voxels.open(4, static_cast<uint32_t>(spec.voxels_max), SV_VOXELS_OVERFLOW, bands);
}

bool sound(const sv_bend_shape &shape) {
  if (shape.shift < 0 || shape.shift > 16) return false;
  return (shape.columns == 0 && shape.rows == 0) || (shape.columns >= 2 && shape.rows >= 2);
}

static bool sound(const sv_ray_model &model) { return model.fraction_bits >= 0 && model.fraction_bits <= 30 && sound(model.bend); }

static uint64_t brick_count_of(const sv_grid_spec &spec) {
  return static_cast<uint64_t>((spec.nx + 7) / 8) * static_cast<uint64_t>((spec.ny + 7) / 8) * static_cast<uint64_t>((spec.nz + 7) / 8);
}

/* Checks what is asked of finer voxels; notes an error. */
static bool fine_sound(sv_context *context, const sv_grid_spec &spec, const uint8_t *levels) {
  const int32_t least = spec.tiles_max == 0 ? 0 : 1;
  const bool limits_ok = least == 0 ? (spec.segments_max | spec.marks_max | spec.tile_bricks_max) == 0
                                    : spec.tiles_max > 0 && spec.segments_max > 0 && spec.marks_max > 0 && spec.tile_bricks_max > 0;
  if (!limits_ok || (least == 1 && spec.dense != 0)) {
    fail(context, SV_ERROR_ARGUMENT, "Cannot open a %s grid: limits of finer voxels %d, %d, %d and %d, need %s each",
         spec.dense != 0 ? "dense" : "brick", spec.tiles_max, spec.segments_max, spec.marks_max, spec.tile_bricks_max,
         spec.dense != 0 ? "0" : "0 or at least 1");
    return false;
  }
  if (least == 0) return true;
  if (levels == nullptr) {
    fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid of finer voxels: no levels, need one per brick");
    return false;
  }
  const uint64_t count = brick_count_of(spec);
  uint32_t highest = 0;
  for (uint64_t brick = 0; brick < count; brick += 1) highest = levels[brick] > highest ? levels[brick] : highest;
  if (highest <= SV_LEVEL_MAX) return true;
  fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid of finer voxels: level %u, need 0 to %d", highest, SV_LEVEL_MAX);
  return false;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_grid_open(sv_context *context, const sv_grid_spec *spec, const uint8_t *levels, int32_t *out) {
  const bool size_ok = spec->nx >= 1 && spec->nx <= 2047 && spec->ny >= 1 && spec->ny <= 2047 && spec->nz >= 1 && spec->nz <= 2047;
  if (!size_ok)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: %d x %d x %d voxels, need 1 to 2047 each", spec->nx, spec->ny, spec->nz);
  if (spec->dense != 0 && voxel_count(*spec) > UINT32_MAX)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a dense grid: %llu voxels, need fewer than 2^32",
                static_cast<unsigned long long>(voxel_count(*spec)));
  if (spec->rays_max < 1 || spec->bricks_max < 1 || spec->peaks_max < 1 || spec->voxels_max < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: limits %d, %d, %d and %d, need at least 1 each", spec->rays_max,
                spec->bricks_max, spec->peaks_max, spec->voxels_max);
  if (!fine_sound(context, *spec, levels)) return SV_ERROR_ARGUMENT;
  int32_t handle = 0;
  while (handle < grids_max && context->grids[handle] != nullptr) handle += 1;
  if (handle == grids_max)
    return fail(context, SV_ERROR_CAPACITY, "Cannot open a grid: %d are open, need fewer than %d", handle, grids_max);
  Grid *grid = new (std::nothrow) Grid;
  if (grid == nullptr || !grid_fill(grid, *spec, levels, context->threads)) {
    delete grid;
    return fail(context, SV_ERROR_MEMORY, "Cannot open a grid of %d x %d x %d voxels: out of memory", spec->nx, spec->ny, spec->nz);
  }
  context->grids[handle] = grid;
  *out = handle;
  return SV_OK;
}

int32_t sv_grid_close(sv_context *context, int32_t handle) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  delete grid;
  context->grids[handle] = nullptr;
  return SV_OK;
}

int32_t sv_set_view(sv_context *context, int32_t handle, int32_t index, const sv_ray_model *model, const int32_t *bend) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  if (index < 0 || index >= views_max) return fail(context, SV_ERROR_ARGUMENT, "Cannot set view %d, need 0 to %d", index, views_max - 1);
  if (!sound(*model))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot set view %d: %d fraction bits and a bend of %d x %d nodes every 2^%d pixels", index,
                model->fraction_bits, model->bend.columns, model->bend.rows, model->bend.shift);
  View &view = grid->views[index];
  const size_t nodes = static_cast<size_t>(model->bend.columns) * static_cast<size_t>(model->bend.rows) * 2;
  if (nodes > 0) {
    if (!view.bend.allocate(nodes)) return fail(context, SV_ERROR_MEMORY, "Cannot set view %d: out of memory", index);
    memcpy(view.bend.get(), bend, nodes * sizeof(int32_t));
  }
  view.model = *model;
  view.set = true;
  return SV_OK;
}

int32_t sv_clear(sv_context *context, int32_t handle) {
  Grid *grid = grid_of(context, handle);
  if (grid == nullptr) return SV_ERROR_ARGUMENT;
  grid->ray_count = 0;
  grid->weight_total = 0;
  grid->ordered = false;
  if (grid->spec.dense != 0) {
    memset(grid->dense.get(), 0, voxel_count(grid->spec) * sizeof(uint32_t));
    return SV_OK;
  }
  memset(grid->marks.get(), 0, size_t{grid->brick_count} * sizeof(uint32_t));
  for (uint32_t slot = 0; slot < grid->selected.count(); slot += 1) grid->slots[grid->selected.rows[slot]] = 0;
  grid->selected.forget();
  grid->peaks.forget();
  grid->voxels.forget();
  if (grid->spec.tiles_max > 0) forget_tiles(&grid->fine);
  return SV_OK;
}
