/* Op motion, 32 pixels per step of AVX2; see motion.cpp. Entered only after a check of the processor.
 *
 * A difference is the or of two saturating subtractions, a move toward the picture the minimum of each and the step. Pixels that
 * move are rare: a step that has one leaves the loop to list it. */
#if defined(__x86_64__)
#include "../../kernels/native/motion.h"
#include "context.h"

#include <immintrin.h>

namespace skyvox {
namespace {

struct Step {
  __m256i difference;
  uint32_t moving; /* bit i: pixel i moves */
};

SV_INLINE Step compare(__m256i c, __m256i b, __m256i threshold) {
  const __m256i difference = _mm256_or_si256(_mm256_subs_epu8(c, b), _mm256_subs_epu8(b, c));
  const __m256i still = _mm256_cmpeq_epi8(_mm256_subs_epu8(difference, threshold), _mm256_setzero_si256());
  return {difference, ~static_cast<uint32_t>(_mm256_movemask_epi8(still))};
}

template <int Mode> SV_INLINE Step step(const uint8_t *pixels, void *background, __m256i threshold, __m256i most) {
  const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(pixels));
  __m256i *place = static_cast<__m256i *>(background);
  const __m256i b = _mm256_loadu_si256(place);
  if (Mode == SV_MOTION_DIFF) {
    _mm256_storeu_si256(place, c);
    return compare(c, b, threshold);
  }
  if (Mode == SV_MOTION_SIGMA_DELTA) {
    const __m256i up = _mm256_subs_epu8(c, b), down = _mm256_subs_epu8(b, c);
    const __m256i moved = _mm256_add_epi8(b, _mm256_min_epu8(up, most));
    _mm256_storeu_si256(place, _mm256_sub_epi8(moved, _mm256_min_epu8(down, most)));
    return compare(c, b, threshold);
  }
  const __m256i low = b, high = _mm256_loadu_si256(place + 1);
  /* packus works within 128-bit lanes; the permutation puts the quarters back in order. */
  const __m256i mean = _mm256_permute4x64_epi64(_mm256_packus_epi16(_mm256_srli_epi16(low, 8), _mm256_srli_epi16(high, 8)), 0xd8);
  const __m256i c_low = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(c)), c_high = _mm256_cvtepu8_epi16(_mm256_extracti128_si256(c, 1));
  _mm256_storeu_si256(place, _mm256_sub_epi16(_mm256_add_epi16(low, _mm256_slli_epi16(c_low, 4)), _mm256_srli_epi16(low, 4)));
  _mm256_storeu_si256(place + 1, _mm256_sub_epi16(_mm256_add_epi16(high, _mm256_slli_epi16(c_high, 4)), _mm256_srli_epi16(high, 4)));
  return compare(c, mean, threshold);
}

struct Output {
  uint32_t *rows;
  uint64_t rows_max, total;
};

/* Kept out of the hot loop: about one step in ten finds a moving pixel. */
__attribute__((noinline)) void append(Output *out, const Step &found, uint32_t x0, uint32_t y) {
  alignas(32) uint8_t difference[32];
  _mm256_store_si256(reinterpret_cast<__m256i *>(difference), found.difference);
  for (uint32_t bits = found.moving; bits != 0; bits &= bits - 1) {
    const uint32_t i = static_cast<uint32_t>(__builtin_ctz(bits));
    if (out->total < out->rows_max) {
      out->rows[2 * out->total] = sv_motion_place(x0 + i, y);
      out->rows[2 * out->total + 1] = difference[i];
    }
    out->total += 1;
  }
}

template <int Mode> uint64_t rows_of(const Camera &camera, const uint8_t *pixels, Grey grey, uint32_t row_begin,
                                     uint32_t row_end, uint32_t *rows, uint32_t rows_max) {
  constexpr size_t bytes = Mode == SV_MOTION_AVERAGE ? 2 : 1;
  const uint32_t width = static_cast<uint32_t>(camera.spec.width), whole = width & ~31u, rest = width & 31u;
  const __m256i threshold = _mm256_set1_epi8(static_cast<char>(grey.threshold));
  const __m256i most = _mm256_set1_epi8(static_cast<char>(grey.step));
  Output out = {rows, rows_max, 0};
  for (uint32_t y = row_begin; y < row_end; y += 1) {
    const uint8_t *line = pixels + size_t{y} * width;
    uint8_t *background = reinterpret_cast<uint8_t *>(camera.background.get()) + size_t{y} * width * bytes;
    for (uint32_t x = 0; x < whole; x += 32) {
      const Step found = step<Mode>(line + x, background + x * bytes, threshold, most);
      if (__builtin_expect(found.moving != 0, 0)) append(&out, found, x, y);
    }
    if (rest == 0) continue;
    /* The end of the row through padded copies: equal zeros never move. */
    alignas(32) uint8_t c[32] = {}, b[64] = {};
    memcpy(c, line + whole, rest);
    memcpy(b, background + whole * bytes, rest * bytes);
    const Step found = step<Mode>(c, b, threshold, most);
    memcpy(background + whole * bytes, b, rest * bytes);
    if (found.moving != 0) append(&out, found, whole, y);
  }
  return out.total;
}

}  // namespace

uint64_t motion_rows_avx2(const Camera &camera, const uint8_t *pixels, int32_t mode, Grey grey, uint32_t row_begin,
                          uint32_t row_end, uint32_t *rows, uint32_t rows_max) {
  if (mode == SV_MOTION_DIFF) return rows_of<SV_MOTION_DIFF>(camera, pixels, grey, row_begin, row_end, rows, rows_max);
  if (mode == SV_MOTION_SIGMA_DELTA)
    return rows_of<SV_MOTION_SIGMA_DELTA>(camera, pixels, grey, row_begin, row_end, rows, rows_max);
  return rows_of<SV_MOTION_AVERAGE>(camera, pixels, grey, row_begin, row_end, rows, rows_max);
}

}  // namespace skyvox
#endif
