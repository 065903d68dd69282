/**
 * The writing side of a frame pool: get a slot, fill it, publish it.
 *
 * The slot taken is a free one, else that of the oldest frame nobody holds, else one whose holders have all overstayed: they hold more
 * slots than their quota, or this one for longer than their limit. Such readers are evicted: the generation moves on, their bits are
 * cleared, and their release tells them that what they read is void. A reader within its quota and its limit never loses a frame it holds.
 */
#include <stdlib.h>

#include "crash-point.h"
#include "futex.h"
#include "pool.h"
#include "segment.h"

#define SPINS_FOR_HOLDERS 64

struct svp_pool {
  svp_segment *segment;
  svp_pool_header *header;
};

int32_t svp_pool_open(svp_segment *segment, int32_t part, svp_pool **out) {
  svp_pool_header *header = segment_part(segment, part, SVP_POOL);
  if (header == NULL) return SVP_ERROR;
  svp_pool *pool = calloc(1, sizeof *pool);
  if (pool == NULL) return svp_fail("Cannot open a pool: out of memory, need %zu bytes", sizeof *pool);
  *pool = (svp_pool){.segment = segment, .header = header};
  *out = pool;
  return SVP_OK;
}

int32_t svp_pool_close(svp_pool *pool) {
  free(pool);
  return SVP_OK;
}

/* The readers of the set that hold more than their quota. */
static uint64_t over_quota(svp_pool_header *pool, uint64_t readers) {
  uint64_t over = 0;
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    if ((readers >> i & 1) == 0) continue;
    uint32_t held = 0;
    for (uint32_t k = 0; k < pool->slot_count; k++) held += atomic_load(&pool_slots(pool)[k].holders) >> i & 1;
    if (held > pool->readers[i].quota_slots) over |= 1ull << i;
  }
  return over;
}

/* True when every holder of the slot has overstayed. */
static bool is_evictable(svp_pool_header *pool, svp_pool_slot *slot, uint64_t holders, uint64_t now_ns) {
  uint64_t within = holders & ~over_quota(pool, holders);
  for (uint32_t i = 0; within != 0; i++, within >>= 1) {
    if ((within & 1) == 0) continue;
    const uint64_t since_ns = atomic_load_explicit(&slot->held_since_ns[i], memory_order_relaxed);
    if (now_ns < since_ns + pool->readers[i].hold_ms_max * 1000000ull) return false;
  }
  return true;
}

static void count_evicted(svp_pool_header *pool, uint64_t readers) {
  for (uint32_t i = 0; readers != 0; i++, readers >>= 1) {
    if ((readers & 1) != 0) atomic_fetch_add_explicit(&pool->readers[i].evicted, 1, memory_order_relaxed);
  }
  atomic_fetch_add_explicit(&pool->evicted, 1, memory_order_relaxed);
}

/* Waits a moment for readers that came too late to take their bits back; returns who stays. */
static uint64_t settled_holders(svp_pool_slot *slot) {
  uint64_t holders = atomic_load(&slot->holders);
  for (int spin = 0; holders != 0 && spin < SPINS_FOR_HOLDERS; spin++) {
    spin_pause();
    holders = atomic_load(&slot->holders);
  }
  return holders;
}

/* Takes a slot whose word was `word`; `evicts`: from readers that have overstayed too. */
static bool take_slot(svp_pool *pool, svp_pool_slot *slot, uint64_t word, bool evicts) {
  const uint32_t me = (uint32_t)pool->segment->participant;
  const uint64_t generation = word_generation(word);
  const uint64_t claiming = word_make(generation, me, word_state(word) == SLOT_FREE ? SLOT_WRITING : SLOT_CLAIMING);
  SKYVOX_CRASHPOINT(CRASH_ACQUIRE_SEEN);
  if (!atomic_compare_exchange_strong(&slot->word, &word, claiming)) return false;
  SKYVOX_CRASHPOINT(CRASH_ACQUIRE_CLAIMING);
  if (word_state(claiming) == SLOT_WRITING) return true;
  const uint64_t holders = settled_holders(slot);
  if (holders != 0 && !(evicts && is_evictable(pool->header, slot, holders, svp_now_ns()))) {
    atomic_store(&slot->word, word_make(generation, me, SLOT_READY));
    return false;
  }
  atomic_store(&slot->word, word_make(generation + 1, me, SLOT_WRITING));
  SKYVOX_CRASHPOINT(CRASH_ACQUIRE_EVICTING);
  if (holders != 0) {
    count_evicted(pool->header, holders);
    atomic_fetch_and(&slot->holders, ~holders);
  }
  SKYVOX_CRASHPOINT(CRASH_ACQUIRE_WRITING);
  return true;
}

/* The oldest frame after `after` (0: of all) whose slot is free to take or, with `evicts`, has only holders; -1: none. */
static int32_t next_oldest(svp_pool_header *pool, uint64_t after, bool held) {
  int32_t best = -1;
  uint64_t best_order = UINT64_MAX;
  for (uint32_t i = 0; i < pool->slot_count; i++) {
    svp_pool_slot *slot = &pool_slots(pool)[i];
    if (word_state(atomic_load_explicit(&slot->word, memory_order_acquire)) != SLOT_READY) continue;
    const uint64_t order = atomic_load_explicit(&slot->order, memory_order_relaxed);
    if ((atomic_load(&slot->holders) != 0) != held || order <= after || order >= best_order) continue;
    best = (int32_t)i;
    best_order = order;
  }
  return best;
}

static int32_t take_ready(svp_pool *pool, bool evicts) {
  uint64_t after = 0;
  for (;;) {
    const int32_t index = next_oldest(pool->header, after, evicts);
    if (index < 0) return SVP_FULL;
    svp_pool_slot *slot = &pool_slots(pool->header)[index];
    after = atomic_load_explicit(&slot->order, memory_order_relaxed);
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    if (word_state(word) == SLOT_READY && take_slot(pool, slot, word, evicts)) return index;
  }
}

static int32_t take_any(svp_pool *pool) {
  for (uint32_t i = 0; i < pool->header->slot_count; i++) {
    svp_pool_slot *slot = &pool_slots(pool->header)[i];
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
    if (word_state(word) == SLOT_FREE && take_slot(pool, slot, word, false)) return (int32_t)i;
  }
  return take_ready(pool, false);
}

int32_t svp_pool_acquire(svp_pool *pool) {
  int32_t index = take_any(pool);
  if (index < 0) {
    svp_reap_report report;
    svp_segment_reap(pool->segment, &report); /* what the dead held comes first */
    if (report.participants > 0) index = take_any(pool);
  }
  if (index < 0) index = take_ready(pool, true);
  if (index < 0) atomic_fetch_add_explicit(&pool->header->refused, 1, memory_order_relaxed);
  return index;
}

static svp_pool_slot *own_slot(svp_pool *pool, int32_t index) {
  if (index < 0 || index >= (int32_t)pool->header->slot_count) return NULL;
  svp_pool_slot *slot = &pool_slots(pool->header)[index];
  const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  const bool is_own = word_state(word) == SLOT_WRITING && word_owner(word) == (uint32_t)pool->segment->participant;
  return is_own ? slot : NULL;
}

int32_t svp_pool_commit(svp_pool *pool, int32_t index) {
  svp_pool_slot *slot = own_slot(pool, index);
  if (slot == NULL) return SVP_MISUSE;
  atomic_store_explicit(&slot->order, atomic_fetch_add(&pool->header->order, 1) + 1, memory_order_relaxed);
  SKYVOX_CRASHPOINT(CRASH_POOL_COMMIT_ORDER);
  const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  atomic_store(&slot->word, word_make(word_generation(word), word_owner(word), SLOT_READY));
  SKYVOX_CRASHPOINT(CRASH_POOL_COMMIT_READY);
  atomic_fetch_add_explicit(&pool->header->published, 1, memory_order_relaxed);
  return SVP_OK;
}

int32_t svp_pool_abort(svp_pool *pool, int32_t index) {
  svp_pool_slot *slot = own_slot(pool, index);
  if (slot == NULL) return SVP_MISUSE;
  const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
  SKYVOX_CRASHPOINT(CRASH_POOL_ABORT);
  atomic_store(&slot->word, word_make(word_generation(word) + 1, word_owner(word), SLOT_FREE));
  atomic_fetch_add_explicit(&pool->header->aborted, 1, memory_order_relaxed);
  return SVP_OK;
}
