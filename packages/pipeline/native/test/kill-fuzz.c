/**
 * Kills processes that write and read a ring and a pool, again and again, at random moments, and looks at what is left.
 *
 *   kill-fuzz KILLS SEED
 *
 * Two producers write frames into the pool and announce them in the ring; two consumers, one lossless and one that drops the oldest, check
 * every word of what they take. After each kill the dead one is reaped and the segment searched for what it left. At the end all are
 * killed, and the segment must be as usable as a fresh one. Prints one line of JSON. A child that sees torn bytes ends with status 42.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pattern.h"

#define CHILDREN 4
#define TORN 42

struct progress {
  shared_u64 commits;
  shared_u64 reads;
  shared_u64 frames;
};

static struct progress *progress_of(svp_segment *segment) { return (struct progress *)payload_of(segment, 2, 0); }

static void produce(svp_segment *segment) {
  svp_producer *producer;
  svp_pool *pool;
  must(svp_producer_open(segment, 0, &producer), "producer");
  must(svp_pool_open(segment, 1, &pool), "pool");
  svp_pool_header *header = (svp_pool_header *)(segment->base + segment->places[1].part_offset);
  for (uint64_t number = svp_now_ns();; number++) {
    const int32_t slot = svp_ring_claim_wait(producer, 1000);
    if (slot < 0) continue;
    uint64_t *message = payload_of(segment, 0, slot);
    pattern_fill(message, MESSAGE_BYTES - 16, number);
    const int32_t frame = svp_pool_acquire(pool);
    message[MESSAGE_BYTES / 8 - 2] = (uint64_t)(int64_t)frame;
    if (frame >= 0) {
      pattern_fill(payload_of(segment, 1, frame), FRAME_BYTES, number);
      message[MESSAGE_BYTES / 8 - 1] = word_generation(atomic_load(&pool_slots(header)[frame].word));
      must(svp_pool_commit(pool, frame), "pool commit");
    }
    if (svp_ring_commit(producer, MESSAGE_BYTES) == SVP_OK) atomic_fetch_add(&progress_of(segment)->commits, 1);
  }
}

static void read_frame(svp_segment *segment, svp_reader *reader, int32_t slot, uint32_t generation) {
  if (slot < 0 || svp_pool_hold(reader, slot, generation) != SVP_OK) return;
  const bool is_whole = pattern_is_whole(payload_of(segment, 1, slot), FRAME_BYTES);
  if (svp_pool_release(reader, slot) != SVP_OK) return;
  if (!is_whole) _exit(TORN);
  atomic_fetch_add(&progress_of(segment)->frames, 1);
}

static void consume(svp_segment *segment, int32_t policy) {
  svp_consumer *consumer;
  svp_reader *reader;
  must(svp_consumer_open(segment, 0, policy, 0, &consumer), "consumer");
  must(svp_reader_open(segment, 1, policy == SVP_LOSSLESS ? 1 : 0, 1000, &reader), "reader");
  for (double before = -1;;) {
    const int32_t slot = svp_ring_take_wait(consumer, 100);
    if (slot < 0) continue;
    svp_ring *ring = (svp_ring *)(segment->base + segment->places[0].part_offset);
    const double sequence = ring_slot(ring, (uint64_t)slot)->sequence;
    const uint64_t *message = payload_of(segment, 0, slot);
    const uint64_t frame = message[MESSAGE_BYTES / 8 - 2], generation = message[MESSAGE_BYTES / 8 - 1];
    if (!pattern_is_whole(message, MESSAGE_BYTES - 16) || sequence <= before) _exit(TORN);
    before = sequence;
    read_frame(segment, reader, (int32_t)frame, (uint32_t)generation);
    if (!pattern_is_whole(message, MESSAGE_BYTES - 16)) _exit(TORN);
    must(svp_ring_release(consumer), "release");
    atomic_fetch_add(&progress_of(segment)->reads, 1);
  }
}

static int run_child(const char *path, int role) {
  svp_segment *segment;
  must(svp_segment_attach(path, test_parts, TEST_PARTS, &segment), "attach");
  if (role < 2) produce(segment);
  consume(segment, role == 2 ? SVP_LOSSLESS : SVP_DROP_OLDEST);
  return 0;
}

static pid_t start_child(const char *path, int role) {
  const pid_t pid = vfork();
  if (pid != 0) return pid;
  char text[8];
  snprintf(text, sizeof text, "%d", role);
  execl("/proc/self/exe", "kill-fuzz", "child", path, text, (char *)NULL);
  _exit(127);
}

static bool has_unreaped(svp_segment *segment) {
  for (int32_t i = 1; i < SVP_PARTICIPANTS; i++) {
    if (atomic_load(&segment->header->participants[i].joined) == 1 && participant_is_dead(segment, i)) return true;
  }
  return false;
}

struct outcome {
  uint64_t kills, strange_ends, claims, holds, leaked, calm;
  uint64_t clean_us_max;      /* from the death to the last slot given back */
  uint64_t clean_us_max_calm; /* the same, where this process was not pushed off its core meanwhile */
};

static long times_pushed_off(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

static void kill_one(svp_segment *segment, pid_t pid, struct outcome *outcome) {
  int status;
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    fprintf(stderr, "a child ended with wait status %#x\n", status);
    outcome->strange_ends++;
  }
  const uint64_t dead_ns = svp_now_ns();
  const long pushed_off = times_pushed_off();
  do {
    svp_reap_report report;
    svp_segment_reap(segment, &report);
    outcome->claims += report.claims;
    outcome->holds += report.holds;
  } while (has_unreaped(segment));
  const uint64_t clean_us = (svp_now_ns() - dead_ns) / 1000;
  const bool is_calm = times_pushed_off() == pushed_off;
  if (clean_us > outcome->clean_us_max) outcome->clean_us_max = clean_us;
  outcome->calm += is_calm;
  if (is_calm && clean_us > outcome->clean_us_max_calm) outcome->clean_us_max_calm = clean_us;
  outcome->leaked += (uint64_t)count_leaks(segment);
  outcome->kills++;
}

static int supervise(uint64_t kills, uint64_t seed) {
  svp_segment *segment;
  must(svp_segment_create(test_parts, TEST_PARTS, NULL, &segment), "create");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), segment->fd);
  pid_t children[CHILDREN];
  for (int i = 0; i < CHILDREN; i++) children[i] = start_child(path, i);
  struct outcome outcome = {0};
  uint64_t random = seed * 2 + 1, stalls = 0, reads_before = 0;
  while (outcome.kills < kills) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const struct timespec pause = {0, (long)(500000 + (random >> 33) % 6000000)};
    nanosleep(&pause, NULL);
    const int victim = (int)(random >> 60) % CHILDREN;
    kill_one(segment, children[victim], &outcome);
    children[victim] = start_child(path, victim);
    if (outcome.kills % 100 != 0) continue;
    const uint64_t reads = atomic_load(&progress_of(segment)->reads);
    stalls += reads == reads_before;
    reads_before = reads;
  }
  for (int i = 0; i < CHILDREN; i++) kill_one(segment, children[i], &outcome);
  struct progress *progress = progress_of(segment);
  printf("{\"kills\":%lu,\"strangeEnds\":%lu,\"claims\":%lu,\"holds\":%lu,\"leaked\":%lu,\"calm\":%lu,\"stalls\":%lu,\"cleanMsMax\":%.3f,"
         "\"cleanMsMaxCalm\":%.3f,\"commits\":%lu,\"reads\":%lu,\"frames\":%lu,\"usable\":%s}\n",
         outcome.kills, outcome.strange_ends, outcome.claims, outcome.holds, outcome.leaked, outcome.calm, stalls,
         (double)outcome.clean_us_max / 1e3, (double)outcome.clean_us_max_calm / 1e3, atomic_load(&progress->commits),
         atomic_load(&progress->reads), atomic_load(&progress->frames), is_usable(segment) ? "true" : "false");
  svp_segment_close(segment);
  return 0;
}

int main(int count, char **arguments) {
  if (count == 4 && strcmp(arguments[1], "child") == 0) return run_child(arguments[2], atoi(arguments[3]));
  if (count != 3) return 2;
  return supervise(strtoull(arguments[1], NULL, 10), strtoull(arguments[2], NULL, 10));
}
