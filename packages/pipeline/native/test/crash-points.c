/**
 * Dies at every line where dying could leave something behind.
 *
 *   crash-points               prints how many points there are
 *   crash-points POINT         lets a child die there, and looks at the segment
 *
 * Built with SKYVOX_CRASHPOINTS. The child goes through everything a participant does: claims that find a slot held, or still written a
 * lap later; evictions; waits; closing; reaping another that died. Ends with 0 when the child died at the point, nothing is left after the
 * reaping and everything can be used again; prints what is wrong otherwise.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../crash-point.h"
#include "pattern.h"

static pid_t start(const char *role, const char *path, int point) {
  const pid_t pid = vfork();
  if (pid != 0) return pid;
  char text[8];
  snprintf(text, sizeof text, "%d", point);
  execl("/proc/self/exe", "crash-points", role, path, text, (char *)NULL);
  _exit(127);
}

/* Dies with a claim and a hold in hand. */
static int be_victim(const char *path) {
  svp_segment *segment;
  svp_producer *producer;
  svp_reader *reader;
  must(svp_segment_attach(path, test_parts, TEST_PARTS, &segment), "attach");
  must(svp_producer_open(segment, 0, &producer), "producer");
  must(svp_reader_open(segment, 1, 0, 0, &reader), "reader");
  must(svp_ring_claim(producer), "claim");
  svp_pool_hold_newest(reader);
  raise(SIGKILL);
  return 1;
}

static void use_ring(svp_segment *segment) {
  svp_producer *slow, *fast;
  svp_consumer *holder, *reader;
  must(svp_producer_open(segment, 0, &slow), "producer");
  must(svp_producer_open(segment, 0, &fast), "producer");
  must(svp_consumer_open(segment, 0, SVP_DROP_OLDEST, 0, &holder), "consumer");
  must(svp_consumer_open(segment, 0, SVP_LATEST, 0, &reader), "consumer");
  must(svp_ring_claim(fast), "claim");
  must(svp_ring_commit(fast, 8), "commit");
  must(svp_ring_take(holder), "take");
  must(svp_ring_claim(slow), "claim");
  /* More than a lap: one slot is held, one is still written. */
  for (int i = 0; i < RING_SLOTS + 8; i++) {
    must(svp_ring_claim(fast), "claim");
    must(svp_ring_commit(fast, 8), "commit");
  }
  if (svp_ring_commit(slow, 8) != SVP_ABORTED) exit(4);
  must(svp_ring_release(holder), "release");
  must(svp_ring_take_wait(reader, 1), "take");
  must(svp_ring_release(reader), "release");
  svp_ring_take_wait(reader, 1);
  must(svp_ring_claim(fast), "claim");
  must(svp_ring_abort(fast), "abort");
  must(svp_consumer_close(holder), "close");
  must(svp_consumer_close(reader), "close");
  must(svp_producer_close(slow), "close");
  must(svp_producer_close(fast), "close");
}

static void use_pool(svp_segment *segment) {
  svp_pool *pool;
  svp_reader *guest;
  must(svp_pool_open(segment, 1, &pool), "pool");
  must(svp_reader_open(segment, 1, 0, 0, &guest), "reader");
  for (int i = 0; i < POOL_SLOTS; i++) must(svp_pool_commit(pool, svp_pool_acquire(pool)), "commit");
  int32_t held = 0;
  for (int i = 0; i < POOL_SLOTS; i++) must(held = svp_pool_hold_newest(guest), "hold");
  must(svp_pool_release(guest, held), "release");
  /* The first takes the slot just released, the second evicts. */
  must(svp_pool_abort(pool, svp_pool_acquire(pool)), "abort");
  must(svp_pool_acquire(pool), "acquire");
  must(svp_pool_commit(pool, svp_pool_acquire(pool)), "commit");
  must(svp_reader_close(guest), "close");
  must(svp_pool_close(pool), "close");
}

static int go_through_all(const char *path, int point) {
  svp_crash_arm(point);
  svp_segment *segment;
  must(svp_segment_attach(path, test_parts, TEST_PARTS, &segment), "attach");
  use_ring(segment);
  use_pool(segment);
  waitpid(start("victim", path, 0), NULL, 0);
  svp_reap_report report;
  must(svp_segment_reap(segment, &report), "reap");
  must(svp_segment_close(segment), "close");
  return 0;
}

/* What is wrong with the segment after the child, or NULL. */
static const char *fault_of(svp_segment *segment, int status) {
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) return "the child did not die at the point";
  svp_reap_report report;
  must(svp_segment_reap(segment, &report), "reap");
  for (int32_t i = 1; i < SVP_PARTICIPANTS; i++) {
    if (atomic_load(&segment->header->participants[i].joined) != 0) return "a dead participant is still listed";
  }
  if (count_leaks(segment) != 0) return "a slot is left in a dead hand";
  return is_usable(segment) ? NULL : "not everything can be used again";
}

static int examine(int point) {
  svp_segment *segment;
  must(svp_segment_create(test_parts, TEST_PARTS, NULL, &segment), "create");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), segment->fd);
  int status;
  waitpid(start("child", path, point), &status, 0);
  const char *fault = fault_of(segment, status);
  if (fault == NULL) {
    /* The next to come goes through all of it, under the index of the dead. */
    waitpid(start("child", path, CRASH_NONE), &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fault = "the next child does not get through";
  }
  svp_segment_close(segment);
  if (fault == NULL) return 0;
  printf("point %d: %s (wait status %#x)\n", point, fault, status);
  return 1;
}

int main(int count, char **arguments) {
  if (count == 1) return printf("%d\n", CRASH_POINT_COUNT - 1) < 0;
  if (count == 2) return examine(atoi(arguments[1]));
  if (strcmp(arguments[1], "victim") == 0) return be_victim(arguments[2]);
  return go_through_all(arguments[2], atoi(arguments[3]));
}
