/* Op mark: sets the view's bit in every brick a ray may cross; see packages/kernels/src/ops/mark.ts.
 *
 * Input: the rays; output: one word of view bits per brick. A ray advances one layer of 8 slabs at a time and marks the 1 to 4 bricks at
 * the corners of its way through it. Launch: a thread per ray. Bytes moved per layer: 4 to 16 read; written only when the bit is new. */
#include "walk.h"

namespace skyvox {

__global__ void mark_rays(const Ray *rays, uint32_t count, const __grid_constant__ Origins origins, const __grid_constant__ Box box,
                          uint32_t *marks) {
  const uint32_t i = thread_index();
  if (i >= count) return;
  const Way way = way_of(rays[i], origins);
  with_axis(way.direction, [&](auto axis) { mark_way<decltype(axis)::k>(way, box, marks); });
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_mark(sv_context *context, int32_t handle) {
  Grid *grid = nullptr;
  if (const int32_t status = use_grid_of_kind(context, handle, false, &grid)) return status;
  grid->marked = true;
  if (grid->ray_count == 0) return SV_OK;
  Lane *lane = &grid->lane;
  touch(lane);
  RUN(mark_rays, blocks_of(grid->ray_count), grid->rays, grid->ray_count, origins_of(*grid), box_of(grid->size), grid->marks);
  return SV_OK;
}
