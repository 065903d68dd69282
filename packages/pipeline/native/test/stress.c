/**
 * Threads on one mapping of a ring and a pool, for ThreadSanitizer, which sees orderings within a process only.
 *
 *   stress MESSAGES
 *
 * Two producers, one consumer of each policy that loses messages and a lossless one; two writers of frames and three readers, one of them
 * without a quota. Every word read is checked; so is the account of every consumer: what was delivered, lost and skipped adds up to the
 * positions gone by. Ends with 0, with 42 when torn bytes or a wrong account are seen, with 66 when ThreadSanitizer reports.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "pattern.h"

#define TORN 42
#define SENT_BYTES 64

static svp_segment *segment;
static uint64_t messages;
static shared_u32 producing;

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  _Exit(TORN);
}

static void *produce(void *unused) {
  (void)unused;
  svp_producer *producer;
  must(svp_producer_open(segment, 0, &producer), "producer");
  for (uint64_t number = 0; number < messages; number++) {
    const int32_t slot = svp_ring_claim_wait(producer, 5000);
    must(slot, "claim");
    pattern_fill(payload_of(segment, 0, slot), SENT_BYTES, number);
    if (number % 97 == 0) svp_ring_abort(producer);
    else svp_ring_commit(producer, SENT_BYTES);
  }
  svp_producer_close(producer);
  atomic_fetch_sub(&producing, 1);
  return NULL;
}

static void check_account(svp_consumer *consumer, uint64_t first, int32_t policy) {
  svp_ring *ring = (svp_ring *)(segment->base + segment->places[0].part_offset);
  svp_ring_consumer *cell = &ring->consumers[svp_consumer_index(consumer)];
  const uint64_t lost = atomic_load(&cell->overrun) + atomic_load(&cell->conflated) + atomic_load(&cell->aborted);
  const uint64_t sum = atomic_load(&cell->delivered) + lost + atomic_load(&cell->skipped);
  if (sum != atomic_load(&cell->cursor) - first) fail("the account of a consumer does not add up");
  if (policy == SVP_LOSSLESS && atomic_load(&cell->overrun) != 0) fail("a lossless consumer lost");
}

static void *consume(void *argument) {
  const int32_t policy = *(const int32_t *)argument;
  svp_consumer *consumer;
  must(svp_consumer_open(segment, 0, policy, 1, &consumer), "consumer");
  svp_ring *ring = (svp_ring *)(segment->base + segment->places[0].part_offset);
  const uint64_t first = atomic_load(&ring->consumers[svp_consumer_index(consumer)].cursor);
  atomic_fetch_sub(&producing, 16); /* this one is ready */
  for (double before = -1;;) {
    const int32_t slot = policy == SVP_LATEST ? svp_ring_take(consumer) : svp_ring_take_wait(consumer, 5);
    if (slot < 0 && (atomic_load(&producing) & 15) == 0) break;
    if (slot < 0) continue;
    if (!pattern_is_whole(payload_of(segment, 0, slot), SENT_BYTES)) fail("torn message");
    const double sequence = ring_slot(ring, (uint64_t)slot)->sequence;
    if (sequence <= before) fail("a sequence went back");
    before = sequence;
    must(svp_ring_release(consumer), "release");
  }
  check_account(consumer, first, policy);
  svp_consumer_close(consumer);
  return NULL;
}

static void *write_frames(void *unused) {
  (void)unused;
  svp_pool *pool;
  must(svp_pool_open(segment, 1, &pool), "pool");
  for (uint64_t number = 0; number < messages; number++) {
    const int32_t slot = svp_pool_acquire(pool);
    if (slot < 0) continue;
    pattern_fill(payload_of(segment, 1, slot), SENT_BYTES, number);
    if (number % 97 == 0) svp_pool_abort(pool, slot);
    else svp_pool_commit(pool, slot);
  }
  svp_pool_close(pool);
  atomic_fetch_sub(&producing, 1);
  return NULL;
}

/* Within their quota, so that nobody is evicted: reading a frame that is taken away is a race by design. */
static void *read_frames(void *unused) {
  (void)unused;
  svp_reader *reader;
  must(svp_reader_open(segment, 1, 2, 600000, &reader), "reader");
  atomic_fetch_sub(&producing, 16);
  while ((atomic_load(&producing) & 15) != 0) {
    const int32_t slot = svp_pool_hold_newest(reader);
    if (slot < 0) continue;
    if (!pattern_is_whole(payload_of(segment, 1, slot), SENT_BYTES)) fail("torn frame");
    if (svp_pool_release(reader, slot) != SVP_OK) fail("a reader within its rights was evicted");
  }
  svp_reader_close(reader);
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 2) return 2;
  messages = strtoull(arguments[1], NULL, 10);
  must(svp_segment_create(test_parts, TEST_PARTS, NULL, &segment), "create");
  static const int32_t policies[] = {SVP_LATEST, SVP_DROP_OLDEST, SVP_BLOCK, SVP_LOSSLESS};
  /* Low bits: writers at work. The rest: readers that are not ready. */
  producing = 4 + 6 * 16;
  pthread_t readers[6], writers[4];
  for (int i = 0; i < 4; i++) pthread_create(&readers[i], NULL, consume, (void *)&policies[i]);
  for (int i = 4; i < 6; i++) pthread_create(&readers[i], NULL, read_frames, NULL);
  while (atomic_load(&producing) != 4) sched_yield();
  for (int i = 0; i < 4; i++) pthread_create(&writers[i], NULL, i < 2 ? produce : write_frames, NULL);
  for (int i = 0; i < 4; i++) pthread_join(writers[i], NULL);
  for (int i = 0; i < 6; i++) pthread_join(readers[i], NULL);
  printf("%llu messages\n", (unsigned long long)messages * 2);
  return svp_segment_close(segment);
}
