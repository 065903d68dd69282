/* Op spots, 32 pixels of a row per step of AVX2; see spot-rows.h. */
#if defined(__x86_64__)
#include "lanes-avx2.h"
#include "spot-rows.h"

namespace skyvox {
namespace {

/* What is the same for all pixels: lanes of 16 bits. */
struct Bound {
  __m256i most, scale, ratio, variance_min;

  SV_MEMBER explicit Bound(const SpotField &field) {
    most = words_of(65535u / field.scale), scale = words_of(field.scale);
    ratio = words_of(field.scaled_ratio), variance_min = words_of(field.variance_min_q8);
  }

  /* All bits of the lanes of those of 16 pixels that may be spots, from column i on. */
  SV_MEMBER __m256i flags(const SpotSums &sums, size_t i, const uint16_t *variance) const {
    __m256i ring = _mm256_add_epi16(load(sums.nine + i), load(sums.nine + i + 8));
    for (size_t column = 1; column < 8; column += 1) ring = _mm256_add_epi16(ring, load(sums.ends + i + column));
    const __m256i sides = _mm256_add_epi16(load(sums.three + i + 3), load(sums.three + i + 5)), middle = load(sums.three + i + 4);
    const __m256i whole = _mm256_add_epi16(_mm256_srai_epi16(sides, 2), _mm256_srai_epi16(middle, 1));
    const __m256i quarter = _mm256_abs_epi16(_mm256_sub_epi16(whole, _mm256_srai_epi16(ring, 3)));
    const __m256i size = _mm256_add_epi16(_mm256_slli_epi16(quarter, 1), words_of(3));
    const __m256i scaled = _mm256_mullo_epi16(_mm256_min_epu16(size, most), scale);
    const __m256i noise = _mm256_max_epu16(load(variance), variance_min);
    const __m256i least = _mm256_mulhi_epu16(_mm256_mulhi_epu16(noise, words_of(11u << 12)), ratio);
    return _mm256_cmpeq_epi16(_mm256_subs_epu16(least, _mm256_mulhi_epu16(scaled, scaled)), _mm256_setzero_si256());
  }
};

}  // namespace

void spot_row_avx2(const SpotField &field, SpotSums *sums, uint32_t y, bool first, uint8_t *maybe) {
  sum_row(field, sums, y, first);
  const Bound bound(field);
  const uint16_t *variance = field.variance + size_t{y} * field.width + field.x_begin;
  const size_t count = field.x_end - field.x_begin, whole = count & ~size_t{31};
  const auto put = [&](size_t i, const uint16_t *from) {
    const __m256i low = bound.flags(*sums, i, from), high = bound.flags(*sums, i + 16, from + 16);
    store(maybe + i, _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
  };
  for (size_t i = 0; i < whole; i += 32) put(i, variance + i);
  if (whole == count) return;
  /* The end of the row through a padded copy of the variance; the sums have room past their end. */
  uint16_t rest[32] = {};
  memcpy(rest, variance + whole, (count - whole) * sizeof *rest);
  put(whole, rest);
}

}  // namespace skyvox
#endif
