/**
 * What lies in a segment, and the word that says what is in a slot.
 *
 * Every slot, of a ring or of a pool, has one word of 64 bits, changed by compare-and-swap alone: generation:40 | owner:8 | unused:8 |
 * state:8. The owner is the participant that writes the slot. Beside it stands one bit per reader that holds the slot. A reader sets its
 * bit and reads the word again; a writer changes the word and reads the bits again (both sequentially consistent): one of the two sees
 * the other, so that nobody writes what somebody reads.
 *
 * In a ring the generation is the position, which never goes back: position p lies in slot p mod capacity.
 */
#ifndef SKYVOX_PIPELINE_SHARED_H
#define SKYVOX_PIPELINE_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

#include "pipeline.h"

#define SVP_MAGIC 0x31505856594b53ull /* "SKYVXP1" */
#define SVP_PARTICIPANTS 64
#define SVP_CONSUMERS 32
#define SVP_PAGE 4096ull
#define SVP_LINE 64

typedef _Atomic(uint64_t) shared_u64;
typedef _Atomic(uint32_t) shared_u32;

enum slot_state {
  SLOT_FREE = 0,
  SLOT_WRITING = 1,
  SLOT_READY = 2,
  SLOT_SKIPPED = 3,  /* ring: nothing at this position, nothing lost */
  SLOT_ABORTED = 4,  /* ring: the writer gave up or died at this position */
  SLOT_STALLED = 5,  /* ring: passed over while its writer, a lap behind, still writes */
  SLOT_CLAIMING = 6, /* pool: a writer looks whether anybody reads; the frame is whole */
};

#define WORD_GENERATION_MASK ((1ull << 40) - 1)

static inline uint64_t word_make(uint64_t generation, uint32_t owner, uint32_t state) {
  return generation << 24 | (uint64_t)owner << 16 | state;
}
static inline uint64_t word_generation(uint64_t word) { return word >> 24; }
static inline uint32_t word_owner(uint64_t word) { return (uint32_t)(word >> 16) & 255; }
static inline uint32_t word_state(uint64_t word) { return (uint32_t)word & 255; }

/* How many positions the word is ahead of `position` (negative: behind), whatever the wrap of its 40 bits. */
static inline int64_t word_ahead(uint64_t word, uint64_t position) {
  return (int64_t)((word_generation(word) - position) << 24) >> 24;
}

typedef struct {
  _Alignas(SVP_LINE) shared_u32 joined; /* 1 while somebody owns the entry; dead when nobody locks its byte */
} svp_participant;

typedef struct {
  shared_u64 magic; /* written last */
  uint32_t abi_version;
  uint32_t part_count;
  uint64_t layout_hash;
  uint64_t byte_length;
  uint64_t created_ns;
  uint8_t uuid[16];
  svp_participant participants[SVP_PARTICIPANTS];
} svp_header;

/* cell: what a ring knows of one consumer, or a pool of one reader: owner:8 | policy:8 | state:8. */
enum cell_state { CELL_FREE = 0, CELL_OPENING = 1, CELL_ACTIVE = 2 };

static inline uint32_t cell_make(uint32_t owner, uint32_t policy, uint32_t state) { return owner << 16 | policy << 8 | state; }
static inline uint32_t cell_owner(uint32_t cell) { return cell >> 16 & 255; }
static inline uint32_t cell_policy(uint32_t cell) { return cell >> 8 & 255; }
static inline uint32_t cell_state_of(uint32_t cell) { return cell & 255; }

typedef struct {
  _Alignas(SVP_LINE) shared_u32 cell;
  uint32_t block_ms;
  shared_u64 cursor; /* next position to take */
  shared_u64 blocked_since_ns;
  shared_u64 refused; /* claims that failed because of this consumer */
  shared_u64 evicted; /* times a producer went on without this consumer */
  /* Written by the consumer alone. */
  _Alignas(SVP_LINE) shared_u64 delivered;
  shared_u64 overrun;
  shared_u64 conflated;
  shared_u64 aborted;
  shared_u64 skipped;
  shared_u32 gap; /* messages lost right before the one taken last */
  shared_u32 held_now;
  shared_u32 behind_max; /* messages from the one in hand to the newest, at a release */
} svp_ring_consumer;

typedef struct {
  _Alignas(SVP_LINE) shared_u64 word;
  shared_u64 holders;
  double sequence;
  uint32_t byte_length;
} svp_ring_slot;

typedef struct {
  _Alignas(SVP_LINE) uint32_t capacity;
  uint32_t slot_stride;
  _Alignas(SVP_LINE) shared_u64 head; /* next position to claim */
  _Alignas(SVP_LINE) shared_u64 data_waiters; /* bit per consumer */
  shared_u32 data_event;
  _Alignas(SVP_LINE) shared_u64 space_waiters; /* bit per participant */
  shared_u32 space_event;
  shared_u64 aborted;
  shared_u64 skipped;
  svp_ring_consumer consumers[SVP_CONSUMERS];
} svp_ring;

typedef struct {
  _Alignas(SVP_LINE) shared_u32 cell;
  uint32_t quota_slots;
  uint32_t hold_ms_max;
  shared_u32 held_ms_max;
  shared_u64 delivered;
  shared_u64 stale;
  shared_u64 evicted;
} svp_pool_reader;

typedef struct {
  _Alignas(SVP_LINE) shared_u64 word;
  shared_u64 holders;
  shared_u64 order; /* of commits; the oldest frame goes first */
  /* The frame's own words, written by its writer before the commit. */
  _Alignas(SVP_LINE) double sequence;
  uint64_t time_ns;
  uint64_t byte_length;
  uint64_t checksum;
  uint32_t camera;
  uint32_t format;
  uint32_t flags;
  _Alignas(SVP_LINE) shared_u64 held_since_ns[SVP_CONSUMERS];
} svp_pool_slot;

typedef struct {
  _Alignas(SVP_LINE) uint32_t slot_count;
  uint64_t slot_bytes;
  uint64_t payload_stride;
  shared_u64 order;
  shared_u64 published;
  shared_u64 aborted;
  shared_u64 refused;
  shared_u64 evicted;
  svp_pool_reader readers[SVP_CONSUMERS];
} svp_pool_header;

static inline svp_ring_slot *ring_slot(svp_ring *ring, uint64_t position) {
  uint8_t *slots = (uint8_t *)(ring + 1);
  return (svp_ring_slot *)(slots + (position & (ring->capacity - 1)) * ring->slot_stride);
}

static inline svp_pool_slot *pool_slots(svp_pool_header *pool) { return (svp_pool_slot *)(pool + 1); }

#endif
