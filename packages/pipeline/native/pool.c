/**
 * A frame pool as memory: how it begins, and what is cleaned up after a writer or reader that is gone.
 *
 * A slot goes FREE -> WRITING -> READY, and from READY through CLAIMING to WRITING again, with the next generation. `pool-writer.c` and
 * `pool-reader.c` hold the two sides.
 */
#include "crash-point.h"
#include "pool.h"
#include "segment.h"

void pool_format(svp_pool_header *pool, const svp_part *part, const svp_place *place) {
  pool->slot_count = part->slots;
  pool->slot_bytes = part->slot_bytes;
  pool->payload_stride = place->payload_stride;
  for (uint32_t i = 0; i < part->slots; i++)
    atomic_store_explicit(&pool_slots(pool)[i].word, word_make(1, 0, SLOT_FREE), memory_order_relaxed);
}

uint64_t pool_bits_of(const svp_pool_header *pool, uint32_t participant) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    const uint32_t cell = atomic_load_explicit(&pool->readers[i].cell, memory_order_acquire);
    if (cell_state_of(cell) != CELL_FREE && cell_owner(cell) == participant) bits |= 1ull << i;
  }
  return bits;
}

uint32_t pool_drop_holds(svp_pool_header *pool, uint64_t bits) {
  uint32_t dropped = 0;
  for (uint32_t i = 0; i < pool->slot_count; i++) {
    svp_pool_slot *slot = &pool_slots(pool)[i];
    const uint64_t held = atomic_load_explicit(&slot->holders, memory_order_relaxed) & bits;
    if (held == 0) continue;
    atomic_fetch_and(&slot->holders, ~bits);
    dropped += (uint32_t)__builtin_popcountll(held);
  }
  return dropped;
}

/* A frame half written is gone; one that the writer was only looking at is whole. */
static void clean_slot(svp_pool_header *pool, svp_pool_slot *slot, uint32_t participant, svp_reap_report *report) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
  if (word_owner(word) != participant) return;
  if (word_state(word) == SLOT_CLAIMING)
    atomic_store(&slot->word, word_make(word_generation(word), participant, SLOT_READY));
  if (word_state(word) != SLOT_WRITING) return;
  /* Bits in a slot that is being written are of readers that came too late or were evicted: they do not count. */
  atomic_store(&slot->holders, 0);
  atomic_store(&slot->word, word_make(word_generation(word) + 1, participant, SLOT_FREE));
  atomic_fetch_add_explicit(&pool->aborted, 1, memory_order_relaxed);
  report->claims++;
}

void pool_clean(svp_pool_header *pool, uint32_t participant, svp_reap_report *report) {
  report->holds += pool_drop_holds(pool, pool_bits_of(pool, participant));
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    uint32_t cell = atomic_load_explicit(&pool->readers[i].cell, memory_order_acquire);
    if (cell_state_of(cell) != CELL_FREE && cell_owner(cell) == participant)
      atomic_store_explicit(&pool->readers[i].cell, cell_make(0, 0, CELL_FREE), memory_order_release);
  }
  for (uint32_t i = 0; i < pool->slot_count; i++) clean_slot(pool, &pool_slots(pool)[i], participant, report);
}
