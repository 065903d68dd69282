/**
 * The bell of a link through shared memory: tells an event loop that there is something to read, room to write, or no peer any more.
 *
 * A thread of its own sleeps on the futex of the ring that is read and asks the kernel every 20 ms whether the peer lives. What it finds it
 * says with one byte on a socket. It touches no message; all calls here return at once.
 */
#ifndef SKYVOX_PIPELINE_LINK_BELL_H
#define SKYVOX_PIPELINE_LINK_BELL_H

#include "pipeline.h"

enum svp_bell_state {
  SVP_BELL_WAITING = 0, /* nobody has joined yet, or nobody who said a word */
  SVP_BELL_HERE = 1,
  SVP_BELL_LEFT = 2, /* the peer closed its end of the segment */
  SVP_BELL_DEAD = 3, /* the peer's process ended without doing so */
};

typedef struct svp_bell svp_bell;

/* Starts to listen on ring `in` for participant `peer`, which reads ring `out`. `fd` gets the socket, the caller's to close. */
SVP_API int32_t svp_bell_open(svp_segment *segment, int32_t in, int32_t out, int32_t peer, int32_t *fd, svp_bell **bell);
/* Says what there is, and asks for no byte until `svp_bell_arm`: the caller looks itself. */
SVP_API int32_t svp_bell_hear(svp_bell *bell);
/* Asks for a byte at the next message; the ring is looked at once more after it. */
SVP_API void svp_bell_arm(svp_bell *bell);
/* Asks for a byte when the peer has made room; the ring is looked at once more after it. */
SVP_API void svp_bell_want_room(svp_bell *bell);
/* After slots were given back: wakes a peer that waits for room. */
SVP_API void svp_bell_tell_room(svp_bell *bell);
/* Ends the thread, before the segment is closed. */
SVP_API int32_t svp_bell_close(svp_bell *bell);

#endif
