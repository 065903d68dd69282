/*
 * Calls the checksums on memory of the exact length, under sanitizers: buffers that fill in random parts, and what the processor lacks.
 *
 * Arguments: a seed. Prints nothing and ends with 0 when parts and whole agree and no foreign byte was touched.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

uint32_t sv_xxh3_state_bytes(void);
void sv_xxh3_start(void *state, double length, uint32_t seed);
void sv_xxh3_advance(void *state, const uint8_t *base, double filled);
void sv_xxh3_copy(void *state, uint8_t *base, double offset, const uint8_t *from, double count);
void sv_xxh3_finish(void *state, const uint8_t *base, uint64_t *out);
uint32_t sv_crc32c(uint32_t crc, const uint8_t *from, double count);
uint32_t sv_crc32c_plain(uint32_t crc, const uint8_t *from, double count);

enum { LENGTHS = 400, LENGTH_MIN = 241, LENGTH_SPAN = 70000 };

static uint64_t whole(const uint8_t *bytes, uint32_t length, uint32_t seed) {
  void *state = malloc(sv_xxh3_state_bytes());
  uint64_t sum;
  sv_xxh3_start(state, length, seed);
  sv_xxh3_advance(state, bytes, length);
  sv_xxh3_finish(state, bytes, &sum);
  free(state);
  return sum;
}

/* Fills a copy in random parts, every second one written by somebody else. */
static uint64_t parts(const uint8_t *bytes, uint32_t length, uint32_t seed) {
  void *state = malloc(sv_xxh3_state_bytes());
  uint8_t *copy = malloc(length);
  uint64_t sum;
  uint32_t turn = 0;
  sv_xxh3_start(state, length, seed);
  for (uint32_t at = 0, now; at < length; at += now, turn++) {
    now = 1 + (uint32_t)rand() % 5000;
    if (now > length - at) now = length - at;
    if (turn % 2 == 0) {
      sv_xxh3_copy(state, copy, at, bytes + at, now);
    } else {
      memcpy(copy + at, bytes + at, now);
      sv_xxh3_advance(state, copy, at + now);
    }
  }
  sv_xxh3_finish(state, copy, &sum);
  free(copy);
  free(state);
  return sum;
}

int main(int count, char **words) {
  srand(count > 1 ? (unsigned)atoi(words[1]) : 1);
  for (int i = 0; i < LENGTHS; i++) {
    uint32_t length = LENGTH_MIN + (uint32_t)rand() % (i % 2 == 0 ? LENGTH_SPAN : 2100);
    uint32_t seed = (uint32_t)rand();
    uint8_t *bytes = malloc(length);
    for (uint32_t k = 0; k < length; k++) bytes[k] = (uint8_t)rand();
    if (whole(bytes, length, seed) != parts(bytes, length, seed)) return 1;
    uint32_t cut = (uint32_t)rand() % length;
    uint32_t crc = sv_crc32c(sv_crc32c(0, bytes, cut), bytes + cut, length - cut);
    if (crc != sv_crc32c_plain(0, bytes, length)) return 2;
    free(bytes);
  }
  return 0;
}
