/**
 * What the test programs write into slots and check when they read them: every word follows from one number, so that words of two
 * writers are told apart wherever the seam is. Also the check that nothing is left in a segment by the dead.
 */
#ifndef SKYVOX_PIPELINE_PATTERN_H
#define SKYVOX_PIPELINE_PATTERN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../segment.h"

#define MESSAGE_BYTES 128
#define FRAME_BYTES 65536
#define RING_SLOTS 64
#define POOL_SLOTS 8

/* Part 2 is used as bare memory that outlives every child. */
static const svp_part test_parts[] = {
    {SVP_RING, RING_SLOTS, MESSAGE_BYTES}, {SVP_POOL, POOL_SLOTS, FRAME_BYTES}, {SVP_POOL, 2, 4096}};
#define TEST_PARTS 3

static inline uint64_t pattern_word(uint64_t number, uint64_t index) { return (number + 1) * 0x9e3779b97f4a7c15u + index; }

static inline void pattern_fill(uint64_t *words, uint64_t bytes, uint64_t number) {
  for (uint64_t i = 0; i < bytes / 8; i++) words[i] = pattern_word(number, i);
}

/* True when the words are those of one number, whichever. */
static inline bool pattern_is_whole(const uint64_t *words, uint64_t bytes) {
  for (uint64_t i = 1; i < bytes / 8; i++) {
    if (words[i] != words[0] + i) return false;
  }
  return true;
}

static inline uint64_t *payload_of(svp_segment *segment, int32_t part, int32_t slot) {
  const svp_place *place = &segment->places[part];
  return (uint64_t *)(segment->base + place->payload_offset + (uint64_t)slot * place->payload_stride);
}

static inline void must(int32_t status, const char *what) {
  if (status >= 0) return;
  char text[512] = "";
  svp_last_error(text, sizeof text);
  fprintf(stderr, "%s: status %d %s\n", what, status, text);
  exit(3);
}

/* Slots that a dead participant writes, and bits of readers that nobody owns. */
static inline int count_leaks(svp_segment *segment) {
  int leaks = 0;
  svp_ring *ring = (svp_ring *)(segment->base + segment->places[0].part_offset);
  for (uint64_t i = 0; i < RING_SLOTS; i++) {
    const uint64_t word = atomic_load(&ring_slot(ring, i)->word);
    const bool is_written = word_state(word) == SLOT_WRITING || word_state(word) == SLOT_STALLED;
    leaks += is_written && participant_is_dead(segment, (int32_t)word_owner(word));
    for (uint32_t c = 0; c < SVP_CONSUMERS; c++) {
      const bool holds = atomic_load(&ring_slot(ring, i)->holders) >> c & 1;
      leaks += holds && cell_state_of(atomic_load(&ring->consumers[c].cell)) == CELL_FREE;
    }
  }
  svp_pool_header *pool = (svp_pool_header *)(segment->base + segment->places[1].part_offset);
  for (uint32_t i = 0; i < POOL_SLOTS; i++) {
    const uint64_t word = atomic_load(&pool_slots(pool)[i].word);
    const bool is_written = word_state(word) == SLOT_WRITING || word_state(word) == SLOT_CLAIMING;
    leaks += is_written && participant_is_dead(segment, (int32_t)word_owner(word));
    for (uint32_t c = 0; c < SVP_CONSUMERS; c++) {
      const bool holds = atomic_load(&pool_slots(pool)[i].holders) >> c & 1;
      leaks += holds && cell_state_of(atomic_load(&pool->readers[c].cell)) == CELL_FREE;
    }
  }
  return leaks;
}

/* With nobody else there: every slot can be had, everything sent arrives, every slot of the pool can be written. */
static inline bool is_usable(svp_segment *segment) {
  svp_producer *producer;
  svp_consumer *consumer;
  svp_pool *pool;
  must(svp_producer_open(segment, 0, &producer), "producer");
  must(svp_consumer_open(segment, 0, SVP_LOSSLESS, 0, &consumer), "consumer");
  must(svp_pool_open(segment, 1, &pool), "pool");
  int received = 0, acquired = 0;
  int32_t slots[POOL_SLOTS];
  for (int i = 0; i < 2 * RING_SLOTS; i++) {
    if (svp_ring_claim(producer) < 0 || svp_ring_commit(producer, 8) != SVP_OK) break;
    if (svp_ring_take(consumer) < 0 || svp_ring_release(consumer) != SVP_OK) break;
    received++;
  }
  while (acquired < POOL_SLOTS && (slots[acquired] = svp_pool_acquire(pool)) >= 0) acquired++;
  for (int i = 0; i < acquired; i++) svp_pool_abort(pool, slots[i]);
  svp_pool_close(pool);
  svp_consumer_close(consumer);
  svp_producer_close(producer);
  return received == 2 * RING_SLOTS && acquired == POOL_SLOTS;
}

#endif
