/**
 * The end of a bulk connection that wants the bytes (see `bulk.h`): one thread connects, asks, and fills the targets in turn.
 *
 * Bytes moved: each byte is copied once, from the kernel into its target, and read once more for the hash while it is in the cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bulk-socket.h"
#include "bulk.h"

#define CONNECT_MS 1000
/* Received and hashed at a time: small enough to be still in the cache. */
#define PART_BYTES (256u * 1024u)

/* Of ../hash.c. */
uint32_t sv_xxh3_state_bytes(void);
void sv_xxh3_start(void *state, double length, uint32_t seed);
void sv_xxh3_advance(void *state, const uint8_t *base, double filled);
void sv_xxh3_finish(void *state, const uint8_t *base, uint64_t *out);

struct fetch {
  uint32_t transfer;
  uint32_t seed;
  uint8_t *target;
  uint64_t length;
};

struct svt_receiver {
  int fd;
  int wake;
  pthread_t thread;
  uint8_t key[SVT_KEY_BYTES];
  struct sockaddr_storage address;
  socklen_t address_length;
  void *hash;
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t has_work;
  int is_stopping;
  /* Fetches asked for, requested from the peer, taken up by the thread, done, told to the caller; none passes the one before it. */
  uint32_t asked, requested, taken, done, told;
  struct fetch fetches[SVT_OFFERS_MAX];
  svt_result results[SVT_OFFERS_MAX];
};

/* Connects without being held up by a peer that does not answer. */
static int connect_in_time(svt_receiver *receiver) {
  const int flags = fcntl(receiver->fd, F_GETFL);
  fcntl(receiver->fd, F_SETFL, flags | O_NONBLOCK);
  int status = connect(receiver->fd, (struct sockaddr *)&receiver->address, receiver->address_length) == 0 ? 0 : -errno;
  if (status == -EINPROGRESS) {
    struct pollfd ready = {.fd = receiver->fd, .events = POLLOUT};
    socklen_t length = sizeof status;
    if (poll(&ready, 1, CONNECT_MS) != 1) return -ETIMEDOUT;
    getsockopt(receiver->fd, SOL_SOCKET, SO_ERROR, &status, &length);
    status = -status;
  }
  fcntl(receiver->fd, F_SETFL, flags);
  return status == 0 ? svt_send_all(receiver->fd, receiver->key, sizeof receiver->key) : status;
}

/* Requests all that is asked for, so that the peer goes on from one to the next. */
static int request_all(svt_receiver *receiver) {
  uint8_t requests[SVT_OFFERS_MAX][16] = {0};
  uint32_t count = 0;
  pthread_mutex_lock(&receiver->lock);
  for (; receiver->requested != receiver->asked; count++) {
    const struct fetch *fetch = &receiver->fetches[receiver->requested++ % SVT_OFFERS_MAX];
    memcpy(requests[count], &fetch->length, sizeof fetch->length);
    memcpy(requests[count] + 8, &fetch->transfer, sizeof fetch->transfer);
  }
  pthread_mutex_unlock(&receiver->lock);
  return svt_send_all(receiver->fd, requests, count * sizeof requests[0]);
}

/* Fills a target and hashes it on the way. */
static int fill(svt_receiver *receiver, const struct fetch *fetch, uint64_t *hash) {
  uint64_t length;
  int status = svt_receive_all(receiver->fd, &length, sizeof length);
  if (status != 0) return status;
  if (length != fetch->length) return length == 0 ? -ENOENT : -EPROTO;
  sv_xxh3_start(receiver->hash, (double)length, fetch->seed);
  for (uint64_t filled = 0; filled < length;) {
    const uint64_t left = length - filled;
    const ssize_t now = recv(receiver->fd, fetch->target + filled, left < PART_BYTES ? left : PART_BYTES, 0);
    if (now == 0) return -ECONNRESET;
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return -errno;
    filled += (uint64_t)now;
    sv_xxh3_advance(receiver->hash, fetch->target, (double)filled);
  }
  sv_xxh3_finish(receiver->hash, fetch->target, hash);
  return 0;
}

static void tell(svt_receiver *receiver, svt_result result) {
  pthread_mutex_lock(&receiver->lock);
  receiver->results[receiver->done++ % SVT_OFFERS_MAX] = result;
  pthread_mutex_unlock(&receiver->lock);
  /* Fails only when the caller does not listen any more, or has bytes enough to be woken. */
  if (send(receiver->wake, "!", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) return;
}

/* Waits for the next fetch; 0 when there will be none. */
static int next(svt_receiver *receiver, struct fetch *out) {
  pthread_mutex_lock(&receiver->lock);
  while (receiver->taken == receiver->asked && !receiver->is_stopping) pthread_cond_wait(&receiver->has_work, &receiver->lock);
  const int has_one = !receiver->is_stopping;
  if (has_one) *out = receiver->fetches[receiver->taken++ % SVT_OFFERS_MAX];
  pthread_mutex_unlock(&receiver->lock);
  return has_one;
}

/* After a failure the stream is out of step: all that comes later fails at once. */
static void *run(void *data) {
  svt_receiver *receiver = data;
  int broken = connect_in_time(receiver);
  struct fetch fetch;
  while (next(receiver, &fetch)) {
    uint64_t hash = 0;
    int status = broken != 0 ? broken : request_all(receiver);
    if (status == 0) status = fill(receiver, &fetch, &hash);
    if (status != 0 && status != -ENOENT) broken = status;
    tell(receiver, (svt_result){.transfer = fetch.transfer, .status = status, .hash = hash, .is_there = 1});
  }
  return NULL;
}

static void release(svt_receiver *receiver) {
  if (receiver->fd >= 0) close(receiver->fd);
  if (receiver->wake >= 0) close(receiver->wake);
  pthread_mutex_destroy(&receiver->lock);
  pthread_cond_destroy(&receiver->has_work);
  free(receiver->hash);
  free(receiver);
}

static int open_sockets(svt_receiver *receiver, const char *host, int32_t port, int32_t *wake) {
  int fds[2];
  int status = svt_address(host, port, &receiver->address, &receiver->address_length);
  if (status != 0) return status;
  receiver->fd = svt_socket(receiver->address.ss_family);
  if (receiver->fd < 0) return receiver->fd;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) return -errno;
  receiver->wake = fds[1];
  status = svt_start(&receiver->thread, run, receiver);
  if (status != 0) close(fds[0]);
  else *wake = fds[0];
  return status;
}

int32_t svt_receiver_open(const char *host, int32_t port, const uint8_t *key, int32_t *wake, svt_receiver **out) {
  svt_receiver *receiver = calloc(1, sizeof *receiver);
  if (receiver == NULL) return -ENOMEM;
  receiver->fd = receiver->wake = -1;
  memcpy(receiver->key, key, SVT_KEY_BYTES);
  pthread_mutex_init(&receiver->lock, NULL);
  pthread_cond_init(&receiver->has_work, NULL);
  receiver->hash = malloc(sv_xxh3_state_bytes());
  const int status = receiver->hash == NULL ? -ENOMEM : open_sockets(receiver, host, port, wake);
  if (status != 0) release(receiver);
  else *out = receiver;
  return status;
}

int32_t svt_receiver_fetch(svt_receiver *receiver, uint32_t transfer, uint8_t *target, double length, uint32_t seed) {
  pthread_mutex_lock(&receiver->lock);
  const int is_full = receiver->asked - receiver->told == SVT_OFFERS_MAX;
  if (!is_full) {
    const struct fetch fetch = {.transfer = transfer, .seed = seed, .target = target, .length = (uint64_t)length};
    receiver->fetches[receiver->asked++ % SVT_OFFERS_MAX] = fetch;
    pthread_cond_signal(&receiver->has_work);
  }
  pthread_mutex_unlock(&receiver->lock);
  return is_full ? -ENOSPC : 0;
}

void svt_receiver_take(svt_receiver *receiver, svt_result *out) {
  pthread_mutex_lock(&receiver->lock);
  *out = receiver->told == receiver->done ? (svt_result){0} : receiver->results[receiver->told++ % SVT_OFFERS_MAX];
  pthread_mutex_unlock(&receiver->lock);
}

/* A peer that does not answer holds this up for CONNECT_MS at most; shutting down ends a connect as well. */
int32_t svt_receiver_close(svt_receiver *receiver) {
  pthread_mutex_lock(&receiver->lock);
  receiver->is_stopping = 1;
  pthread_cond_signal(&receiver->has_work);
  pthread_mutex_unlock(&receiver->lock);
  shutdown(receiver->fd, SHUT_RDWR);
  pthread_join(receiver->thread, NULL);
  release(receiver);
  return 0;
}
