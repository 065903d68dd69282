/** A segment as one participant of it sees it; not shared. */
#ifndef SKYVOX_PIPELINE_SEGMENT_H
#define SKYVOX_PIPELINE_SEGMENT_H

#include <stdbool.h>

#include "shared.h"

struct svp_segment {
  uint8_t *base;
  svp_header *header;
  uint64_t byte_length;
  int32_t fd;
  int32_t participant; /* -1 until joined */
  int32_t part_count;
  svp_part parts[SVP_PARTS_MAX];
  svp_place places[SVP_PARTS_MAX];
  char name[64]; /* of the file in /dev/shm that goes when the owner closes; empty: there is none */
};

/* Keeps what went wrong for svp_last_error of this thread; returns SVP_ERROR. */
__attribute__((format(printf, 1, 2))) int32_t svp_fail(const char *format, ...);

uint64_t svp_now_ns(void);

/* Takes a place in the table and the lock that proves its life. First is 0 for the owner, 1 for others. */
int32_t participant_join(svp_segment *segment, bool is_owner);
void participant_leave(svp_segment *segment);
/* Asks the kernel; a participant is not asked about itself. */
bool participant_is_dead(const svp_segment *segment, int32_t participant);

/* What one dead or leaving participant left in a part. Must hold its lock. */
void ring_clean(svp_ring *ring, uint32_t participant, svp_reap_report *report);
void pool_clean(svp_pool_header *pool, uint32_t participant, svp_reap_report *report);

/* Lays an empty ring or pool into fresh memory. */
void ring_format(svp_ring *ring, const svp_part *part, const svp_place *place);
void pool_format(svp_pool_header *pool, const svp_part *part, const svp_place *place);

/* The part of a kind, or NULL with the error kept. */
void *segment_part(svp_segment *segment, int32_t part, uint32_t kind);

#endif
