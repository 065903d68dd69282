/**
 * The writing side of a ring: claim a slot, fill it in place, commit it. Any number of producers.
 *
 * A claim changes the word of the slot first and the head after it, and whoever finds a claimed slot at the head moves the head on: a
 * producer that dies between the two holds nobody up. Two things may stand in the way of position p. A consumer that holds the slot since
 * the lap before: p becomes a hole and the claim goes on to p + 1. A producer that still writes since the lap before: p becomes a hole
 * and that producer learns at its commit that it was passed over. Neither stops the others.
 *
 * Only consumers that may not lose anything are waited for, by their cursors. Those are read once a lap, not at every claim.
 */
#include <stdlib.h>

#include "crash-point.h"
#include "futex.h"
#include "segment.h"

#define SPINS_FOR_HOLDERS 64
#define SPIN_NS 2000u
#define SLICE_NS 20000000u /* how long a waiting process goes without looking for the dead */

struct svp_producer {
  svp_segment *segment;
  svp_ring *ring;
  svp_ring_slot *slot;
  uint64_t claimed; /* word of the claim, 0: none */
  uint64_t gate;    /* first position for which cursors must be read again */
};

int32_t svp_producer_open(svp_segment *segment, int32_t part, svp_producer **out) {
  svp_ring *ring = segment_part(segment, part, SVP_RING);
  if (ring == NULL) return SVP_ERROR;
  svp_producer *producer = calloc(1, sizeof *producer);
  if (producer == NULL) return svp_fail("Cannot open a producer: out of memory, need %zu bytes", sizeof *producer);
  *producer = (svp_producer){.segment = segment, .ring = ring};
  *out = producer;
  return SVP_OK;
}

int32_t svp_producer_close(svp_producer *producer) {
  svp_ring_abort(producer);
  free(producer);
  return SVP_OK;
}

/* Says whether this consumer forbids the claim, and keeps account of it. */
static bool consumer_blocks(svp_ring_consumer *consumer, uint32_t policy) {
  if (policy == SVP_BLOCK) {
    uint64_t since = atomic_load_explicit(&consumer->blocked_since_ns, memory_order_relaxed);
    const uint64_t now = svp_now_ns();
    if (since == 0) {
      atomic_compare_exchange_strong(&consumer->blocked_since_ns, &since, now);
      since = now;
    }
    if (now > since && now - since >= consumer->block_ms * 1000000ull) return false;
  }
  atomic_fetch_add_explicit(&consumer->refused, 1, memory_order_relaxed);
  return true;
}

static bool gate_is_open(svp_producer *producer, uint64_t position) {
  svp_ring *ring = producer->ring;
  uint64_t limit = position;
  bool is_open = true;
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    svp_ring_consumer *consumer = &ring->consumers[i];
    const uint32_t cell = atomic_load(&consumer->cell);
    const uint32_t policy = cell_policy(cell);
    if (cell_state_of(cell) != CELL_ACTIVE || policy < SVP_DROP_NEWEST) continue;
    const uint64_t cursor = atomic_load(&consumer->cursor);
    if (cursor < limit) limit = cursor;
    if (cursor + ring->capacity > position) continue;
    if (consumer_blocks(consumer, policy)) is_open = false;
    else atomic_fetch_add_explicit(&consumer->evicted, 1, memory_order_relaxed);
  }
  producer->gate = limit + ring->capacity;
  return is_open;
}

static inline void move_head(svp_ring *ring, uint64_t position) {
  atomic_compare_exchange_strong(&ring->head, &position, position + 1);
}

/* A holder that comes too late takes its bit back at once; one that was there before the claim stays, and is not waited for. */
static bool is_held(svp_ring_slot *slot, bool was_held) {
  for (int spin = was_held ? SPINS_FOR_HOLDERS : 0; atomic_load(&slot->holders) != 0; spin++) {
    if (spin >= SPINS_FOR_HOLDERS) return true;
    spin_pause();
  }
  return false;
}

static void leave_hole(svp_producer *producer, uint32_t state) {
  uint64_t word = producer->claimed;
  producer->claimed = 0;
  const uint64_t hole = word_make(word_generation(word), word_owner(word), state);
  if (atomic_compare_exchange_strong(&producer->slot->word, &word, hole)) return;
  /* Passed over meanwhile, perhaps more than once: the slot is given back at the position it has now. */
  while (!atomic_compare_exchange_strong(&producer->slot->word, &word, word_make(word_generation(word), word_owner(word), SLOT_SKIPPED)))
    ;
}

/* A slot whose producer is a lap behind stays that producer's; this position has nothing. */
static void pass_over(svp_ring *ring, svp_ring_slot *slot, uint64_t word, uint64_t position) {
  if (!atomic_compare_exchange_strong(&slot->word, &word, word_make(position, word_owner(word), SLOT_STALLED))) return;
  SKYVOX_CRASHPOINT(CRASH_CLAIM_STALLED);
  move_head(ring, position);
  atomic_fetch_add_explicit(&ring->skipped, 1, memory_order_relaxed);
}

int32_t svp_ring_claim(svp_producer *producer) {
  svp_ring *ring = producer->ring;
  const uint64_t capacity = ring->capacity;
  if (producer->claimed != 0) return SVP_MISUSE;
  for (uint64_t holes = 0; holes < capacity;) {
    const uint64_t position = atomic_load_explicit(&ring->head, memory_order_acquire);
    svp_ring_slot *slot = ring_slot(ring, position);
    uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    const int64_t ahead = word_ahead(word, position);
    if (ahead == 0) move_head(ring, position);
    if (ahead != -(int64_t)capacity) continue;
    if (position >= producer->gate && !gate_is_open(producer, position)) return SVP_FULL;
    const uint32_t state = word_state(word);
    if (state == SLOT_WRITING || state == SLOT_STALLED) {
      pass_over(ring, slot, word, position);
      holes++;
      continue;
    }
    const bool was_held = atomic_load_explicit(&slot->holders, memory_order_relaxed) != 0;
    const uint64_t claimed = word_make(position, (uint32_t)producer->segment->participant, SLOT_WRITING);
    if (!atomic_compare_exchange_strong(&slot->word, &word, claimed)) continue;
    SKYVOX_CRASHPOINT(CRASH_CLAIM_WORD);
    move_head(ring, position);
    SKYVOX_CRASHPOINT(CRASH_CLAIM_HEAD);
    producer->claimed = claimed;
    producer->slot = slot;
    if (!is_held(slot, was_held)) {
      slot->sequence = (double)(position - capacity);
      return (int32_t)(position & (capacity - 1));
    }
    leave_hole(producer, SLOT_SKIPPED);
    SKYVOX_CRASHPOINT(CRASH_CLAIM_SKIPPED);
    atomic_fetch_add_explicit(&ring->skipped, 1, memory_order_relaxed);
    holes++;
  }
  return SVP_FULL;
}

int32_t svp_ring_claim_wait(svp_producer *producer, uint32_t timeout_ms) {
  svp_ring *ring = producer->ring;
  const uint64_t bit = 1ull << producer->segment->participant;
  const uint64_t start_ns = svp_now_ns();
  for (;;) {
    int32_t slot = svp_ring_claim(producer);
    const uint64_t passed_ns = svp_now_ns() - start_ns;
    if (slot != SVP_FULL) return slot;
    if (passed_ns >= timeout_ms * 1000000ull) return SVP_FULL;
    if (passed_ns < SPIN_NS) {
      spin_pause();
      continue;
    }
    atomic_fetch_or(&ring->space_waiters, bit);
    const uint32_t event = atomic_load(&ring->space_event);
    slot = svp_ring_claim(producer);
    if (slot == SVP_FULL) {
      const uint64_t left_ns = timeout_ms * 1000000ull - passed_ns;
      futex_wait(&ring->space_event, event, left_ns < SLICE_NS ? left_ns : SLICE_NS);
    }
    atomic_fetch_and(&ring->space_waiters, ~bit);
    if (slot != SVP_FULL) return slot;
    svp_reap_report report;
    svp_segment_reap(producer->segment, &report);
  }
}

int32_t svp_ring_commit(svp_producer *producer, uint32_t byte_length) {
  svp_ring *ring = producer->ring;
  uint64_t word = producer->claimed;
  if (word == 0) return SVP_MISUSE;
  producer->slot->byte_length = byte_length;
  SKYVOX_CRASHPOINT(CRASH_COMMIT_BEFORE);
  const uint64_t ready = word_make(word_generation(word), word_owner(word), SLOT_READY);
  if (!atomic_compare_exchange_strong(&producer->slot->word, &word, ready)) {
    leave_hole(producer, SLOT_SKIPPED);
    atomic_fetch_add_explicit(&ring->aborted, 1, memory_order_relaxed);
    return SVP_ABORTED;
  }
  producer->claimed = 0;
  SKYVOX_CRASHPOINT(CRASH_COMMIT_READY);
  if (atomic_load(&ring->data_waiters) != 0) futex_wake_all(&ring->data_event);
  return SVP_OK;
}

int32_t svp_ring_abort(svp_producer *producer) {
  if (producer->claimed == 0) return SVP_OK;
  SKYVOX_CRASHPOINT(CRASH_ABORT_BEFORE);
  leave_hole(producer, SLOT_ABORTED);
  atomic_fetch_add_explicit(&producer->ring->aborted, 1, memory_order_relaxed);
  if (atomic_load(&producer->ring->data_waiters) != 0) futex_wake_all(&producer->ring->data_event);
  return SVP_OK;
}
