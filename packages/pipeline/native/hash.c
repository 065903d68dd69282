/*
 * Checksums of a buffer that fills from its start: XXH3-64 and CRC-32C, copied into place and hashed while still in the cache.
 *
 * Inputs: bytes of any length, little-endian machine. XXH3 follows doc/xxhash_spec.md of xxHash 0.8 for inputs longer than 240 bytes
 * (shorter ones have other formulas and are hashed by the caller in one piece). CRC-32C follows RFC 3720, appendix B.4.
 * Launch: one thread, no state outside what the caller holds. Bytes moved: 1 read per byte hashed, and 1 written where it copies.
 */
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define EXPORT __attribute__((visibility("default")))

enum { STRIPE = 64, SECRET = 192, STRIPES_PER_BLOCK = (SECRET - STRIPE) / 8, PIECE = 32768 };

/* 280 bytes; the caller owns it. */
struct sv_xxh3 {
  uint64_t acc[8];
  uint64_t stripes;
  uint8_t secret[SECRET];
  uint64_t uses_avx2;
  uint64_t length;
};

static const uint64_t PRIME32_1 = 0x9E3779B1U, PRIME32_2 = 0x85EBCA77U, PRIME32_3 = 0xC2B2AE3DU;
static const uint64_t PRIME64_1 = 0x9E3779B185EBCA87ULL, PRIME64_2 = 0xC2B2AE3D27D4EB4FULL, PRIME64_3 = 0x165667B19E3779F9ULL;
static const uint64_t PRIME64_4 = 0x85EBCA77C2B2AE63ULL, PRIME64_5 = 0x27D4EB2F165667C5ULL;

static const uint8_t DEFAULT_SECRET[SECRET] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

static uint64_t read64(const uint8_t *from) {
  uint64_t value;
  memcpy(&value, from, 8);
  return value;
}

static void accumulate_plain(uint64_t *acc, const uint8_t *stripe, const uint8_t *secret) {
  for (int i = 0; i < 8; i++) {
    uint64_t value = read64(stripe + 8 * i);
    uint64_t key = value ^ read64(secret + 8 * i);
    acc[i ^ 1] += value;
    acc[i] += (key & 0xFFFFFFFFU) * (key >> 32);
  }
}

static void scramble(uint64_t *acc, const uint8_t *secret) {
  for (int i = 0; i < 8; i++) acc[i] = (acc[i] ^ (acc[i] >> 47) ^ read64(secret + 8 * i)) * PRIME32_1;
}

static void stripes_plain(uint64_t *acc, const uint8_t *from, const uint8_t *secret, uint64_t count) {
  for (uint64_t n = 0; n < count; n++) accumulate_plain(acc, from + n * STRIPE, secret + n * 8);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void stripes_avx2(uint64_t *acc, const uint8_t *from, const uint8_t *secret, uint64_t count) {
  __m256i low = _mm256_loadu_si256((const __m256i *)acc), high = _mm256_loadu_si256((const __m256i *)(acc + 4));
  for (uint64_t n = 0; n < count; n++) {
    const __m256i *stripe = (const __m256i *)(from + n * STRIPE), *words = (const __m256i *)(secret + n * 8);
    _mm_prefetch((const char *)(from + n * STRIPE + 512), _MM_HINT_T0);
    __m256i value = _mm256_loadu_si256(stripe), key = _mm256_xor_si256(value, _mm256_loadu_si256(words));
    __m256i product = _mm256_mul_epu32(key, _mm256_shuffle_epi32(key, _MM_SHUFFLE(0, 3, 0, 1)));
    low = _mm256_add_epi64(product, _mm256_add_epi64(low, _mm256_shuffle_epi32(value, _MM_SHUFFLE(1, 0, 3, 2))));
    value = _mm256_loadu_si256(stripe + 1);
    key = _mm256_xor_si256(value, _mm256_loadu_si256(words + 1));
    product = _mm256_mul_epu32(key, _mm256_shuffle_epi32(key, _MM_SHUFFLE(0, 3, 0, 1)));
    high = _mm256_add_epi64(product, _mm256_add_epi64(high, _mm256_shuffle_epi32(value, _MM_SHUFFLE(1, 0, 3, 2))));
  }
  _mm256_storeu_si256((__m256i *)acc, low);
  _mm256_storeu_si256((__m256i *)(acc + 4), high);
}
#else
#define stripes_avx2 stripes_plain
#endif

/* Takes whole stripes up to `count` in all, scrambling at the end of each block. */
static void take_stripes(struct sv_xxh3 *state, const uint8_t *base, uint64_t count) {
  while (state->stripes < count) {
    uint64_t in_block = state->stripes % STRIPES_PER_BLOCK;
    uint64_t now = STRIPES_PER_BLOCK - in_block;
    if (now > count - state->stripes) now = count - state->stripes;
    const uint8_t *from = base + state->stripes * STRIPE, *secret = state->secret + in_block * 8;
    if (state->uses_avx2) stripes_avx2(state->acc, from, secret, now);
    else stripes_plain(state->acc, from, secret, now);
    state->stripes += now;
    if (in_block + now == STRIPES_PER_BLOCK) scramble(state->acc, state->secret + SECRET - STRIPE);
  }
}

EXPORT uint32_t sv_xxh3_state_bytes(void) { return sizeof(struct sv_xxh3); }

/* Starts the checksum of `length` bytes, more than 240, with a seed of 32 bits. */
EXPORT void sv_xxh3_start(struct sv_xxh3 *state, double length, uint32_t seed) {
  const uint64_t acc[8] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};
  memcpy(state->acc, acc, sizeof acc);
  for (int i = 0; i < SECRET; i += 16) {
    uint64_t low = read64(DEFAULT_SECRET + i) + seed, high = read64(DEFAULT_SECRET + i + 8) - seed;
    memcpy(state->secret + i, &low, 8);
    memcpy(state->secret + i + 8, &high, 8);
  }
  state->stripes = 0;
  state->length = (uint64_t)length;
  state->uses_avx2 = 0;
#if defined(__x86_64__)
  state->uses_avx2 = __builtin_cpu_supports("avx2") != 0;
#endif
}

/* Takes what has become known: the first `filled` bytes of the buffer at `base` hold their final content. */
EXPORT void sv_xxh3_advance(struct sv_xxh3 *state, const uint8_t *base, double filled) {
  uint64_t end = (uint64_t)filled;
  /* The stripe that holds the last byte is never taken here: it is hashed last, whole or not, with another part of the secret. */
  if (end >= state->length) end = state->length - 1;
  take_stripes(state, base, end / STRIPE);
}

/* Copies `count` bytes to `base + offset` and takes them, piece by piece. */
EXPORT void sv_xxh3_copy(struct sv_xxh3 *state, uint8_t *base, double offset, const uint8_t *from, double count) {
  uint64_t at = (uint64_t)offset, left = (uint64_t)count;
  while (left > 0) {
    uint64_t now = left < PIECE ? left : PIECE;
    memcpy(base + at, from, now);
    from += now;
    at += now;
    left -= now;
    sv_xxh3_advance(state, base, (double)at);
  }
}

static uint64_t fold(uint64_t a, uint64_t b) {
  __uint128_t product = (__uint128_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Writes the checksum of all `length` bytes at `base`. */
EXPORT void sv_xxh3_finish(struct sv_xxh3 *state, const uint8_t *base, uint64_t *out) {
  uint64_t length = state->length;
  take_stripes(state, base, (length - 1) / STRIPE);
  accumulate_plain(state->acc, base + length - STRIPE, state->secret + SECRET - STRIPE - 7);
  uint64_t hash = length * PRIME64_1;
  for (int i = 0; i < 8; i += 2) {
    const uint8_t *secret = state->secret + 11 + 8 * i;
    hash += fold(state->acc[i] ^ read64(secret), state->acc[i + 1] ^ read64(secret + 8));
  }
  hash = (hash ^ (hash >> 37)) * 0x165667919E3779F9ULL;
  *out = hash ^ (hash >> 32);
}

static uint32_t crc_plain(uint32_t crc, const uint8_t *from, uint64_t count) {
  static const uint32_t NIBBLES[16] = {0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
                                       0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
                                       0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};
  for (uint64_t i = 0; i < count; i++) {
    crc ^= from[i];
    crc = (crc >> 4) ^ NIBBLES[crc & 15];
    crc = (crc >> 4) ^ NIBBLES[crc & 15];
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *from, uint64_t count) {
  uint64_t wide = crc;
  for (; count >= 8; count -= 8, from += 8) wide = _mm_crc32_u64(wide, read64(from));
  crc = (uint32_t)wide;
  for (; count > 0; count--, from++) crc = _mm_crc32_u8(crc, *from);
  return crc;
}
#endif

/* Continues a CRC-32C over `count` bytes; 0 starts one. The value returned is the finished checksum so far. */
EXPORT uint32_t sv_crc32c(uint32_t crc, const uint8_t *from, double count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ~crc_sse42(~crc, from, (uint64_t)count);
#endif
  return ~crc_plain(~crc, from, (uint64_t)count);
}

/* The same without the instruction of the processor, for tests of the slow path. */
EXPORT uint32_t sv_crc32c_plain(uint32_t crc, const uint8_t *from, double count) {
  return ~crc_plain(~crc, from, (uint64_t)count);
}
