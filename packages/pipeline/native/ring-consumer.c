/**
 * The reading side of a ring: take the next message, read it in place, release it. Every consumer gets every message, by its own policy.
 *
 * `latest` jumps to the newest message; `dropOldest` loses the oldest when it falls a lap behind; `dropNewest`, `block` and `lossless`
 * make the claim of a producer fail instead: at once, for a time, for as long as they live. What a consumer did not get is counted, by
 * reason, and `gap` says how many messages are missing right before the one in hand.
 *
 * A consumer that may be overrun sets its bit in the slot before it trusts the word, so that no producer writes what it reads. One whose
 * cursor holds the producers back needs no bit.
 */
#include <stdlib.h>

#include "crash-point.h"
#include "futex.h"
#include "segment.h"

#define SPIN_NS 2000u
#define SLICE_NS 20000000u

struct svp_consumer {
  svp_segment *segment;
  svp_ring *ring;
  svp_ring_consumer *cell;
  svp_ring_slot *held; /* NULL: nothing is taken */
  uint64_t cursor;
  uint64_t bit;
  uint32_t lost; /* since the message delivered last */
  uint32_t index;
  uint32_t policy;
};

static inline bool sets_bit(uint32_t policy) { return policy <= SVP_DROP_OLDEST || policy == SVP_BLOCK; }
static inline bool is_gate(uint32_t policy) { return policy >= SVP_DROP_NEWEST; }

static inline void count(shared_u64 *counter, uint64_t by) {
  const uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
  atomic_store_explicit(counter, value + by, memory_order_relaxed);
}

static void reset_cell(svp_ring_consumer *cell, uint32_t block_ms) {
  shared_u64 *const counters[] = {&cell->blocked_since_ns, &cell->refused,   &cell->evicted, &cell->delivered,
                                  &cell->overrun,          &cell->conflated, &cell->aborted, &cell->skipped};
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) atomic_store_explicit(counters[i], 0, memory_order_relaxed);
  shared_u32 *const gauges[] = {&cell->gap, &cell->held_now, &cell->behind_max};
  for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++) atomic_store_explicit(gauges[i], 0, memory_order_relaxed);
  cell->block_ms = block_ms;
}

/* From the head as it is once producers see the cell: what was claimed before that is not this consumer's. */
static void start(svp_consumer *consumer, uint32_t block_ms) {
  svp_ring *ring = consumer->ring;
  svp_ring_consumer *cell = consumer->cell;
  SKYVOX_CRASHPOINT(CRASH_CONSUMER_OPENING);
  reset_cell(cell, block_ms);
  atomic_store(&cell->cursor, atomic_load(&ring->head));
  atomic_store(&cell->cell, cell_make((uint32_t)consumer->segment->participant, consumer->policy, CELL_ACTIVE));
  SKYVOX_CRASHPOINT(CRASH_CONSUMER_ACTIVE);
  consumer->cursor = atomic_load(&ring->head);
  atomic_store(&cell->cursor, consumer->cursor);
}

int32_t svp_consumer_open(svp_segment *segment, int32_t part, int32_t policy, uint32_t block_ms, svp_consumer **out) {
  svp_ring *ring = segment_part(segment, part, SVP_RING);
  if (ring == NULL) return SVP_ERROR;
  if (policy < SVP_LATEST || policy > SVP_LOSSLESS) return svp_fail("Cannot open a consumer: policy %d, need 0 to 4", policy);
  svp_consumer *consumer = calloc(1, sizeof *consumer);
  if (consumer == NULL) return svp_fail("Cannot open a consumer: out of memory, need %zu bytes", sizeof *consumer);
  *consumer = (svp_consumer){.segment = segment, .ring = ring, .policy = (uint32_t)policy};
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    uint32_t cell = cell_make(0, 0, CELL_FREE);
    const uint32_t opening = cell_make((uint32_t)segment->participant, (uint32_t)policy, CELL_OPENING);
    if (!atomic_compare_exchange_strong(&ring->consumers[i].cell, &cell, opening)) continue;
    consumer->cell = &ring->consumers[i];
    consumer->index = i;
    consumer->bit = 1ull << i;
    start(consumer, block_ms);
    *out = consumer;
    return SVP_OK;
  }
  free(consumer);
  return svp_fail("Cannot open a consumer: all %d of the ring are taken, need a free one", SVP_CONSUMERS);
}

int32_t svp_consumer_index(const svp_consumer *consumer) { return (int32_t)consumer->index; }

int32_t svp_consumer_close(svp_consumer *consumer) {
  svp_ring *ring = consumer->ring;
  svp_ring_release(consumer);
  SKYVOX_CRASHPOINT(CRASH_CONSUMER_CLOSING);
  atomic_store(&consumer->cell->cell, cell_make(0, 0, CELL_FREE));
  if (atomic_load(&ring->space_waiters) != 0) futex_wake_all(&ring->space_event);
  free(consumer);
  return SVP_OK;
}

static void move_cursor(svp_consumer *consumer, uint64_t position) {
  consumer->cursor = position;
  if (!is_gate(consumer->policy)) {
    atomic_store_explicit(&consumer->cell->cursor, position, memory_order_relaxed);
    return;
  }
  atomic_store(&consumer->cell->cursor, position);
  if (consumer->policy == SVP_BLOCK) atomic_store_explicit(&consumer->cell->blocked_since_ns, 0, memory_order_relaxed);
  if (atomic_load(&consumer->ring->space_waiters) != 0) futex_wake_all(&consumer->ring->space_event);
}

/* Passes over `by` positions for one reason; all but holes are losses. */
static void pass(svp_consumer *consumer, uint64_t by, shared_u64 *reason) {
  count(reason, by);
  if (reason != &consumer->cell->skipped) consumer->lost += (uint32_t)by;
  move_cursor(consumer, consumer->cursor + by);
}

/* Holds the slot and looks again: a word that has changed means that a producer came first. */
static bool hold(svp_consumer *consumer, svp_ring_slot *slot, uint64_t word) {
  if (!sets_bit(consumer->policy)) return true;
  SKYVOX_CRASHPOINT(CRASH_TAKE_SEEN);
  atomic_fetch_or(&slot->holders, consumer->bit);
  SKYVOX_CRASHPOINT(CRASH_TAKE_BIT);
  if (atomic_load(&slot->word) == word) return true;
  atomic_fetch_and(&slot->holders, ~consumer->bit);
  return false;
}

static int32_t deliver(svp_consumer *consumer, svp_ring_slot *slot) {
  SKYVOX_CRASHPOINT(CRASH_TAKE_CHECKED);
  svp_ring_consumer *cell = consumer->cell;
  consumer->held = slot;
  atomic_store_explicit(&cell->held_now, 1, memory_order_relaxed);
  atomic_store_explicit(&cell->gap, consumer->lost, memory_order_relaxed);
  consumer->lost = 0;
  return (int32_t)(consumer->cursor & (consumer->ring->capacity - 1));
}

/* The newest message there is, if any: from the head back to the cursor, at most one lap. */
static int32_t take_latest(svp_consumer *consumer) {
  svp_ring *ring = consumer->ring;
  const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
  const uint64_t oldest = head - consumer->cursor > ring->capacity ? head - ring->capacity : consumer->cursor;
  for (uint64_t position = head; position-- > oldest;) {
    svp_ring_slot *slot = ring_slot(ring, position);
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    if (word_ahead(word, position) != 0 || word_state(word) != SLOT_READY || !hold(consumer, slot, word)) continue;
    if (position > consumer->cursor) pass(consumer, position - consumer->cursor, &consumer->cell->conflated);
    return deliver(consumer, slot);
  }
  return SVP_EMPTY;
}

int32_t svp_ring_take(svp_consumer *consumer) {
  svp_ring *ring = consumer->ring;
  svp_ring_consumer *cell = consumer->cell;
  if (consumer->held != NULL) return SVP_MISUSE;
  if (consumer->policy == SVP_LATEST) return take_latest(consumer);
  uint64_t distance = ring->capacity; /* how far behind the head an overrun consumer goes on */
  for (;;) {
    const uint64_t cursor = consumer->cursor;
    svp_ring_slot *slot = ring_slot(ring, cursor);
    const uint64_t word = atomic_load(&slot->word);
    const int64_t ahead = word_ahead(word, cursor);
    if (ahead < 0) return SVP_EMPTY;
    if (ahead > 0) {
      const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
      const uint64_t oldest = head - distance;
      pass(consumer, oldest > cursor ? oldest - cursor : 1, &cell->overrun);
      distance = ring->capacity / 2; /* farther from a producer that overtakes again */
      continue;
    }
    switch (word_state(word)) {
      case SLOT_READY:
        if (hold(consumer, slot, word)) return deliver(consumer, slot);
        break;
      case SLOT_SKIPPED:
      case SLOT_STALLED:
        pass(consumer, 1, &cell->skipped);
        break;
      case SLOT_ABORTED:
        pass(consumer, 1, &cell->aborted);
        break;
      default: /* being written */
        return SVP_EMPTY;
    }
  }
}

int32_t svp_ring_take_wait(svp_consumer *consumer, uint32_t timeout_ms) {
  svp_ring *ring = consumer->ring;
  int32_t slot = svp_ring_take(consumer);
  if (slot != SVP_EMPTY) return slot;
  const uint64_t start_ns = svp_now_ns();
  for (;;) {
    const uint64_t passed_ns = svp_now_ns() - start_ns;
    if (passed_ns < SPIN_NS) {
      spin_pause();
      slot = svp_ring_take(consumer);
      if (slot != SVP_EMPTY) return slot;
      continue;
    }
    atomic_fetch_or(&ring->data_waiters, consumer->bit);
    SKYVOX_CRASHPOINT(CRASH_WAIT_LISTED);
    const uint32_t event = atomic_load(&ring->data_event);
    slot = svp_ring_take(consumer);
    const uint64_t limit_ns = timeout_ms * 1000000ull;
    if (slot == SVP_EMPTY && passed_ns < limit_ns) {
      const uint64_t left_ns = limit_ns - passed_ns;
      futex_wait(&ring->data_event, event, left_ns < SLICE_NS ? left_ns : SLICE_NS);
      slot = svp_ring_take(consumer);
    }
    atomic_fetch_and(&ring->data_waiters, ~consumer->bit);
    if (slot != SVP_EMPTY || passed_ns >= limit_ns) return slot;
    if (svp_now_ns() - start_ns - passed_ns < SLICE_NS) continue;
    svp_reap_report report;
    svp_segment_reap(consumer->segment, &report);
  }
}

int32_t svp_ring_release(svp_consumer *consumer) {
  svp_ring_consumer *cell = consumer->cell;
  if (consumer->held == NULL) return SVP_MISUSE;
  if (sets_bit(consumer->policy)) atomic_fetch_and(&consumer->held->holders, ~consumer->bit);
  SKYVOX_CRASHPOINT(CRASH_RELEASE_BIT);
  consumer->held = NULL;
  const uint64_t behind = atomic_load_explicit(&consumer->ring->head, memory_order_relaxed) - consumer->cursor;
  if (behind > atomic_load_explicit(&cell->behind_max, memory_order_relaxed))
    atomic_store_explicit(&cell->behind_max, (uint32_t)behind, memory_order_relaxed);
  atomic_store_explicit(&cell->held_now, 0, memory_order_relaxed);
  count(&cell->delivered, 1);
  move_cursor(consumer, consumer->cursor + 1);
  SKYVOX_CRASHPOINT(CRASH_RELEASE_CURSOR);
  return SVP_OK;
}
