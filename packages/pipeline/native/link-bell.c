/**
 * The bell of a link through shared memory (see `link-bell.h`).
 *
 * Everything that the peer has to say moves one word, the `data_event` of the ring that is read here: its commits while bit 63 of
 * `data_waiters` is set, and its giving back of slots while this end waits for room. The thread remembers the word it saw last, so that
 * nothing is missed between two sleeps. The life of the peer is its lock in the segment; before it has joined there is nothing to miss.
 */
#include "link-bell.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "futex.h"
#include "segment.h"

#define SLICE_NS 20000000u /* how long the death of a peer may go unseen */
#define STACK_BYTES (128u * 1024u)
/* No consumer has it: there are 32. */
#define BELL_BIT (1ull << 63)

struct svp_bell {
  svp_segment *segment;
  svp_ring *in;
  svp_ring *out;
  int32_t peer;
  int32_t fd;
  pthread_t thread;
  uint32_t seen; /* the word when the thread looked last; its own */
  shared_u32 is_stopping;
  shared_u32 is_told; /* a byte is on its way */
  shared_u32 state;
};

static void tell(svp_bell *bell) {
  if (atomic_exchange(&bell->is_told, 1) != 0) return;
  /* Fails only when the other end is closed: nobody listens any more. */
  if (send(bell->fd, "!", 1, MSG_NOSIGNAL) != 1) return;
}

/* Whoever joins and goes again without a word was no peer; the creator of the segment has been there from the start. */
static uint32_t look(const svp_bell *bell) {
  if (!participant_is_dead(bell->segment, bell->peer)) return SVP_BELL_HERE;
  const bool was_here = bell->peer == 0 || atomic_load(&bell->in->head) > bell->in->capacity;
  if (!was_here) return SVP_BELL_WAITING;
  const bool is_listed = atomic_load(&bell->segment->header->participants[bell->peer].joined) != 0;
  return is_listed ? SVP_BELL_DEAD : SVP_BELL_LEFT;
}

static void *listen_for_peer(void *data) {
  svp_bell *bell = data;
  while (atomic_load(&bell->is_stopping) == 0) {
    /* In this order: whoever moved the word has joined before. */
    const uint32_t event = atomic_load(&bell->in->data_event);
    const uint32_t now = look(bell);
    atomic_store(&bell->state, now);
    if (event != bell->seen || now > SVP_BELL_HERE) tell(bell);
    bell->seen = event;
    if (now > SVP_BELL_HERE) return NULL;
    futex_wait(&bell->in->data_event, event, SLICE_NS);
  }
  return NULL;
}

/* No signal of the process is handled on this thread. */
static int start_thread(svp_bell *bell) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(&bell->thread, &attributes, listen_for_peer, bell);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return error;
}

int32_t svp_bell_open(svp_segment *segment, int32_t in, int32_t out, int32_t peer, int32_t *fd, svp_bell **bell) {
  svp_ring *ring_in = segment_part(segment, in, SVP_RING);
  svp_ring *ring_out = segment_part(segment, out, SVP_RING);
  if (ring_in == NULL || ring_out == NULL) return SVP_ERROR;
  if (peer < 0 || peer >= SVP_PARTICIPANTS) return svp_fail("Cannot listen for participant %d: need 0 to %d", peer, SVP_PARTICIPANTS - 1);
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
    return svp_fail("Cannot open a bell: no socket, need two descriptors");
  svp_bell *fresh = calloc(1, sizeof *fresh);
  if (fresh != NULL) {
    *fresh = (svp_bell){.segment = segment, .in = ring_in, .out = ring_out, .peer = peer, .fd = fds[1]};
    fresh->seen = atomic_load(&ring_in->data_event);
    atomic_fetch_or(&ring_in->data_waiters, BELL_BIT);
  }
  if (fresh == NULL || start_thread(fresh) != 0) {
    free(fresh);
    close(fds[0]);
    close(fds[1]);
    return svp_fail("Cannot open a bell: no thread, need one");
  }
  *fd = fds[0];
  *bell = fresh;
  return SVP_OK;
}

int32_t svp_bell_hear(svp_bell *bell) {
  atomic_store(&bell->is_told, 0);
  const uint32_t state = atomic_load(&bell->state);
  /* Nobody looks for messages before there is a peer. */
  if (state != SVP_BELL_WAITING) atomic_fetch_and(&bell->in->data_waiters, ~BELL_BIT);
  return (int32_t)state;
}

void svp_bell_arm(svp_bell *bell) { atomic_fetch_or(&bell->in->data_waiters, BELL_BIT); }

void svp_bell_want_room(svp_bell *bell) { atomic_fetch_or(&bell->out->space_waiters, 1ull << bell->segment->participant); }

void svp_bell_tell_room(svp_bell *bell) {
  const uint64_t bit = 1ull << bell->peer;
  if ((atomic_load(&bell->in->space_waiters) & bit) == 0) return;
  atomic_fetch_and(&bell->in->space_waiters, ~bit);
  futex_wake_all(&bell->out->data_event);
}

int32_t svp_bell_close(svp_bell *bell) {
  atomic_store(&bell->is_stopping, 1);
  futex_wake_all(&bell->in->data_event);
  pthread_join(bell->thread, NULL);
  close(bell->fd);
  free(bell);
  return SVP_OK;
}
