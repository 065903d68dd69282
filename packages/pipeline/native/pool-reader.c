/**
 * The reading side of a frame pool: hold a frame in its slot, read it in place, give it back.
 *
 * A frame is named by slot and generation, as its descriptor in a ring carries them; when the slot has been written anew since, holding
 * it fails. The release says whether the frame was there all the time: a reader that was evicted in between has read bytes of another.
 */
#include <stdlib.h>

#include "crash-point.h"
#include "futex.h"
#include "pool.h"
#include "segment.h"

#define SPINS_FOR_CLAIM 256

struct svp_reader {
  svp_segment *segment;
  svp_pool_header *pool;
  svp_pool_reader *cell;
  uint64_t bit;
  uint32_t index;
  uint64_t held[]; /* generation held in each slot; 0: none */
};

/* Slots that readers are promised; a writer needs one for itself and one for the frame published last. */
static uint32_t promised_slots(const svp_pool_header *pool) {
  uint32_t promised = 0;
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    const uint32_t cell = atomic_load(&pool->readers[i].cell);
    if (cell_state_of(cell) == CELL_ACTIVE) promised += pool->readers[i].quota_slots;
  }
  return promised;
}

static int32_t claim_cell(svp_reader *reader, uint32_t quota_slots, uint32_t hold_ms_max) {
  const uint32_t me = (uint32_t)reader->segment->participant;
  for (uint32_t i = 0; i < SVP_CONSUMERS; i++) {
    svp_pool_reader *cell = &reader->pool->readers[i];
    uint32_t word = cell_make(0, 0, CELL_FREE);
    if (!atomic_compare_exchange_strong(&cell->cell, &word, cell_make(me, 0, CELL_OPENING))) continue;
    SKYVOX_CRASHPOINT(CRASH_READER_OPENING);
    cell->quota_slots = quota_slots;
    cell->hold_ms_max = hold_ms_max;
    atomic_store(&cell->held_ms_max, 0);
    atomic_store(&cell->delivered, 0);
    atomic_store(&cell->stale, 0);
    atomic_store(&cell->evicted, 0);
    atomic_store(&cell->cell, cell_make(me, 0, CELL_ACTIVE));
    reader->cell = cell;
    reader->index = i;
    reader->bit = 1ull << i;
    return SVP_OK;
  }
  return svp_fail("Cannot open a reader: all %d of the pool are taken, need a free one", SVP_CONSUMERS);
}

int32_t svp_reader_open(svp_segment *segment, int32_t part, uint32_t quota_slots, uint32_t hold_ms_max, svp_reader **out) {
  svp_pool_header *pool = segment_part(segment, part, SVP_POOL);
  if (pool == NULL) return SVP_ERROR;
  const size_t bytes = sizeof(svp_reader) + pool->slot_count * sizeof(uint64_t);
  svp_reader *reader = calloc(1, bytes);
  if (reader == NULL) return svp_fail("Cannot open a reader: out of memory, need %zu bytes", bytes);
  reader->segment = segment;
  reader->pool = pool;
  if (claim_cell(reader, quota_slots, hold_ms_max) != SVP_OK) {
    free(reader);
    return SVP_ERROR;
  }
  /* Counted with its own: of two that come at once, one sees both. */
  const uint32_t promised = promised_slots(pool);
  if (promised + 2 > pool->slot_count && quota_slots > 0) {
    svp_reader_close(reader);
    return svp_fail("Cannot promise a reader %u slots: %u slots less %u promised to others less 2 for the writer, need that many",
                    quota_slots, pool->slot_count, promised - quota_slots);
  }
  *out = reader;
  return SVP_OK;
}

int32_t svp_reader_index(const svp_reader *reader) { return (int32_t)reader->index; }

int32_t svp_reader_close(svp_reader *reader) {
  pool_drop_holds(reader->pool, reader->bit);
  SKYVOX_CRASHPOINT(CRASH_READER_CLOSING);
  atomic_store(&reader->cell->cell, cell_make(0, 0, CELL_FREE));
  free(reader);
  return SVP_OK;
}

/* Waits for a writer that only looks; what it decides takes it no longer than its own wait for late readers. */
static uint64_t settled_word(svp_pool_slot *slot) {
  uint64_t word = atomic_load(&slot->word);
  for (int spin = 0; word_state(word) == SLOT_CLAIMING && spin < SPINS_FOR_CLAIM; spin++) {
    spin_pause();
    word = atomic_load(&slot->word);
  }
  return word;
}

/* Sets the bit and looks again; the generation may not have moved on. */
static int32_t hold_word(svp_reader *reader, int32_t index, uint64_t word) {
  svp_pool_slot *slot = &pool_slots(reader->pool)[index];
  if (reader->held[index] != 0) return SVP_MISUSE;
  atomic_store_explicit(&slot->held_since_ns[reader->index], svp_now_ns(), memory_order_relaxed);
  SKYVOX_CRASHPOINT(CRASH_HOLD_SEEN);
  atomic_fetch_or(&slot->holders, reader->bit);
  SKYVOX_CRASHPOINT(CRASH_HOLD_BIT);
  const uint64_t again = atomic_load(&slot->word);
  if (word_generation(again) == word_generation(word) && word_state(again) == SLOT_READY) {
    SKYVOX_CRASHPOINT(CRASH_HOLD_CHECKED);
    reader->held[index] = word_generation(word);
    return SVP_OK;
  }
  atomic_fetch_and(&slot->holders, ~reader->bit);
  return SVP_STALE;
}

int32_t svp_pool_hold(svp_reader *reader, int32_t index, uint32_t generation) {
  if (index < 0 || index >= (int32_t)reader->pool->slot_count) return SVP_MISUSE;
  const uint64_t word = settled_word(&pool_slots(reader->pool)[index]);
  const bool is_there = word_state(word) == SLOT_READY && (uint32_t)word_generation(word) == generation;
  const int32_t status = is_there ? hold_word(reader, index, word) : SVP_STALE;
  if (status == SVP_STALE) atomic_fetch_add_explicit(&reader->cell->stale, 1, memory_order_relaxed);
  return status;
}

int32_t svp_pool_hold_newest(svp_reader *reader) {
  svp_pool_header *pool = reader->pool;
  for (uint32_t attempt = 0; attempt < pool->slot_count; attempt++) {
    int32_t newest = -1;
    uint64_t newest_order = 0, newest_word = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
      svp_pool_slot *slot = &pool_slots(pool)[i];
      const uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);
      const uint64_t order = atomic_load_explicit(&slot->order, memory_order_relaxed);
      if (word_state(word) != SLOT_READY || order <= newest_order || reader->held[i] != 0) continue;
      newest = (int32_t)i;
      newest_order = order;
      newest_word = word;
    }
    if (newest < 0) return SVP_EMPTY;
    if (hold_word(reader, newest, newest_word) == SVP_OK) return newest;
  }
  return SVP_EMPTY;
}

int32_t svp_pool_release(svp_reader *reader, int32_t index) {
  if (index < 0 || index >= (int32_t)reader->pool->slot_count || reader->held[index] == 0) return SVP_MISUSE;
  svp_pool_slot *slot = &pool_slots(reader->pool)[index];
  svp_pool_reader *cell = reader->cell;
  const uint64_t generation = reader->held[index];
  reader->held[index] = 0;
  /* The evictor has taken, or is about to take, the bit of another generation; it is not this reader's to clear. */
  if (word_generation(atomic_load(&slot->word)) != generation) return SVP_EVICTED;
  const uint64_t since_ns = atomic_load_explicit(&slot->held_since_ns[reader->index], memory_order_relaxed);
  atomic_fetch_and(&slot->holders, ~reader->bit);
  SKYVOX_CRASHPOINT(CRASH_POOL_RELEASE_BIT);
  const uint32_t held_ms = (uint32_t)((svp_now_ns() - since_ns) / 1000000u);
  if (held_ms > atomic_load_explicit(&cell->held_ms_max, memory_order_relaxed)) atomic_store(&cell->held_ms_max, held_ms);
  atomic_fetch_add_explicit(&cell->delivered, 1, memory_order_relaxed);
  return SVP_OK;
}
