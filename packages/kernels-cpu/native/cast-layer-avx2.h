/* One layer of bricks of a ray in one step of AVX2: shared by cast and castTiles. Only for files compiled for AVX2.
 *
 * Positions are linear in the slab, so the eight slabs of a layer are computed side by side: their 8 to 24 voxels are packed into a
 * list of pool addresses, which are then added to one by one. */
#ifndef SKYVOX_CPU_CAST_LAYER_AVX2_H
#define SKYVOX_CPU_CAST_LAYER_AVX2_H
#include "context.h"
#include "lanes-avx2.h"

namespace skyvox {
namespace {

/* Per mask of lanes, the lanes in it: packs them to the left. */
struct Packing {
  alignas(8) uint8_t lanes[256][8];
  constexpr Packing() : lanes() {
    for (int mask = 0; mask < 256; mask += 1) {
      int at = 0;
      for (int lane = 0; lane < 8; lane += 1)
        if ((mask >> lane & 1) != 0) lanes[mask][at++] = static_cast<uint8_t>(lane);
    }
  }
};
constexpr Packing packing;

/* Pool addresses of the bricks at the corners (y0, z0), (y0, z1), (y1, z0), (y1, z1) of a layer; -1 without a slot. */
struct Corners { alignas(16) int32_t at[4]; };

/* The ray under way and what is constant along it. */
struct Caster {
  __m256i slabs_y, slabs_z, slabs_n; /* step * lane */
  __m256i step_y, step_z;
  __m256i flip_y, flip_z, one_y, one_z; /* way to the boundary ahead = (fraction ^ flip) + one */
  __m256i slope_y, slope_z;             /* >> 5 */

  SV_MEMBER explicit Caster(const sv_walk &walk) {
    const bool up_y = static_cast<int32_t>(walk.step_y) > 0, up_z = static_cast<int32_t>(walk.step_z) > 0;
    slabs_y = _mm256_mullo_epi32(lanes_of(walk.step_y), lane_numbers());
    slabs_z = _mm256_mullo_epi32(lanes_of(walk.step_z), lane_numbers());
    slabs_n = _mm256_mullo_epi32(lanes_of(static_cast<uint32_t>(walk.step)), lane_numbers());
    step_y = lanes_of(walk.step_y), step_z = lanes_of(walk.step_z);
    flip_y = lanes_of(up_y ? ~0u : 0u), flip_z = lanes_of(up_z ? ~0u : 0u);
    one_y = lanes_of(up_y ? SV_ONE + 1 : 0u), one_z = lanes_of(up_z ? SV_ONE + 1 : 0u);
    slope_y = lanes_of(walk.slope_y >> 5), slope_z = lanes_of(walk.slope_z >> 5);
  }
};

SV_INLINE uint32_t signs(__m256i value) { return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(value))); }

/* Writes the lanes in `mask` one behind the other; up to 8 words past the end are overwritten. */
SV_INLINE uint32_t *append(uint32_t *to, __m256i addresses, uint32_t mask) {
  const __m256i lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(packing.lanes[mask])));
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), _mm256_permutevar8x32_epi32(addresses, lanes));
  return to + __builtin_popcount(mask);
}

/* Writes the pool addresses of the voxels crossed in the `layer.slabs` slabs from slab n on, entered at (ya, za), first left at
 * (yb, zb). */
template <int K>
SV_INLINE uint32_t *cast_layer(const Caster &c, const sv_layer &layer, const Corners &corners, int32_t n, uint32_t ya_first,
                               uint32_t yb_first, uint32_t za_first, uint32_t zb_first, uint32_t *to) {
  using A = Axes<K>;
  const __m256i yb = _mm256_add_epi32(lanes_of(yb_first), c.slabs_y), zb = _mm256_add_epi32(lanes_of(zb_first), c.slabs_z);
  const __m256i ya = _mm256_blend_epi32(_mm256_sub_epi32(yb, c.step_y), lanes_of(ya_first), 1);
  const __m256i za = _mm256_blend_epi32(_mm256_sub_epi32(zb, c.step_z), lanes_of(za_first), 1);
  const __m256i y0 = _mm256_srai_epi32(ya, 20), y1 = _mm256_srai_epi32(yb, 20);
  const __m256i z0 = _mm256_srai_epi32(za, 20), z1 = _mm256_srai_epi32(zb, 20);

  const __m256i seven = lanes_of(7), brick_y = lanes_of(static_cast<uint32_t>(layer.y0) << 3);
  const __m256i brick_z = lanes_of(static_cast<uint32_t>(layer.z0) << 3);
  const __m256i bases = _mm256_castsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(corners.at)));
  const __m256i slab = _mm256_and_si256(_mm256_add_epi32(lanes_of(static_cast<uint32_t>(n)), c.slabs_n), seven);
  const __m256i place_n = _mm256_slli_epi32(slab, A::k_shift);
  const auto address = [&](__m256i y, __m256i z) {
    const __m256i corner_y = _mm256_and_si256(_mm256_srli_epi32(_mm256_xor_si256(y, brick_y), 2), lanes_of(2));
    const __m256i corner_z = _mm256_and_si256(_mm256_srli_epi32(_mm256_xor_si256(z, brick_z), 3), lanes_of(1));
    const __m256i base = _mm256_permutevar8x32_epi32(bases, _mm256_or_si256(corner_y, corner_z));
    const __m256i place_y = _mm256_slli_epi32(_mm256_and_si256(y, seven), A::j_shift);
    const __m256i place_z = _mm256_slli_epi32(_mm256_and_si256(z, seven), A::l_shift);
    return _mm256_or_si256(_mm256_or_si256(base, place_n), _mm256_or_si256(place_y, place_z));
  };

  const uint32_t slabs = (1u << layer.slabs) - 1;
  const uint32_t still_y = signs(_mm256_cmpeq_epi32(y0, y1)), still_z = signs(_mm256_cmpeq_epi32(z0, z1));
  const __m256i first = address(y0, z0), last = address(y1, z1);
  to = append(to, first, slabs & ~signs(first));
  const uint32_t both = slabs & ~(still_y | still_z);
  if (both != 0) {
    const __m256i fraction = lanes_of(SV_ONE - 1);
    const __m256i way_y = _mm256_add_epi32(_mm256_xor_si256(_mm256_and_si256(ya, fraction), c.flip_y), c.one_y);
    const __m256i way_z = _mm256_add_epi32(_mm256_xor_si256(_mm256_and_si256(za, fraction), c.flip_z), c.one_z);
    /* Products are at most 2^30: the signed comparison holds. */
    const __m256i z_first = _mm256_cmpgt_epi32(_mm256_mullo_epi32(_mm256_srli_epi32(way_y, 5), c.slope_z),
                                               _mm256_mullo_epi32(_mm256_srli_epi32(way_z, 5), c.slope_y));
    const __m256i between = address(_mm256_blendv_epi8(y1, y0, z_first), _mm256_blendv_epi8(z0, z1, z_first));
    to = append(to, between, both & ~signs(between));
  }
  return append(to, last, slabs & ~(still_y & still_z) & ~signs(last));
}

/* Adds a ray to voxels: sum and bits in one step. */
SV_INLINE void add(Voxel *pool, const uint32_t *address, const uint32_t *end, const Ray &ray) {
  const __m128i weight = _mm_cvtsi32_si128(static_cast<int>(ray.weight));
  const __m128i bit = _mm_slli_epi64(_mm_cvtsi32_si128(static_cast<int>(1u << ray.view)), 32);
  for (; address < end; address += 1) {
    __m128i *voxel = reinterpret_cast<__m128i *>(pool + *address);
    _mm_storel_epi64(voxel, _mm_or_si128(_mm_add_epi32(_mm_loadl_epi64(voxel), weight), bit));
  }
}

}  // namespace
}  // namespace skyvox
#endif
