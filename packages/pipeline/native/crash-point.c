/* Dies or yields at the points of a build for tests. Empty in every other build. */
#include "crash-point.h"

#if defined(SKYVOX_CRASHPOINTS)
#include <signal.h>

static _Atomic(int32_t) armed;

void svp_crash_arm(int32_t point) { armed = point; }

void svp_crash_here(int32_t point) {
  if (armed == point) raise(SIGKILL);
}
#elif defined(SKYVOX_YIELDPOINTS)
#include <sched.h>
#include <time.h>

/* Mostly goes on, now and then yields, seldom sleeps for as long as others need for a whole exchange. */
void svp_yield_here(void) {
  static _Thread_local uint32_t random = 1;
  random = random * 1664525u + 1013904223u;
  const struct timespec exchange = {0, 20000};
  if (random >> 26 == 0) nanosleep(&exchange, NULL);
  else if (random >> 29 == 1) sched_yield();
}
#else
typedef int crash_points_are_left_out;
#endif
