/* Puts rays that run side by side next to each other, so that bricks stay in the cache between them. Sums commute: the order
 * shows in no table. */
#ifndef SKYVOX_CPU_ORDER_H
#define SKYVOX_CPU_ORDER_H
#include "context.h"

namespace skyvox {

/* Fills grid->order once per set of rays. */
void order_rays(Grid *grid);

}  // namespace skyvox
#endif
