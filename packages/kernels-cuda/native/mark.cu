/* Op mark: sets the view's bit in every brick a ray may cross; see packages/kernels/src/ops/mark.ts.
 *
 * Input: the rays; output: one word of view bits per brick. A ray advances one layer of 8 slabs at a time and marks the 1 to 4 bricks at
 * the corners of its way through it. Launch: a thread per piece of a ray. Bytes moved per layer: 4 to 16 read; written only when the
 * bit is new. */
#include "walk.h"

namespace skyvox {

__global__ void mark_rays(const Ray *rays, const __grid_constant__ Split split, const __grid_constant__ Origins origins,
                          const __grid_constant__ Box box, uint32_t *marks) {
  const uint32_t thread = thread_index();
  if (thread >= split.rays * split.pieces) return;
  const Way way = way_of(rays[thread % split.rays], origins);
  const Piece piece = piece_of(split, thread);
  with_axis(way.direction, [&](auto axis) { mark_way<decltype(axis)::k>(way, box, piece, marks); });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_mark(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  grid->marked = true;
  if (grid->ray_count == 0) return SV_OK;
  if (const int32_t status = direct_points(context, grid)) return status;
  Lane *lane = &grid->lane;
  touch(lane);
  const Split split = split_of(context, *grid);
  RUN(mark_rays, blocks_of(split.rays * split.pieces), grid->rays, split, origins_of(*grid), box_of(grid->size), grid->marks);
  return SV_OK;
}
