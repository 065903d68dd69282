/* What the arithmetic headers need to compile the same in .cpp and .cu files.
 *
 * Functions are forced inline and internal: a copy compiled with wider instructions must never be linked into code that runs
 * without them. Arithmetic that may wrap is done on uint32_t; `>>` of a negative int32_t is arithmetic in every compiler used. */
#ifndef SKYVOX_PORTABLE_H
#define SKYVOX_PORTABLE_H
#include <stdint.h>

#if defined(__CUDACC__)
#define SV_INLINE static __host__ __device__ __forceinline__
#else
#define SV_INLINE static inline __attribute__((always_inline))
#endif

SV_INLINE uint32_t sv_magnitude(int32_t value) { return value < 0 ? 0u - (uint32_t)value : (uint32_t)value; }

/* `magnitude` with the sign of `sign`; wrapping. */
SV_INLINE uint32_t sv_signed(int32_t sign, uint32_t magnitude) { return sign < 0 ? 0u - magnitude : magnitude; }

/* How many views a set of view bits holds. */
SV_INLINE uint32_t sv_view_count(uint32_t bits) {
#if defined(__CUDA_ARCH__)
  return (uint32_t)__popc(bits);
#else
  bits = bits - ((bits >> 1) & 0x55555555u);
  bits = (bits & 0x33333333u) + ((bits >> 2) & 0x33333333u);
  return (((bits + (bits >> 4)) & 0x0f0f0f0fu) * 0x01010101u) >> 24;
#endif
}

#endif
