/**
 * Who is there, and the cleaning up after who is not.
 *
 * Participant i holds a lock on byte i of the segment's file, bound to its own open file description (F_OFD_SETLK). The kernel drops it
 * when the process ends, however it ends: no process numbers, no time-outs, and a process that is merely stopped stays alive. Whoever
 * reaps takes the lock of the dead one first, so that there is one reaper and no newcomer under that index; when the reaper dies too,
 * its lock goes and the next one starts over. Nobody ever takes its own byte again: giving that back would tell the others it had died.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crash-point.h"
#include "segment.h"

static bool set_lock(int32_t fd, int32_t byte, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  int status;
  do status = fcntl(fd, F_OFD_SETLK, &lock);
  while (status != 0 && errno == EINTR);
  return status == 0;
}

static bool is_locked_by_another(int32_t fd, int32_t byte) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  return fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

bool participant_is_dead(const svp_segment *segment, int32_t participant) {
  return participant != segment->participant && !is_locked_by_another(segment->fd, participant);
}

int32_t svp_segment_is_alive(const svp_segment *segment, int32_t participant) {
  if (participant < 0 || participant >= SVP_PARTICIPANTS) return 0;
  return participant_is_dead(segment, participant) ? 0 : 1;
}

/* Takes out of every part what a participant had in hand. The caller holds its lock. */
static void clean_parts(svp_segment *segment, uint32_t participant, svp_reap_report *report) {
  for (int32_t i = 0; i < segment->part_count; i++) {
    void *part = segment->base + segment->places[i].part_offset;
    if (segment->parts[i].kind == SVP_RING) ring_clean(part, participant, report);
    else pool_clean(part, participant, report);
  }
}

int32_t participant_join(svp_segment *segment, bool is_owner) {
  const int32_t last = is_owner ? 0 : SVP_PARTICIPANTS - 1;
  for (int32_t i = is_owner ? 0 : 1; i <= last; i++) {
    if (!set_lock(segment->fd, i, F_WRLCK)) continue;
    segment->participant = i;
    SKYVOX_CRASHPOINT(CRASH_JOIN_LOCKED);
    if (segment->header == NULL) return SVP_OK; /* the owner, before there is memory */
    svp_reap_report left = {0};
    clean_parts(segment, (uint32_t)i, &left); /* of one that died under this index */
    atomic_store_explicit(&segment->header->participants[i].joined, 1, memory_order_release);
    SKYVOX_CRASHPOINT(CRASH_JOIN_LISTED);
    return SVP_OK;
  }
  return svp_fail("Cannot join a segment: all %d places are taken, need a free one", SVP_PARTICIPANTS);
}

void participant_leave(svp_segment *segment) {
  svp_reap_report left = {0};
  clean_parts(segment, (uint32_t)segment->participant, &left);
  SKYVOX_CRASHPOINT(CRASH_LEAVE_CLEANED);
  atomic_store_explicit(&segment->header->participants[segment->participant].joined, 0, memory_order_release);
  set_lock(segment->fd, segment->participant, F_UNLCK);
  segment->participant = -1;
}

int32_t svp_segment_reap(svp_segment *segment, svp_reap_report *out) {
  const uint64_t start_ns = svp_now_ns();
  *out = (svp_reap_report){0};
  for (int32_t i = 0; i < SVP_PARTICIPANTS; i++) {
    shared_u32 *joined = &segment->header->participants[i].joined;
    if (i == segment->participant || atomic_load_explicit(joined, memory_order_acquire) == 0) continue;
    if (!set_lock(segment->fd, i, F_WRLCK)) continue;
    SKYVOX_CRASHPOINT(CRASH_REAP_LOCKED);
    if (atomic_load_explicit(joined, memory_order_acquire) != 0) {
      clean_parts(segment, (uint32_t)i, out);
      SKYVOX_CRASHPOINT(CRASH_REAP_CLEANED);
      atomic_store_explicit(joined, 0, memory_order_release);
      out->participants++;
    }
    set_lock(segment->fd, i, F_UNLCK);
  }
  out->duration_us = (uint32_t)((svp_now_ns() - start_ns) / 1000);
  return SVP_OK;
}

int32_t svp_segment_sweep(void) {
  DIR *folder = opendir("/dev/shm");
  if (folder == NULL) return svp_fail("Cannot sweep /dev/shm: %s, need to read it", strerror(errno));
  int32_t swept = 0;
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (strncmp(entry->d_name, "skyvox.", 7) != 0) continue;
    const int fd = shm_open(entry->d_name, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0) continue; /* of another user, or gone by now */
    /* Held while the name goes: a creator that has not locked its byte yet sees it and starts over. */
    if (set_lock(fd, 0, F_WRLCK) && shm_unlink(entry->d_name) == 0) swept++;
    close(fd);
  }
  closedir(folder);
  return swept;
}
