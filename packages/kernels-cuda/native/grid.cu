/* Opening, closing and clearing a grid, and placing its views.
 *
 * All memory of a grid is taken when it is opened. A dense grid has rays and sums only; a grid of bricks has marks and slots of all its
 * bricks and voxels of at most bricks_max, and where it has finer voxels the same for the bricks of its tiles. Clearing costs the
 * marks and the slots, or all sums of a dense grid. */
#include "context.h"
#include "../../kernels/native/rebase.h"

#include <new>

namespace skyvox {

int32_t use_grid(sv_context *context, int32_t handle, Grid **out) {
  if (const int32_t status = enter(context)) return status;
  if (handle < 0 || handle >= grids_max || context->grids[handle] == nullptr)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find the grid: handle %d is not open, need an open one", handle);
  *out = context->grids[handle];
  return SV_OK;
}

int32_t use_grid_of_kind(sv_context *context, int32_t handle, bool dense, Grid **out) {
  if (const int32_t status = use_grid(context, handle, out)) return status;
  if (((*out)->spec.dense != 0) == dense) return SV_OK;
  return fail(context, SV_ERROR_ARGUMENT, "Cannot use the grid: it is %s, need a %s one", dense ? "of bricks" : "dense",
              dense ? "dense" : "brick");
}

int32_t use_fine_grid(sv_context *context, int32_t handle, Grid **out) {
  if (const int32_t status = use_grid(context, handle, out)) return status;
  if ((*out)->spec.tiles_max > 0) return SV_OK;
  return fail(context, SV_ERROR_ARGUMENT, "Cannot refine the grid: it has no finer voxels, need one opened with them");
}

bool sound(const sv_bend_shape &shape) {
  if (shape.shift < 0 || shape.shift > 16) return false;
  return (shape.columns == 0 && shape.rows == 0) || (shape.columns >= 2 && shape.rows >= 2);
}

int32_t sound_views(sv_context *context, int32_t views_min, const char *verb) {
  if (views_min >= 1 && views_min <= views_max) return SV_OK;
  return fail(context, SV_ERROR_ARGUMENT, "Cannot %s: %d views, need 1 to %d", verb, views_min, views_max);
}

static uint64_t voxel_count(const sv_grid_spec &spec) {
  return static_cast<uint64_t>(spec.nx) * static_cast<uint64_t>(spec.ny) * static_cast<uint64_t>(spec.nz);
}

static void fill_pool(Taking *taking, Pool *pool, uint32_t bricks, int32_t slots_max, uint32_t overflow_bit, int32_t head) {
  (*taking)(&pool->slots, bricks);
  (*taking)(&pool->voxels, static_cast<size_t>(slots_max) * brick_voxels);
  if (taking->status == SV_OK) taking->status = open_list(taking->context, taking->lane, &pool->selected, 1, slots_max, overflow_bit, head);
}

static void fill_fine(Taking *taking, Grid *grid) {
  Fine *fine = &grid->fine;
  const sv_grid_spec &spec = grid->spec;
  const size_t slots = static_cast<size_t>(spec.bricks_max), words = slots * brick_words;
  (*taking)(&fine->levels, grid->brick_count);
  (*taking)(&fine->superblocks, slots);
  (*taking)(&fine->superblock_of, grid->brick_count);
  (*taking)(&fine->tile_bits, words);
  (*taking)(&fine->tile_offsets.within, words);
  (*taking)(&fine->tile_offsets.chunks, (words >> chunk_shift) + 1);
  (*taking)(&fine->used, 2);
  (*taking)(&fine->slot_tile, static_cast<size_t>(spec.tile_bricks_max));
  fill_pool(taking, &fine->pool, static_cast<uint32_t>(spec.marks_max), spec.tile_bricks_max, SV_TILE_BRICKS_OVERFLOW, HEAD_TILE_BRICKS);
  if (taking->status == SV_OK) taking->status = open_list(taking->context, taking->lane, &fine->tiles, 3, spec.tiles_max, SV_TILES_OVERFLOW,
                                                          HEAD_TILES);
  if (taking->status == SV_OK)
    taking->status = open_list(taking->context, taking->lane, &fine->segments, 5, spec.segments_max, SV_SEGMENTS_OVERFLOW, HEAD_SEGMENTS);
}

/* Items of the largest scan of a grid. */
static size_t scan_items(const Grid &grid) {
  const sv_grid_spec &spec = grid.spec;
  const size_t sizes[] = {grid.brick_count / 32 + 1, static_cast<size_t>(spec.bricks_max) * brick_words, static_cast<size_t>(spec.rays_max),
                          static_cast<size_t>(spec.marks_max) / 32 + 1, static_cast<size_t>(spec.tile_bricks_max) * brick_words};
  size_t most = 0;
  for (const size_t size : sizes) most = size > most ? size : most;
  return most;
}

static int32_t fill(sv_context *context, Grid *grid, const sv_grid_spec &spec, const uint8_t *levels) {
  const int32_t size[3] = {spec.nx, spec.ny, spec.nz};
  Lane *lane = &grid->lane;
  grid->spec = spec;
  grid->brick_count = 1;
  for (int axis = 0; axis < 3; axis += 1) {
    grid->size.voxels[axis] = size[axis];
    grid->size.bricks[axis] = (size[axis] + 7) / 8;
    grid->brick_count *= static_cast<uint32_t>(grid->size.bricks[axis]);
  }
  if (const int32_t status = open_lane(context, lane)) return status;
  Taking taking = {context, lane};
  taking(&grid->rays, static_cast<size_t>(spec.rays_max));
  taking(&grid->points, static_cast<size_t>(spec.rays_max));
  TRY(cudaHostAlloc(&grid->gathered, static_cast<size_t>(spec.rays_max) * sizeof(uint4), cudaHostAllocDefault));
  TRY(cudaEventCreateWithFlags(&grid->points_copied, cudaEventDisableTiming));
  if (spec.dense != 0) {
    taking(&grid->dense, voxel_count(spec));
    return taking.status;
  }
  taking(&grid->marks, grid->brick_count);
  fill_pool(&taking, &grid->pool, grid->brick_count, spec.bricks_max, SV_BRICKS_OVERFLOW, HEAD_BRICKS);
  if (taking.status == SV_OK) taking.status = open_list(context, lane, &grid->peaks, 16, spec.peaks_max, SV_PEAKS_OVERFLOW, HEAD_PEAKS);
  if (taking.status == SV_OK) taking.status = open_list(context, lane, &grid->voxels, 4, spec.voxels_max, SV_VOXELS_OVERFLOW, HEAD_VOXELS);
  if (spec.tiles_max > 0) fill_fine(&taking, grid);
  if (taking.status == SV_OK) taking.status = grow_scratch(context, lane, scan_items(*grid));
  if (taking.status == SV_OK && spec.tiles_max > 0) taking.status = upload_copy(context, lane, grid->fine.levels, levels, grid->brick_count);
  return taking.status;
}

void close_grid(sv_context *context, Grid *grid) {
  close_lane(context, &grid->lane);
  cudaError_t error = cudaSuccess;
  if (grid->gathered != nullptr && !context->lost) error = cudaFreeHost(grid->gathered);
  if (grid->points_copied != nullptr && !context->lost && error == cudaSuccess) error = cudaEventDestroy(grid->points_copied);
  if (error != cudaSuccess) fail_device(context, error);
  delete grid;
}

static bool sound(const sv_ray_model &model) { return model.fraction_bits >= 0 && model.fraction_bits <= 30 && sound(model.bend); }

/* Whether limits and levels of finer voxels make sense, with the error noted. */
static int32_t sound_fine(sv_context *context, const sv_grid_spec &spec, const uint8_t *levels) {
  const bool has_fine = spec.tiles_max > 0;
  const bool limits_ok = has_fine ? spec.segments_max > 0 && spec.marks_max > 0 && spec.tile_bricks_max > 0
                                  : (spec.tiles_max | spec.segments_max | spec.marks_max | spec.tile_bricks_max) == 0;
  if (!limits_ok || (has_fine && spec.dense != 0))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a %s grid: limits of finer voxels %d, %d, %d and %d, need %s each",
                spec.dense != 0 ? "dense" : "brick",
                spec.tiles_max, spec.segments_max, spec.marks_max, spec.tile_bricks_max, spec.dense != 0 ? "0" : "0 or at least 1");
  if (!has_fine) return SV_OK;
  if (levels == nullptr) return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid of finer voxels: no levels, need one per brick");
  uint64_t count = 1;
  const int32_t sides[] = {spec.nx, spec.ny, spec.nz};
  for (const int32_t side : sides) count *= static_cast<uint64_t>((side + 7) / 8);
  uint32_t highest = 0;
  for (uint64_t brick = 0; brick < count; brick += 1) highest = levels[brick] > highest ? levels[brick] : highest;
  if (highest <= SV_LEVEL_MAX) return SV_OK;
  return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid of finer voxels: level %u, need 0 to %d", highest, SV_LEVEL_MAX);
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_grid_open(sv_context *context, const sv_grid_spec *spec, const uint8_t *levels, int32_t *out) {
  if (const int32_t status = enter(context)) return status;
  const bool size_ok = spec->nx >= 1 && spec->nx <= 2047 && spec->ny >= 1 && spec->ny <= 2047 && spec->nz >= 1 && spec->nz <= 2047;
  if (!size_ok)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: %d x %d x %d voxels, need 1 to 2047 each", spec->nx, spec->ny, spec->nz);
  if (spec->dense != 0 && voxel_count(*spec) > UINT32_MAX)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a dense grid: %llu voxels, need fewer than 2^32",
                static_cast<unsigned long long>(voxel_count(*spec)));
  if (spec->rays_max < 1 || spec->bricks_max < 1 || spec->peaks_max < 1 || spec->voxels_max < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a grid: limits %d, %d, %d and %d, need at least 1 each", spec->rays_max,
                spec->bricks_max, spec->peaks_max, spec->voxels_max);
  if (const int32_t status = sound_fine(context, *spec, levels)) return status;
  int32_t handle = 0;
  while (handle < grids_max && context->grids[handle] != nullptr) handle += 1;
  if (handle == grids_max)
    return fail(context, SV_ERROR_CAPACITY, "Cannot open a grid: %d are open, need fewer than %d", handle, grids_max);
  Grid *grid = new (std::nothrow) Grid;
  if (grid == nullptr) return fail(context, SV_ERROR_MEMORY, "Cannot open a grid: no memory of the host is left, need some");
  const int32_t status = fill(context, grid, *spec, levels);
  if (status != SV_OK) {
    close_grid(context, grid);
    return status;
  }
  context->grids[handle] = grid;
  *out = handle;
  return SV_OK;
}

int32_t sv_grid_close(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid(context, handle, &grid)) return status;
  context->grids[handle] = nullptr;
  close_grid(context, grid);
  return SV_OK;
}

int32_t sv_set_view(sv_context *context, int32_t handle, int32_t index, const sv_ray_model *model, const int32_t *bend) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid(context, handle, &grid)) return status;
  if (index < 0 || index >= views_max) return fail(context, SV_ERROR_ARGUMENT, "Cannot set a view: number %d, need 0 to %d", index,
                                                        views_max - 1);
  if (!sound(*model))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot set view %d: %d fraction bits and a bend of %d x %d nodes every 2^%d pixels, need 0 to 30, none"
                " or at least 2 x 2, and 2^0 to 2^16", index, model->fraction_bits, model->bend.columns, model->bend.rows, model->bend.shift);
  /* Rays that were added are of the view as it was. */
  if (const int32_t status = direct_points(context, grid)) return status;
  View &view = grid->views[index];
  const size_t nodes = static_cast<size_t>(model->bend.columns) * static_cast<size_t>(model->bend.rows) * 2;
  if (const int32_t status = grow(context, &grid->lane, nodes, &view.bend)) return status;
  if (const int32_t status = upload_copy(context, &grid->lane, view.bend.items, bend, nodes * sizeof(int32_t))) return status;
  view.model = *model;
  view.set = true;
  return SV_OK;
}

int32_t sv_clear(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid(context, handle, &grid)) return status;
  Lane *lane = &grid->lane;
  touch(lane);
  grid->ray_count = grid->directed_count = 0;
  grid->weight_total = 0;
  ENQUEUE(zero_words(context, lane, lane->heads, heads_max * sizeof(Head) / sizeof(uint32_t)));
  if (grid->spec.dense != 0) {
    ENQUEUE(flush(context, lane));
    TRY(cudaMemsetAsync(grid->dense, 0, voxel_count(grid->spec) * sizeof(uint32_t), lane->stream));
    return SV_OK;
  }
  ENQUEUE(zero_words(context, lane, grid->marks, grid->brick_count));
  ENQUEUE(zero_words(context, lane, grid->pool.slots, grid->brick_count));
  if (grid->spec.tiles_max > 0) ENQUEUE(zero_words(context, lane, grid->fine.used, 2));
  return SV_OK;
}
