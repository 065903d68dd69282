/**
 * The C interface of the shared-memory core: segments, descriptor rings, frame pools.
 *
 * Everything here is called from one thread per handle; different handles may be used by different threads and processes at once. Calls
 * return a slot or SVP_OK (0) when they succeed and a negative svp_status otherwise; after SVP_ERROR `svp_last_error` says what was found
 * and what is needed. Nothing here exits, throws, or keeps the thread longer than 2 microseconds, except the calls named `_wait`.
 *
 * Hot calls take pointers, int32 and uint32 only: that is what a foreign call from JavaScript passes fastest.
 */
#ifndef SKYVOX_PIPELINE_H
#define SKYVOX_PIPELINE_H

#include <stdint.h>

#define SVP_API __attribute__((visibility("default")))
#define SVP_ABI_VERSION 1
#define SVP_PARTS_MAX 64

enum svp_status {
  SVP_OK = 0,
  SVP_EMPTY = -1,   /* nothing to take */
  SVP_FULL = -2,    /* a consumer that may not lose anything has not read far enough, or no slot of the pool can be had */
  SVP_STALE = -3,   /* the frame asked for is no longer in its slot */
  SVP_EVICTED = -4, /* the slot was taken away from its reader: what was read is to be thrown away */
  SVP_ABORTED = -5, /* the claim was passed over by a whole lap: nothing was published */
  SVP_MISUSE = -6,  /* called out of order: a second claim before a commit, a release without a take */
  SVP_ERROR = -7,
};

enum svp_policy { SVP_LATEST = 0, SVP_DROP_OLDEST = 1, SVP_DROP_NEWEST = 2, SVP_BLOCK = 3, SVP_LOSSLESS = 4 };
enum svp_part_kind { SVP_RING = 1, SVP_POOL = 2 };

/* One ring or pool of a segment. `slots` of a ring is a power of two. */
typedef struct {
  uint32_t kind;
  uint32_t slots;
  uint64_t slot_bytes;
} svp_part;

/* Where things lie in a segment, in bytes from its start. */
typedef struct {
  uint64_t part_offset;
  uint64_t part_bytes;
  uint64_t consumers_offset; /* first of SVP_CONSUMERS cells */
  uint64_t slots_offset;     /* first slot header */
  uint64_t slot_stride;      /* from one slot header to the next */
  uint64_t payload_offset;   /* first payload */
  uint64_t payload_stride;   /* from one payload to the next */
} svp_place;

typedef struct {
  uint64_t base; /* address in this process */
  uint64_t byte_length;
  uint64_t created_ns; /* CLOCK_REALTIME */
  int32_t fd;
  int32_t participant;
  char uuid[40];
} svp_segment_info;

typedef struct {
  uint32_t participants; /* found dead and cleaned up */
  uint32_t claims;       /* slots they were writing */
  uint32_t holds;        /* slots they were reading */
  uint32_t duration_us;
} svp_reap_report;

typedef struct svp_segment svp_segment;
typedef struct svp_producer svp_producer;
typedef struct svp_consumer svp_consumer;
typedef struct svp_pool svp_pool;
typedef struct svp_reader svp_reader;

/* Version, then the bytes of part, place, segment_info, reap_report, and of what lies in the segment: header, ring, ring consumer,
   ring slot, pool, pool reader, pool slot. 12 int32. */
SVP_API int32_t svp_abi_describe(int32_t *out);
SVP_API int32_t svp_last_error(char *text, int32_t bytes);

/* Creates a segment; `name` null: an anonymous one that lives as long as a process maps it. */
SVP_API int32_t svp_segment_create(const svp_part *parts, int32_t count, const char *name, svp_segment **out);
SVP_API int32_t svp_segment_attach(const char *path, const svp_part *parts, int32_t count, svp_segment **out);
SVP_API int32_t svp_segment_close(svp_segment *segment);
SVP_API int32_t svp_segment_describe(const svp_segment *segment, svp_segment_info *out);
SVP_API int32_t svp_segment_place(const svp_segment *segment, int32_t part, svp_place *out);
/* Bytes that a segment of these parts takes. */
SVP_API int32_t svp_segment_measure(const svp_part *parts, int32_t count, uint64_t *out);
/* Cleans up after participants that have died. */
SVP_API int32_t svp_segment_reap(svp_segment *segment, svp_reap_report *out);
/* Says whether a participant is there: 1 or 0. */
SVP_API int32_t svp_segment_is_alive(const svp_segment *segment, int32_t participant);
/* Unlinks named segments whose owner has died; returns how many. */
SVP_API int32_t svp_segment_sweep(void);

SVP_API int32_t svp_producer_open(svp_segment *segment, int32_t part, svp_producer **out);
SVP_API int32_t svp_producer_close(svp_producer *producer);
SVP_API int32_t svp_ring_claim(svp_producer *producer);
SVP_API int32_t svp_ring_claim_wait(svp_producer *producer, uint32_t timeout_ms);
SVP_API int32_t svp_ring_commit(svp_producer *producer, uint32_t byte_length);
SVP_API int32_t svp_ring_abort(svp_producer *producer);

SVP_API int32_t svp_consumer_open(svp_segment *segment, int32_t part, int32_t policy, uint32_t block_ms, svp_consumer **out);
SVP_API int32_t svp_consumer_index(const svp_consumer *consumer);
SVP_API int32_t svp_consumer_close(svp_consumer *consumer);
SVP_API int32_t svp_ring_take(svp_consumer *consumer);
SVP_API int32_t svp_ring_take_wait(svp_consumer *consumer, uint32_t timeout_ms);
SVP_API int32_t svp_ring_release(svp_consumer *consumer);

SVP_API int32_t svp_pool_open(svp_segment *segment, int32_t part, svp_pool **out);
SVP_API int32_t svp_pool_close(svp_pool *pool);
SVP_API int32_t svp_pool_acquire(svp_pool *pool);
SVP_API int32_t svp_pool_commit(svp_pool *pool, int32_t slot);
SVP_API int32_t svp_pool_abort(svp_pool *pool, int32_t slot);

SVP_API int32_t svp_reader_open(svp_segment *segment, int32_t part, uint32_t quota_slots, uint32_t hold_ms_max, svp_reader **out);
SVP_API int32_t svp_reader_index(const svp_reader *reader);
SVP_API int32_t svp_reader_close(svp_reader *reader);
SVP_API int32_t svp_pool_hold(svp_reader *reader, int32_t slot, uint32_t generation);
/* Of those this reader does not hold yet. */
SVP_API int32_t svp_pool_hold_newest(svp_reader *reader);
SVP_API int32_t svp_pool_release(svp_reader *reader, int32_t slot);

#endif
