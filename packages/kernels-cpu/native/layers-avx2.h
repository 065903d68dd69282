/* Which layers of bricks a ray crosses, eight layers at a time, and what is new about them.
 *
 * Past its first layer a ray crosses whole layers: it enters layer m at y + 8 m step_y and leaves it where it enters the next. Rays
 * are sorted, so most cross the same bricks as the ray before. The bricks of a layer are packed into a key; only layers whose key
 * differs from the last ray's are looked up again. Only for files compiled for AVX2. */
#ifndef SKYVOX_CPU_LAYERS_AVX2_H
#define SKYVOX_CPU_LAYERS_AVX2_H
#include "context.h"
#include "lanes-avx2.h"

namespace skyvox {
namespace {

constexpr uint32_t layers_max = 256;

/* The whole layers of one ray. */
struct Layers {
  uint32_t y, z;           /* where it enters the first of them */
  uint32_t step_y, step_z; /* per layer */
  int32_t n, step;         /* brick coordinate of the first on k, +1 or -1 */
  uint32_t begin, end;     /* which of them matter: begin a multiple of 8 */
};

/* `walk` stands at the first slab of a layer or outside the grid. */
SV_INLINE Layers layers_of(const sv_walk &walk, int32_t size, int32_t bricks) {
  const bool inside = static_cast<uint32_t>(walk.n) < static_cast<uint32_t>(size);
  const int32_t n = walk.n >> 3, count = walk.step > 0 ? bricks - n : n + 1;
  return {walk.ya, walk.za, walk.step_y * 8, walk.step_z * 8, n, walk.step, 0, inside ? static_cast<uint32_t>(count) : 0};
}

/* Leaves out layers that certainly miss bricks [begin, end) on x, in groups of eight. */
template <int K> SV_INLINE void keep_to_x(Layers *layers, int32_t begin, int32_t end) {
  int64_t first, past; /* layers before and behind */
  if (K == 0) {
    first = layers->step > 0 ? begin - layers->n : layers->n - end + 1;
    past = layers->step > 0 ? end - layers->n : layers->n - begin + 1;
  } else {
    /* x is y here; layer m touches the bricks of y + m step_y and of y + (m + 1) step_y. */
    const int64_t y = static_cast<int32_t>(layers->y), step = static_cast<int32_t>(layers->step_y);
    const int64_t low = int64_t{begin} << 23, high = int64_t{end} << 23;
    if (step == 0) {
      first = 0, past = y >= low && y < high ? layers->end : 0;
    } else {
      const int64_t slope = step < 0 ? -step : step;
      first = (step > 0 ? low - y : y - high) / slope - 1;
      past = (step > 0 ? high - y : y - low) / slope + 1;
    }
  }
  const int64_t up_to = past < 0 ? 0 : (past + 7) & ~int64_t{7};
  if (up_to < layers->end) layers->end = static_cast<uint32_t>(up_to);
  if (first > 0) layers->begin = first < layers->end ? static_cast<uint32_t>(first) & ~7u : layers->end;
}

/* The layer `m` as a corner lookup takes it. */
SV_INLINE sv_layer layer_at(const Layers &layers, uint32_t m) {
  const uint32_t y = layers.y + layers.step_y * m, z = layers.z + layers.step_z * m;
  return {8, sv_brick(y), sv_brick(y + layers.step_y), sv_brick(z), sv_brick(z + layers.step_z)};
}

/* Keys of the last ray: 9 bits of brick y and z on entering, 2 of each on leaving. */
class LayerKeys {
 public:
  LayerKeys() { forget(); }

  /* Forgets the last ray unless this one starts in the same layer of the same axis (and, where it matters, view). */
  SV_MEMBER void turn_to(const Layers &layers, uint32_t axis, uint32_t view) {
    const uint64_t start = uint64_t{view} << 32 | axis << 16 | (layers.step > 0 ? 1u << 12 : 0u) | static_cast<uint32_t>(layers.n);
    if (start != start_) forget();
    start_ = start;
  }

  /* Calls look(m) for every layer whose bricks differ from the last ray's. */
  template <class Look> SV_MEMBER void scan(const Layers &layers, const Look &look) {
    const __m256i first = _mm256_add_epi32(lanes_of(layers.begin), lane_numbers());
    __m256i y = _mm256_add_epi32(lanes_of(layers.y), _mm256_mullo_epi32(lanes_of(layers.step_y), first));
    __m256i z = _mm256_add_epi32(lanes_of(layers.z), _mm256_mullo_epi32(lanes_of(layers.step_z), first));
    const __m256i step_y = lanes_of(layers.step_y), step_z = lanes_of(layers.step_z), two_bits = lanes_of(3u << 18);
    for (uint32_t m = layers.begin; m < layers.end; m += 8) {
      const __m256i y1 = _mm256_srli_epi32(_mm256_add_epi32(y, step_y), 5), z1 = _mm256_srli_epi32(_mm256_add_epi32(z, step_z), 5);
      const __m256i enter = _mm256_or_si256(_mm256_srli_epi32(y, 23), _mm256_slli_epi32(_mm256_srli_epi32(z, 23), 9));
      const __m256i leave = _mm256_or_si256(_mm256_and_si256(y1, two_bits), _mm256_slli_epi32(_mm256_and_si256(z1, two_bits), 2));
      const __m256i key = _mm256_or_si256(enter, leave);
      __m256i *last = reinterpret_cast<__m256i *>(keys_ + m);
      uint32_t differ = ~static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(key, _mm256_load_si256(last)))));
      differ &= layers.end - m >= 8 ? 0xffu : (1u << (layers.end - m)) - 1;
      _mm256_store_si256(last, key);
      for (; differ != 0; differ &= differ - 1) look(m + static_cast<uint32_t>(__builtin_ctz(differ)));
      y = _mm256_add_epi32(y, _mm256_slli_epi32(step_y, 3));
      z = _mm256_add_epi32(z, _mm256_slli_epi32(step_z, 3));
    }
  }

 private:
  void forget() {
    for (uint32_t &key : keys_) key = ~0u;
  }

  alignas(32) uint32_t keys_[layers_max + 8];
  uint64_t start_ = ~uint64_t{0};
};

}  // namespace
}  // namespace skyvox
#endif
