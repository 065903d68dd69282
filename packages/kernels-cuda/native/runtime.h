/* The CUDA runtime as the ops use it, and the device operations they need beyond it.
 *
 * Under nvcc this is CUDA; compiled by g++ it is the emulation of test/emulated-cuda.h, in which tests run the same sources on the
 * CPU. Grids and blocks have one dimension, shared memory is static, and a kernel that calls __syncthreads() is named by
 * KERNEL_WITH_BARRIERS. Warp intrinsics stay within this file: the emulation has none. */
#ifndef SKYVOX_CUDA_RUNTIME_H
#define SKYVOX_CUDA_RUNTIME_H
#include <stddef.h>
#include <stdint.h>

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define KERNEL(kernel) (kernel)
#define KERNEL_WITH_BARRIERS(kernel) (kernel)
#else
#include "test/emulated-cuda.h"
#endif

#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__

namespace skyvox {

/* Threads of a block, where nothing else is said. */
constexpr uint32_t block_threads = 256;

DEVICE uint32_t thread_index() { return blockIdx.x * blockDim.x + threadIdx.x; }
DEVICE uint32_t thread_count() { return gridDim.x * blockDim.x; }

DEVICE uint32_t add(uint32_t *sum, uint32_t value) { return atomicAdd(sum, value); }
DEVICE void add(uint64_t *sum, uint64_t value) {
  atomicAdd(reinterpret_cast<unsigned long long *>(sum), static_cast<unsigned long long>(value));
}
/* Adds to a sum; where threads of a warp are here together for the same one, the first of them adds for all. */
DEVICE void add_together(uint32_t *sum, uint32_t value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const uint32_t same = __match_any_sync(__activemask(), reinterpret_cast<unsigned long long>(sum));
  value = __reduce_add_sync(same, value);
  if ((same & ((1u << (threadIdx.x % 32)) - 1)) != 0) return;
#endif
  add(sum, value);
}
DEVICE void set_bits(uint32_t *word, uint32_t bits) { atomicOr(word, bits); }
DEVICE uint32_t lower_to(uint32_t *least, uint32_t value) { return atomicMin(least, value); }
DEVICE void raise_to(uint32_t *most, uint32_t value) { atomicMax(most, value); }
/* Writes `value` where the word is `expected`; returns what it was. */
DEVICE uint32_t exchange_if(uint32_t *word, uint32_t expected, uint32_t value) { return atomicCAS(word, expected, value); }

/* Words that other threads, or the device, write meanwhile: never kept in a register. */
DEVICE uint32_t load(const uint32_t *word) { return *const_cast<const volatile uint32_t *>(word); }
/* A word that the device has written last: what it wrote before is seen after this. */
inline uint32_t load_acquired(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
DEVICE void store(uint32_t *word, uint32_t value) { *const_cast<volatile uint32_t *>(word) = value; }

/* The bits below bit `index` 0 ... 31, and the number of the lowest bit set. */
DEVICE uint32_t bits_below(uint32_t index) { return (1u << index) - 1; }
DEVICE uint32_t lowest_bit(uint32_t bits) { return static_cast<uint32_t>(__ffs(static_cast<int>(bits))) - 1; }
DEVICE uint32_t bit_count(uint32_t bits) { return static_cast<uint32_t>(__popc(static_cast<int>(bits))); }

}  // namespace skyvox
#endif
