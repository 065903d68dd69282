/**
 * Both ends of a bulk connection in one process, one round after the other: frames are offered, fetched, taken back and offered again by
 * threads that know nothing of each other, and every third round an end is closed in the middle.
 *
 * `bulk-stress ROUNDS` ends with 0 and says how many frames came and how many had been taken back; with 1 where one is not what was sent.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tcp/bulk.h"

enum { FRAMES = 8, FETCHES = 48, LENGTH_MAX = 400000, WAIT_MS = 20000 };

/* Of ../hash.c. */
uint32_t sv_xxh3_state_bytes(void);
void sv_xxh3_start(void *state, double length, uint32_t seed);
void sv_xxh3_advance(void *state, const uint8_t *base, double filled);
void sv_xxh3_finish(void *state, const uint8_t *base, uint64_t *out);

struct frame { uint8_t *bytes; uint64_t length, hash; };

static struct frame frames[FRAMES];
static uint64_t came, taken_back, failed;

struct taker { svt_sender *sender; atomic_int is_done; };

static void stop(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static void make_frames(void) {
  void *state = malloc(sv_xxh3_state_bytes());
  uint32_t random = 1;
  for (int i = 0; i < FRAMES; i++) {
    struct frame *frame = &frames[i];
    frame->length = i == 0 ? 241 : (uint64_t)LENGTH_MAX * (uint64_t)i / (FRAMES - 1);
    frame->bytes = malloc(frame->length);
    for (uint64_t k = 0; k < frame->length; k++) frame->bytes[k] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
    sv_xxh3_start(state, (double)frame->length, (uint32_t)i);
    sv_xxh3_advance(state, frame->bytes, (double)frame->length);
    sv_xxh3_finish(state, frame->bytes, &frame->hash);
  }
  free(state);
}

static void offer(svt_sender *sender, uint32_t transfer) {
  const struct frame *frame = &frames[transfer % FRAMES];
  if (svt_sender_offer(sender, transfer, frame->bytes, (double)frame->length) != 0) stop("an offer is refused");
}

/* Takes offers back and makes them again, while they are asked for. */
static void *take_back(void *data) {
  struct taker *taker = data;
  for (uint32_t turn = 0; atomic_load(&taker->is_done) == 0; turn++) {
    const uint32_t transfer = turn * 7 % FETCHES;
    svt_sender_withdraw(taker->sender, transfer);
    if (turn % 3 != 0) sched_yield();
    offer(taker->sender, transfer);
  }
  return NULL;
}

/* Takes what has ended; returns how many did. */
static uint32_t take_results(svt_receiver *receiver, uint8_t *const *targets, int may_fail) {
  svt_result result;
  uint32_t count = 0;
  for (svt_receiver_take(receiver, &result); result.is_there; svt_receiver_take(receiver, &result), count++) {
    const struct frame *frame = &frames[result.transfer % FRAMES];
    if (result.status == -ENOENT) taken_back++;
    else if (result.status != 0) {
      if (!may_fail) stop("a fetch fails though both ends are there");
      failed++;
    } else if (result.hash != frame->hash || memcmp(targets[result.transfer], frame->bytes, frame->length) != 0)
      stop("a frame is not what was sent");
    else came++;
  }
  return count;
}

static void run_round(int round, uint8_t *const *targets) {
  const uint8_t key[SVT_KEY_BYTES] = {1, 2, 3};
  struct taker taker = {0};
  svt_receiver *receiver;
  pthread_t thread;
  int32_t port, wake;
  if (svt_sender_open("127.0.0.1", key, &port, &taker.sender) != 0) stop("a sender does not open");
  for (uint32_t i = 0; i < FETCHES; i++) offer(taker.sender, i);
  if (svt_receiver_open("127.0.0.1", port, key, &wake, &receiver) != 0) stop("a receiver does not open");
  pthread_create(&thread, NULL, take_back, &taker);
  for (uint32_t i = 0; i < FETCHES; i++)
    if (svt_receiver_fetch(receiver, i, targets[i], (double)frames[i % FRAMES].length, i % FRAMES) != 0) stop("a fetch is refused");
  const int cuts_sender = round % 3 == 1, cuts_receiver = round % 3 == 2;
  uint32_t done = 0;
  while (done < FETCHES) {
    struct pollfd bell = {.fd = wake, .events = POLLIN};
    char bytes[64];
    if (poll(&bell, 1, WAIT_MS) != 1) stop("nothing comes any more");
    if (read(wake, bytes, sizeof bytes) <= 0) stop("the bell is gone");
    done += take_results(receiver, targets, cuts_sender && taker.sender == NULL);
    if (done < FETCHES / 3) continue;
    if (cuts_receiver) break;
    if (!cuts_sender || taker.sender == NULL) continue;
    atomic_store(&taker.is_done, 1);
    pthread_join(thread, NULL);
    svt_sender_close(taker.sender);
    taker.sender = NULL;
  }
  svt_receiver_close(receiver);
  close(wake);
  if (taker.sender == NULL) return;
  atomic_store(&taker.is_done, 1);
  pthread_join(thread, NULL);
  svt_sender_close(taker.sender);
}

int main(int count, char **arguments) {
  const int rounds = count == 2 ? atoi(arguments[1]) : 0;
  uint8_t *targets[FETCHES];
  make_frames();
  for (int i = 0; i < FETCHES; i++) targets[i] = malloc(frames[i % FRAMES].length);
  for (int round = 0; round < rounds; round++) run_round(round, targets);
  printf("%llu came, %llu taken back, %llu cut off\n", (unsigned long long)came, (unsigned long long)taken_back, (unsigned long long)failed);
  return 0;
}
