/**
 * Segments: memory that several processes map, with a header that says what is in it.
 *
 * An anonymous segment (memfd) has no name anywhere; children open /proc/PID/fd/N, and the kernel frees it with its last process. A
 * named one lies in /dev/shm for processes that do not descend from each other; its owner unlinks it, or `svp_segment_sweep` does when
 * the owner has been killed. All memory is allocated and touched at creation: a segment that cannot be had fails there, and the first
 * frame is as fast as all others.
 */
#define _GNU_SOURCE
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Thread_local char last_error[512];

int32_t svp_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return SVP_ERROR;
}

int32_t svp_last_error(char *text, int32_t bytes) { return snprintf(text, (size_t)bytes, "%s", last_error); }

int32_t svp_abi_describe(int32_t *out) {
  const int32_t abi[] = {SVP_ABI_VERSION,          sizeof(svp_part),      sizeof(svp_place),  sizeof(svp_segment_info),
                         sizeof(svp_reap_report),  sizeof(svp_header),    sizeof(svp_ring),   sizeof(svp_ring_consumer),
                         sizeof(svp_ring_slot),    sizeof(svp_pool_header), sizeof(svp_pool_reader), sizeof(svp_pool_slot)};
  memcpy(out, abi, sizeof abi);
  return SVP_OK;
}

uint64_t svp_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t round_up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

/* FNV-1a: what both sides must agree on besides the version, which is the shape of every struct and every part. */
static uint64_t hash_layout(const svp_part *parts, int32_t count) {
  int32_t abi[12];
  svp_abi_describe(abi);
  uint64_t hash = 0xcbf29ce484222325u;
  const uint8_t *sources[] = {(const uint8_t *)abi, (const uint8_t *)parts};
  const size_t lengths[] = {sizeof abi, (size_t)count * sizeof(svp_part)};
  for (int source = 0; source < 2; source++) {
    for (size_t i = 0; i < lengths[source]; i++) hash = (hash ^ sources[source][i]) * 0x100000001b3u;
  }
  return hash;
}

static void place_part(const svp_part *part, uint64_t offset, svp_place *place) {
  place->part_offset = offset;
  if (part->kind == SVP_RING) {
    place->consumers_offset = offset + offsetof(svp_ring, consumers);
    place->slots_offset = offset + sizeof(svp_ring);
    place->slot_stride = sizeof(svp_ring_slot) + round_up(part->slot_bytes, SVP_LINE);
    place->payload_offset = place->slots_offset + sizeof(svp_ring_slot);
    place->payload_stride = place->slot_stride;
    place->part_bytes = sizeof(svp_ring) + part->slots * place->slot_stride;
  } else {
    place->consumers_offset = offset + offsetof(svp_pool_header, readers);
    place->slots_offset = offset + sizeof(svp_pool_header);
    place->slot_stride = sizeof(svp_pool_slot);
    place->payload_offset = round_up(place->slots_offset + part->slots * place->slot_stride, SVP_PAGE);
    place->payload_stride = round_up(part->slot_bytes, SVP_PAGE);
    place->part_bytes = place->payload_offset - offset + part->slots * place->payload_stride;
  }
}

static int32_t check_part(const svp_part *part, int32_t index) {
  if (part->kind != SVP_RING && part->kind != SVP_POOL)
    return svp_fail("Cannot lay out part %d: kind %u, need 1 (ring) or 2 (pool)", index, part->kind);
  const uint32_t slots = part->slots;
  if (part->kind == SVP_RING && (slots < 2 || slots > 65536 || (slots & (slots - 1)) != 0))
    return svp_fail("Cannot lay out ring %d: %u slots, need a power of two from 2 to 65536", index, slots);
  if (part->kind == SVP_POOL && (slots < 2 || slots > 4096))
    return svp_fail("Cannot lay out pool %d: %u slots, need 2 to 4096", index, slots);
  if (part->slot_bytes < 1 || part->slot_bytes > 1ull << 40)
    return svp_fail("Cannot lay out part %d: slots of %llu bytes, need 1 to 2^40", index, (unsigned long long)part->slot_bytes);
  return SVP_OK;
}

/* Fills the places and returns the bytes of all, or 0 with the error kept. */
static uint64_t lay_out(const svp_part *parts, int32_t count, svp_place *places) {
  if (count < 1 || count > SVP_PARTS_MAX) {
    svp_fail("Cannot lay out a segment: %d parts, need 1 to %d", count, SVP_PARTS_MAX);
    return 0;
  }
  uint64_t offset = round_up(sizeof(svp_header), SVP_PAGE);
  for (int32_t i = 0; i < count; i++) {
    if (check_part(&parts[i], i) != SVP_OK) return 0;
    place_part(&parts[i], offset, &places[i]);
    offset = round_up(offset + places[i].part_bytes, SVP_PAGE);
  }
  return offset;
}

int32_t svp_segment_measure(const svp_part *parts, int32_t count, uint64_t *out) {
  svp_place places[SVP_PARTS_MAX];
  *out = lay_out(parts, count, places);
  return *out == 0 ? SVP_ERROR : SVP_OK;
}

static int32_t map_memory(svp_segment *segment, const char *label) {
  void *base = mmap(NULL, segment->byte_length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, segment->fd, 0);
  if (base == MAP_FAILED)
    return svp_fail("Cannot map segment \"%s\" of %llu bytes: %s, need that much address space", label,
                    (unsigned long long)segment->byte_length, strerror(errno));
  segment->base = base;
  segment->header = base;
  return SVP_OK;
}

static int32_t open_memory(svp_segment *segment, const char *name) {
  const char *label = name == NULL ? "anonymous" : name;
  if (name != NULL && (strncmp(name, "skyvox.", 7) != 0 || strlen(name) >= sizeof segment->name || strchr(name, '/') != NULL))
    return svp_fail("Cannot create segment \"%s\": need a name that begins with \"skyvox.\" and has no slash", name);
  segment->fd = name == NULL ? memfd_create("skyvox", MFD_CLOEXEC) : shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (segment->fd < 0) return svp_fail("Cannot create segment \"%s\": %s, need a fresh name", label, strerror(errno));
  if (name != NULL) strcpy(segment->name, name);
  const int32_t joined = participant_join(segment, true);
  if (joined != SVP_OK) return joined;
  struct stat file;
  if (name != NULL && fstat(segment->fd, &file) == 0 && file.st_nlink == 0)
    return svp_fail("Cannot create segment \"%s\": swept away while it was made, need another try", name);
  /* ftruncate alone succeeds on a full file system and lets a later write die by SIGBUS. */
  const int error = posix_fallocate(segment->fd, 0, (off_t)segment->byte_length);
  if (error != 0)
    return svp_fail("Cannot create segment \"%s\" of %llu bytes: %s, need that much free shared memory", label,
                    (unsigned long long)segment->byte_length, strerror(error));
  return map_memory(segment, label);
}

static void format_segment(svp_segment *segment) {
  svp_header *header = segment->header;
  header->abi_version = SVP_ABI_VERSION;
  header->part_count = (uint32_t)segment->part_count;
  header->layout_hash = hash_layout(segment->parts, segment->part_count);
  header->byte_length = segment->byte_length;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  header->created_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  /* A random UUID (RFC 9562, version 4). */
  if (getentropy(header->uuid, sizeof header->uuid) != 0) memcpy(header->uuid, &header->created_ns, sizeof header->created_ns);
  header->uuid[6] = (header->uuid[6] & 0x0f) | 0x40;
  header->uuid[8] = (header->uuid[8] & 0x3f) | 0x80;
  for (int32_t i = 0; i < segment->part_count; i++) {
    void *part = segment->base + segment->places[i].part_offset;
    if (segment->parts[i].kind == SVP_RING) ring_format(part, &segment->parts[i], &segment->places[i]);
    else pool_format(part, &segment->parts[i], &segment->places[i]);
  }
  atomic_store_explicit(&header->participants[segment->participant].joined, 1, memory_order_relaxed);
  atomic_store_explicit(&header->magic, SVP_MAGIC, memory_order_release);
}

static svp_segment *new_segment(const svp_part *parts, int32_t count) {
  svp_segment *segment = calloc(1, sizeof *segment);
  if (segment == NULL) {
    svp_fail("Cannot open a segment: out of memory, need %zu bytes", sizeof *segment);
    return NULL;
  }
  segment->fd = segment->participant = -1;
  segment->byte_length = lay_out(parts, count, segment->places);
  if (segment->byte_length == 0) {
    free(segment);
    return NULL;
  }
  segment->part_count = count;
  memcpy(segment->parts, parts, (size_t)count * sizeof *parts);
  return segment;
}

int32_t svp_segment_create(const svp_part *parts, int32_t count, const char *name, svp_segment **out) {
  svp_segment *segment = new_segment(parts, count);
  if (segment == NULL) return SVP_ERROR;
  const int32_t status = open_memory(segment, name);
  if (status != SVP_OK) {
    svp_segment_close(segment);
    return status;
  }
  format_segment(segment);
  *out = segment;
  return SVP_OK;
}

static int32_t check_header(const svp_segment *segment, const char *path) {
  const svp_header *header = segment->header;
  const uint64_t magic = atomic_load_explicit(&header->magic, memory_order_acquire);
  if (magic != SVP_MAGIC)
    return svp_fail("Cannot attach segment \"%s\": magic %#llx, need %#llx", path, (unsigned long long)magic,
                    (unsigned long long)SVP_MAGIC);
  if (header->abi_version != SVP_ABI_VERSION)
    return svp_fail("Cannot attach segment \"%s\": version %u, need %u", path, header->abi_version, SVP_ABI_VERSION);
  const uint64_t wanted = hash_layout(segment->parts, segment->part_count);
  if (header->layout_hash != wanted || header->byte_length != segment->byte_length)
    return svp_fail("Cannot attach segment \"%s\": layout %016llx of %llu bytes, need %016llx of %llu", path,
                    (unsigned long long)header->layout_hash, (unsigned long long)header->byte_length, (unsigned long long)wanted,
                    (unsigned long long)segment->byte_length);
  return SVP_OK;
}

/* Maps no more than the file has: a shorter one is looked at by its first page and refused in words. */
static int32_t attach_memory(svp_segment *segment, const char *path) {
  segment->fd = open(path, O_RDWR | O_CLOEXEC);
  struct stat file;
  if (segment->fd < 0 || fstat(segment->fd, &file) != 0)
    return svp_fail("Cannot attach segment \"%s\": %s, need a segment that lives", path, strerror(errno));
  if ((uint64_t)file.st_size < sizeof(svp_header))
    return svp_fail("Cannot attach segment \"%s\": %lld bytes, need at least %zu", path, (long long)file.st_size, sizeof(svp_header));
  const uint64_t wanted = segment->byte_length;
  segment->byte_length = sizeof(svp_header);
  int32_t status = map_memory(segment, path);
  if (status != SVP_OK) return status;
  svp_header *header = segment->header;
  segment->byte_length = wanted;
  status = check_header(segment, path);
  munmap(header, sizeof(svp_header));
  segment->base = NULL;
  if (status != SVP_OK) return status;
  if ((uint64_t)file.st_size < wanted)
    return svp_fail("Cannot attach segment \"%s\": %lld bytes, need %llu", path, (long long)file.st_size, (unsigned long long)wanted);
  status = map_memory(segment, path);
  return status == SVP_OK ? participant_join(segment, false) : status;
}

int32_t svp_segment_attach(const char *path, const svp_part *parts, int32_t count, svp_segment **out) {
  svp_segment *segment = new_segment(parts, count);
  if (segment == NULL) return SVP_ERROR;
  const int32_t status = attach_memory(segment, path);
  if (status != SVP_OK) {
    svp_segment_close(segment);
    return status;
  }
  *out = segment;
  return SVP_OK;
}

int32_t svp_segment_close(svp_segment *segment) {
  if (segment->base != NULL) {
    if (segment->participant >= 0) participant_leave(segment);
    munmap(segment->base, segment->byte_length);
  }
  if (segment->name[0] != 0) shm_unlink(segment->name);
  if (segment->fd >= 0) close(segment->fd);
  free(segment);
  return SVP_OK;
}

int32_t svp_segment_describe(const svp_segment *segment, svp_segment_info *out) {
  const svp_header *header = segment->header;
  const uint8_t *id = header->uuid;
  *out = (svp_segment_info){.base = (uint64_t)(uintptr_t)segment->base,
                            .byte_length = segment->byte_length,
                            .created_ns = header->created_ns,
                            .fd = segment->fd,
                            .participant = segment->participant};
  snprintf(out->uuid, sizeof out->uuid, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1], id[2],
           id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15]);
  return SVP_OK;
}

int32_t svp_segment_place(const svp_segment *segment, int32_t part, svp_place *out) {
  if (part < 0 || part >= segment->part_count)
    return svp_fail("Cannot find part %d of a segment: %d parts, need one of them", part, segment->part_count);
  *out = segment->places[part];
  return SVP_OK;
}

void *segment_part(svp_segment *segment, int32_t part, uint32_t kind) {
  svp_place place = {0};
  if (svp_segment_place(segment, part, &place) != SVP_OK) return NULL;
  if (segment->parts[part].kind != kind) {
    svp_fail("Cannot open part %d of a segment: kind %u, need %u", part, segment->parts[part].kind, kind);
    return NULL;
  }
  return segment->base + place.part_offset;
}
