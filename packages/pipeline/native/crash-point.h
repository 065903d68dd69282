/**
 * Lines at which a process can be made to die, or to lose its core, in builds for tests only: with SKYVOX_CRASHPOINTS, SKYVOX_CRASHPOINT
 * raises SIGKILL at the point that `svp_crash_arm` chose; with SKYVOX_YIELDPOINTS a thread now and then lets others go first there, so that
 * a check that is missing shows. In every other build the lines are empty.
 */
#ifndef SKYVOX_PIPELINE_CRASH_POINT_H
#define SKYVOX_PIPELINE_CRASH_POINT_H

#include "pipeline.h"

#if defined(SKYVOX_CRASHPOINTS)

enum crash_point {
  CRASH_NONE,
  CRASH_JOIN_LOCKED,
  CRASH_JOIN_LISTED,
  CRASH_LEAVE_CLEANED,
  CRASH_REAP_LOCKED,
  CRASH_REAP_CLEANED,
  CRASH_CLAIM_WORD,
  CRASH_CLAIM_HEAD,
  CRASH_CLAIM_SKIPPED,
  CRASH_CLAIM_STALLED,
  CRASH_COMMIT_BEFORE,
  CRASH_COMMIT_READY,
  CRASH_ABORT_BEFORE,
  CRASH_CONSUMER_OPENING,
  CRASH_CONSUMER_ACTIVE,
  CRASH_CONSUMER_CLOSING,
  CRASH_TAKE_SEEN,
  CRASH_TAKE_BIT,
  CRASH_TAKE_CHECKED,
  CRASH_WAIT_LISTED,
  CRASH_RELEASE_BIT,
  CRASH_RELEASE_CURSOR,
  CRASH_ACQUIRE_SEEN,
  CRASH_ACQUIRE_CLAIMING,
  CRASH_ACQUIRE_EVICTING,
  CRASH_ACQUIRE_WRITING,
  CRASH_POOL_COMMIT_ORDER,
  CRASH_POOL_COMMIT_READY,
  CRASH_POOL_ABORT,
  CRASH_READER_OPENING,
  CRASH_READER_CLOSING,
  CRASH_HOLD_SEEN,
  CRASH_HOLD_BIT,
  CRASH_HOLD_CHECKED,
  CRASH_POOL_RELEASE_BIT,
  CRASH_POINT_COUNT,
};

SVP_API void svp_crash_arm(int32_t point);
void svp_crash_here(int32_t point);
#define SKYVOX_CRASHPOINT(point) svp_crash_here(point)

#elif defined(SKYVOX_YIELDPOINTS)

void svp_yield_here(void);
#define SKYVOX_CRASHPOINT(point) svp_yield_here()

#else
#define SKYVOX_CRASHPOINT(point) ((void)0)
#endif

#endif
