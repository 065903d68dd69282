/**
 * A ring as memory: how it begins, and what is cleaned up after a producer or consumer that is gone.
 *
 * Positions count up from `capacity`, so that the position a lap behind is never negative. `ring-producer.c` and `ring-consumer.c` hold
 * the two sides.
 */
#include "crash-point.h"
#include "futex.h"
#include "segment.h"

void ring_format(svp_ring *ring, const svp_part *part, const svp_place *place) {
  ring->capacity = part->slots;
  ring->slot_stride = (uint32_t)place->slot_stride;
  atomic_store_explicit(&ring->head, part->slots, memory_order_relaxed);
  for (uint64_t position = 0; position < part->slots; position++) {
    atomic_store_explicit(&ring_slot(ring, position)->word, word_make(position, 0, SLOT_SKIPPED), memory_order_relaxed);
  }
}

/* A claim that was never committed is lost at its position; one that was passed over has left a hole there already. */
static void clean_slot(svp_ring *ring, svp_ring_slot *slot, uint32_t participant, svp_reap_report *report) {
  uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
  for (;;) {
    const uint32_t state = word_state(word);
    if (word_owner(word) != participant || (state != SLOT_WRITING && state != SLOT_STALLED)) return;
    const uint32_t next = state == SLOT_WRITING ? SLOT_ABORTED : SLOT_SKIPPED;
    if (!atomic_compare_exchange_strong(&slot->word, &word, word_make(word_generation(word), participant, next))) continue;
    atomic_fetch_add_explicit(&ring->aborted, 1, memory_order_relaxed);
    report->claims++;
    return;
  }
}

static void clean_consumer(svp_ring *ring, uint32_t index, svp_reap_report *report) {
  const uint64_t bit = 1ull << index;
  for (uint64_t position = 0; position < ring->capacity; position++) {
    svp_ring_slot *slot = ring_slot(ring, position);
    if ((atomic_load_explicit(&slot->holders, memory_order_relaxed) & bit) == 0) continue;
    atomic_fetch_and_explicit(&slot->holders, ~bit, memory_order_release);
    report->holds++;
  }
  atomic_fetch_and(&ring->data_waiters, ~bit);
  atomic_store_explicit(&ring->consumers[index].cell, cell_make(0, 0, CELL_FREE), memory_order_release);
}

void ring_clean(svp_ring *ring, uint32_t participant, svp_reap_report *report) {
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    const uint32_t cell = atomic_load_explicit(&ring->consumers[i].cell, memory_order_acquire);
    if (cell_state_of(cell) != CELL_FREE && cell_owner(cell) == participant) clean_consumer(ring, i, report);
  }
  for (uint64_t position = 0; position < ring->capacity; position++)
    clean_slot(ring, ring_slot(ring, position), participant, report);
  atomic_fetch_and(&ring->space_waiters, ~(1ull << participant));
  futex_wake_all(&ring->data_event);
  futex_wake_all(&ring->space_event);
}
