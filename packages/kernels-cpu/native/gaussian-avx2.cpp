/* Mode gaussian of op motion, 16 pixels per step of AVX2; see gaussian.cpp.
 *
 * Pixels that move are rare. So 16 lanes of 16 bits first tell whether one may: with a deviation of at least `reach`, and a square of it
 * whose upper half is no less than that of the noise times the ratio. Where none may, fast mean and variance need no more than
 * 16 bits, a step up or down at a time, and only the slow mean takes lanes of 32. Otherwise the arithmetic is that of
 * packages/kernels/native/gaussian.h in lanes of 32 bits, eight at a time: no product passes 2^30, so signed comparisons hold. */
#if defined(__x86_64__)
#include "../../kernels/native/motion.h"
#include "context.h"
#include "lanes-avx2.h"

namespace skyvox {

uint64_t gaussian_pixels_scalar(const GaussianPart &part);

namespace {

SV_INLINE __m128i count_of(uint32_t shift) { return _mm_cvtsi32_si128(static_cast<int>(shift)); }

/* What is the same for all pixels of a frame. */
struct Frame {
  __m256i threshold, threshold_fast, snr_min, variance_min;
  __m256i half, half_moving, half_fast;
  __m128i shift, shift_moving, shift_fast;
  __m256i reach, snr_min_16, variance_min_16; /* lanes of 16 bits */
  __m128i shift_less_1, shift_fast_less_1;

  SV_MEMBER explicit Frame(const sv_gaussian_frame &frame) {
    threshold = lanes_of(frame.threshold), threshold_fast = lanes_of(frame.threshold << 8);
    snr_min = lanes_of(frame.snr_min_q4), variance_min = lanes_of(frame.variance_min_q8);
    half = lanes_of(1u << (frame.shift - 1)), shift = count_of(frame.shift);
    half_moving = lanes_of(1u << (frame.shift_moving - 1)), shift_moving = count_of(frame.shift_moving);
    half_fast = lanes_of(1u << (frame.fast_shift - 1)), shift_fast = count_of(frame.fast_shift);
    /* A difference above the threshold is a deviation of at least threshold + 1/2 grey levels. */
    reach = words_of(16 * frame.threshold + 7), snr_min_16 = words_of(frame.snr_min_q4), variance_min_16 = words_of(frame.variance_min_q8);
    shift_less_1 = count_of(frame.shift - 1), shift_fast_less_1 = count_of(frame.fast_shift - 1);
  }
};

struct Eight {
  __m256i mean, variance, fast; /* of the pixels; updated by step */
  __m256i deviation, word;      /* word: second of a motion row */
  uint32_t moving;              /* bit i: pixel i moves */
};

SV_INLINE void step(const Frame &f, __m256i c, Eight *p) {
  const __m256i way = _mm256_sub_epi32(_mm256_slli_epi32(c, 16), p->mean), fast_way = _mm256_sub_epi32(_mm256_slli_epi32(c, 8), p->fast);
  const __m256i difference = _mm256_srli_epi32(_mm256_add_epi32(_mm256_abs_epi32(way), lanes_of(1u << 15)), 16);
  p->deviation = _mm256_srai_epi32(_mm256_add_epi32(way, lanes_of(1u << 11)), 12);
  /* 13 bits: the product of the low halves, the high ones being 0. */
  const __m256i size = _mm256_abs_epi32(p->deviation), square = _mm256_madd_epi16(size, size);
  const __m256i least = _mm256_mullo_epi32(_mm256_max_epi32(p->variance, f.variance_min), f.snr_min);
  const __m256i moving = _mm256_and_si256(_mm256_cmpgt_epi32(difference, f.threshold), _mm256_cmpgt_epi32(_mm256_slli_epi32(square, 4), least));
  const __m256i slow = _mm256_sra_epi32(_mm256_add_epi32(way, f.half), f.shift);
  const __m256i held = _mm256_sra_epi32(_mm256_add_epi32(way, f.half_moving), f.shift_moving);
  p->mean = _mm256_add_epi32(p->mean, _mm256_blendv_epi8(slow, held, moving));
  const __m256i spread = _mm256_sub_epi32(_mm256_min_epi32(square, lanes_of(65535)), p->variance);
  p->variance = _mm256_add_epi32(p->variance, _mm256_andnot_si256(moving, _mm256_sra_epi32(_mm256_add_epi32(spread, f.half), f.shift)));
  p->fast = _mm256_add_epi32(p->fast, _mm256_sra_epi32(_mm256_add_epi32(fast_way, f.half_fast), f.shift_fast));
  const __m256i strayed = _mm256_cmpgt_epi32(_mm256_abs_epi32(fast_way), f.threshold_fast);
  p->word = _mm256_or_si256(difference, _mm256_andnot_si256(strayed, lanes_of(256)));
  p->moving = static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(moving)));
}

SV_INLINE __m256i wide(const uint16_t *from) { return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from))); }

/* packus and packs work within 128-bit lanes; the permutation puts the quarters back in order. */
SV_INLINE __m256i packed_unsigned(__m256i low, __m256i high) { return _mm256_permute4x64_epi64(_mm256_packus_epi32(low, high), 0xd8); }
SV_INLINE __m256i packed(__m256i low, __m256i high) { return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8); }

void append(const GaussianPart &part, const Eight &low, const Eight &high, uint32_t at, uint64_t *total) {
  const uint32_t width = static_cast<uint32_t>(part.camera.spec.width);
  alignas(32) uint32_t words[16];
  _mm256_store_si256(reinterpret_cast<__m256i *>(words), low.word);
  _mm256_store_si256(reinterpret_cast<__m256i *>(words + 8), high.word);
  for (uint32_t bits = low.moving | high.moving << 8; bits != 0; bits &= bits - 1) {
    const uint32_t i = static_cast<uint32_t>(__builtin_ctz(bits));
    if (*total < part.rows_max) {
      part.rows[2 * *total] = sv_motion_place((at + i) % width, (at + i) / width);
      part.rows[2 * *total + 1] = words[i];
    }
    *total += 1;
  }
}

/* Where the state of 16 pixels lies; the variance is read from one place and written to another, or to the same. */
struct Sixteen {
  const uint8_t *pixels;
  uint32_t *mean;
  uint16_t *fast;
  const uint16_t *variance;
  uint16_t *updated;
  int16_t *deviation; /* null where spots may not ask for it */
};

/* `from` and the rounded part of the way to `to`, a half rounded up as in sv_part_of_way: the way down is one less before it is
 * rounded. Unsigned lanes of 16 bits; shift_less_1 is one less than the shift. */
SV_INLINE __m256i approach(__m256i from, __m256i to, __m128i shift_less_1) {
  const __m256i zero = _mm256_setzero_si256(), up = _mm256_subs_epu16(to, from);
  const __m256i down = _mm256_subs_epu16(_mm256_subs_epu16(from, to), words_of(1));
  const __m256i raised = _mm256_add_epi16(from, _mm256_avg_epu16(_mm256_srl_epi16(up, shift_less_1), zero));
  return _mm256_sub_epi16(raised, _mm256_avg_epu16(_mm256_srl_epi16(down, shift_less_1), zero));
}

/* Takes 16 pixels in where none of them moves; false, and nothing is changed, where one may. */
SV_INLINE bool take_still(const Frame &f, const Sixteen &at) {
  const __m256i c = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(at.pixels)));
  const __m256i low = load(at.mean), high = load(at.mean + 8), variance = load(at.variance), fast = load(at.fast);
  const __m256i way_low = _mm256_sub_epi32(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm256_castsi256_si128(c)), 16), low);
  const __m256i way_high = _mm256_sub_epi32(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm256_extracti128_si256(c, 1)), 16), high);
  const __m256i deviation = packed(_mm256_srai_epi32(_mm256_add_epi32(way_low, lanes_of(1u << 11)), 12),
                                   _mm256_srai_epi32(_mm256_add_epi32(way_high, lanes_of(1u << 11)), 12));
  const __m256i size = _mm256_abs_epi16(deviation), times_4 = _mm256_slli_epi16(size, 2);
  const __m256i noise = _mm256_mulhi_epu16(_mm256_max_epu16(variance, f.variance_min_16), f.snr_min_16);
  const __m256i drowned = _mm256_subs_epu16(noise, _mm256_mulhi_epu16(times_4, times_4));
  const __m256i may_move = _mm256_and_si256(_mm256_cmpgt_epi16(size, f.reach), _mm256_cmpeq_epi16(drowned, _mm256_setzero_si256()));
  if (__builtin_expect(_mm256_testz_si256(may_move, may_move) == 0, 0)) return false;
  /* A size past 255 has a square past 16 bits. */
  const __m256i square = _mm256_or_si256(_mm256_mullo_epi16(size, size), _mm256_cmpgt_epi16(size, words_of(255)));
  store(at.mean, _mm256_add_epi32(low, _mm256_sra_epi32(_mm256_add_epi32(way_low, f.half), f.shift)));
  store(at.mean + 8, _mm256_add_epi32(high, _mm256_sra_epi32(_mm256_add_epi32(way_high, f.half), f.shift)));
  store(at.updated, approach(variance, square, f.shift_less_1));
  store(at.fast, approach(fast, _mm256_slli_epi16(c, 8), f.shift_fast_less_1));
  if (at.deviation != nullptr) store(at.deviation, deviation);
  return true;
}

/* The same for any 16 pixels, the first at place `first` of the picture; lists those that move. Kept out of the hot loop. */
__attribute__((noinline)) void take_any(const Frame &f, const Sixteen &at, const GaussianPart &part, uint32_t first, uint64_t *total) {
  const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at.pixels));
  Eight low = {load(at.mean), wide(at.variance), wide(at.fast), {}, {}, 0};
  Eight high = {load(at.mean + 8), wide(at.variance + 8), wide(at.fast + 8), {}, {}, 0};
  step(f, _mm256_cvtepu8_epi32(c), &low);
  step(f, _mm256_cvtepu8_epi32(_mm_srli_si128(c, 8)), &high);
  store(at.mean, low.mean), store(at.mean + 8, high.mean);
  store(at.updated, packed_unsigned(low.variance, high.variance));
  store(at.fast, packed_unsigned(low.fast, high.fast));
  if (at.deviation != nullptr) store(at.deviation, packed(low.deviation, high.deviation));
  if ((low.moving | high.moving) != 0) append(part, low, high, first, total);
}

template <bool ForSpots> uint64_t pixels_of(const GaussianPart &part) {
  const Gaussian &gaussian = part.camera.gaussian;
  const Frame frame(part.frame);
  const uint16_t *variance = gaussian.variance_q8[gaussian.latest].get();
  uint16_t *updated = gaussian.variance_q8[ForSpots ? 1 - gaussian.latest : gaussian.latest].get();
  const uint32_t whole = part.begin + (part.end - part.begin) / 16 * 16;
  uint64_t total = 0;
  for (uint32_t i = part.begin; i < whole; i += 16) {
    const Sixteen at = {part.pixels + i, gaussian.mean_q16.get() + i, gaussian.fast_q8.get() + i,
                        variance + i, updated + i, ForSpots ? gaussian.deviation_q4.get() + i : nullptr};
    if (!take_still(frame, at)) take_any(frame, at, part, i, &total);
  }
  GaussianPart rest = part;
  const uint32_t listed = total < part.rows_max ? static_cast<uint32_t>(total) : part.rows_max;
  rest.begin = whole, rest.rows = part.rows + size_t{listed} * 2, rest.rows_max = part.rows_max - listed;
  return total + gaussian_pixels_scalar(rest);
}

}  // namespace

uint64_t gaussian_pixels_avx2(const GaussianPart &part) {
  return part.camera.gaussian.deviation_q4.get() == nullptr ? pixels_of<false>(part) : pixels_of<true>(part);
}

}  // namespace skyvox
#endif
