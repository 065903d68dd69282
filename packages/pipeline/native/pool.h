/** What the two sides of a frame pool share. */
#ifndef SKYVOX_PIPELINE_POOL_H
#define SKYVOX_PIPELINE_POOL_H

#include "shared.h"

/* The bits of all readers that a participant owns. */
uint64_t pool_bits_of(const svp_pool_header *pool, uint32_t participant);
/* Clears bits in all slots; returns how many were set. */
uint32_t pool_drop_holds(svp_pool_header *pool, uint64_t bits);

#endif
