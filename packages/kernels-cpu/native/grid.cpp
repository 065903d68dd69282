/* Opening, closing and clearing a grid, and placing its views.
 *
 * All memory of a grid is taken when it is opened. A dense grid has rays and sums only; a grid of bricks has masks and slots of all its
 * bricks and voxels of at most bricks_max. Clearing costs the masks and the slots in use, or all sums of a dense grid. */
#include "context.h"

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

static uint64_t voxel_count(const sv_grid_spec &spec) {
  return static_cast<uint64_t>(spec.nx) * static_cast<uint64_t>(spec.ny) * static_cast<uint64_t>(spec.nz);
}

static bool grid_fill(Grid *grid, const sv_grid_spec &spec, int bands) {
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
  return grid->order.allocate(rays_max) && grid->order_scratch.allocate(size_t{rays_max} * 3) &&
         grid->marks.allocate(grid->brick_count) && grid->slots.allocate(grid->brick_count) &&
         grid->selected.open(1, bricks_max, SV_BRICKS_OVERFLOW, 1) && grid->pool.allocate(size_t{bricks_max} * brick_voxels) &&
         grid->peaks.open(16, static_cast<uint32_t>(spec.peaks_max), SV_PEAKS_OVERFLOW, bands) &&
         grid->voxels.open(4, static_cast<uint32_t>(spec.voxels_max), SV_VOXELS_OVERFLOW, bands);
}

static bool sound(const sv_ray_model &model) {
  if (model.fraction_bits < 0 || model.fraction_bits > 30 || model.bend_shift < 0 || model.bend_shift > 16) return false;
  if (model.bend_columns == 0 && model.bend_rows == 0) return true;
  return model.bend_columns >= 2 && model.bend_rows >= 2;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_grid_open(sv_context *context, const sv_grid_spec *spec, int32_t *out) {
  const bool size_ok = spec->nx >= 1 && spec->nx <= 2047 && spec->ny >= 1 && spec->ny <= 2047 && spec->nz >= 1 && spec->nz <= 2047;
  if (!size_ok)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: %d x %d x %d voxels, need 1 to 2047 each", spec->nx, spec->ny, spec->nz);
  if (spec->dense != 0 && voxel_count(*spec) > UINT32_MAX)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a dense grid: %llu voxels, need fewer than 2^32",
                static_cast<unsigned long long>(voxel_count(*spec)));
  if (spec->rays_max < 1 || spec->bricks_max < 1 || spec->peaks_max < 1 || spec->voxels_max < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: limits %d, %d, %d and %d, need at least 1 each", spec->rays_max,
                spec->bricks_max, spec->peaks_max, spec->voxels_max);
  int32_t handle = 0;
  while (handle < grids_max && context->grids[handle] != nullptr) handle += 1;
  if (handle == grids_max)
    return fail(context, SV_ERROR_CAPACITY, "Cannot open a grid: %d are open, need fewer than %d", handle, grids_max);
  Grid *grid = new (std::nothrow) Grid;
  if (grid == nullptr || !grid_fill(grid, *spec, context->threads)) {
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
                model->fraction_bits, model->bend_columns, model->bend_rows, model->bend_shift);
  View &view = grid->views[index];
  const size_t nodes = static_cast<size_t>(model->bend_columns) * static_cast<size_t>(model->bend_rows) * 2;
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
  return SV_OK;
}
