/* Giving slots to marked bricks: of a grid, and of its tiles. */
#ifndef SKYVOX_CUDA_SELECT_H
#define SKYVOX_CUDA_SELECT_H
#include "context.h"

namespace skyvox {

/* Selects those of `bricks` (at most `bricks_max`) that at least views_min views have marked, and empties their slots. Marks may be the
 * slots of the pool: they are read before those are written. Takes scratch for bricks_max / 32 items. */
int32_t enqueue_select(sv_context *context, Lane *lane, const Pool &pool, const uint32_t *marks, Length bricks, uint32_t bricks_max,
                       uint32_t views_min);

}  // namespace skyvox
#endif
