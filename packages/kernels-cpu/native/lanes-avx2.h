/* Eight lanes of 32 bits, or 16 of 16. Only for files compiled for AVX2. */
#ifndef SKYVOX_CPU_LANES_AVX2_H
#define SKYVOX_CPU_LANES_AVX2_H
#include "../../kernels/native/portable.h"

#include <immintrin.h>

namespace skyvox {
namespace {

SV_INLINE __m256i lanes_of(uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }
SV_INLINE __m256i words_of(uint32_t value) { return _mm256_set1_epi16(static_cast<short>(value)); }
SV_INLINE __m256i load(const void *from) { return _mm256_loadu_si256(static_cast<const __m256i *>(from)); }
SV_INLINE void store(void *to, __m256i value) { _mm256_storeu_si256(static_cast<__m256i *>(to), value); }
SV_INLINE __m256i lane_numbers() { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }

}  // namespace
}  // namespace skyvox
#endif
