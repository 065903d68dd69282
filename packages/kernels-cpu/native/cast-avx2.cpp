/* Op cast, eight slabs per step of AVX2; see cast.cpp.
 *
 * Positions are linear in the slab, so the eight slabs of a layer are computed side by side: their 8 to 24 voxels are packed into a
 * list of pool addresses, and the list is then added to one by one. What the last ray found in each layer is kept (layers-avx2.h). */
#if defined(__x86_64__)
#include "layers-avx2.h"

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

/* Slots [begin, end) of a grid, and what the last ray found in each layer. */
struct Scene {
  const Grid &grid;
  uint32_t begin, slots;
  int32_t x_begin, x_end; /* bricks on x that the slots lie between */
  LayerKeys keys;
  Corners corners[layers_max];
  uint8_t active[layers_max / 8 + 1]; /* bit m & 7 of [m >> 3]: layer m has a brick with a slot */

  Scene(const Grid &of, uint32_t slot_begin, uint32_t slot_end) : grid(of), begin(slot_begin), slots(slot_end - slot_begin) {
    const uint32_t bricks_yz = static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]);
    x_begin = static_cast<int32_t>(grid.selected.rows[slot_begin] / bricks_yz);
    x_end = static_cast<int32_t>(grid.selected.rows[slot_end - 1] / bricks_yz) + 1;
  }

  /* Fills the corners of a layer; false when none has a slot. */
  template <int K> SV_MEMBER bool look(const sv_layer &layer, int32_t n, Corners *out) const {
    using A = Axes<K>;
    const uint32_t strides[3] = {static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]), static_cast<uint32_t>(grid.bricks[2]), 1u};
    const uint32_t count_y = static_cast<uint32_t>(grid.bricks[A::j]), count_z = static_cast<uint32_t>(grid.bricks[A::l]);
    const uint32_t *slab = grid.slots.get() + static_cast<uint32_t>(n) * strides[A::k];
    bool any = false;
    for (int corner = 0; corner < 4; corner += 1) {
      const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
      const bool inside = y < count_y && z < count_z;
      const uint32_t slot = (inside ? slab[y * strides[A::j] + z * strides[A::l]] : 0) - 1;
      const bool mine = slot - begin < slots;
      out->at[corner] = mine ? static_cast<int32_t>(slot * brick_voxels) : -1;
      any |= mine;
    }
    return any;
  }

  /* Writes the pool addresses of all voxels a ray crosses in these slots. */
  template <int K> uint32_t *cast(const Ray &ray, uint32_t *to) {
    using A = Axes<K>;
    sv_walk walk;
    if (!start<K>(&walk, grid, ray)) return to;
    const Caster caster(walk);
    const sv_layer part = sv_layer_of(&walk);
    Corners found;
    if (look<K>(part, walk.n >> 3, &found)) to = cast_layer<K>(caster, part, found, walk.n, walk.ya, walk.yb, walk.za, walk.zb, to);
    sv_walk_advance(&walk, part.slabs);
    Layers layers = layers_of(walk, grid.size[A::k], grid.bricks[A::k]);
    keep_to_x<K>(&layers, x_begin, x_end);
    keys.turn_to(layers, K, 0);
    keys.scan(layers, [&](uint32_t m) {
      const bool any = look<K>(layer_at(layers, m), layers.n + layers.step * static_cast<int32_t>(m), &corners[m]);
      const uint32_t bit = 1u << (m & 7);
      active[m >> 3] = static_cast<uint8_t>(any ? active[m >> 3] | bit : active[m >> 3] & ~bit);
    });
    for (uint32_t first = layers.begin; first < layers.end; first += 8) {
      for (uint32_t bits = active[first >> 3]; bits != 0; bits &= bits - 1) {
        const uint32_t m = first + static_cast<uint32_t>(__builtin_ctz(bits));
        if (m >= layers.end) break;
        const uint32_t y = layers.y + layers.step_y * m, z = layers.z + layers.step_z * m;
        const int32_t n = walk.n + walk.step * 8 * static_cast<int32_t>(m);
        to = cast_layer<K>(caster, layer_at(layers, m), corners[m], n, y, y + walk.step_y, z, z + walk.step_z, to);
      }
    }
    return to;
  }
};

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

void cast_rays_avx2(const Grid &grid, uint32_t slot_begin, uint32_t slot_end) {
  if (slot_begin == slot_end) return;
  Scene scene(grid, slot_begin, slot_end);
  uint32_t addresses[3 * 2048 + 8];
  for (uint32_t i = 0; i < grid.ray_count; i += 1) {
    const Ray &ray = grid.rays[grid.order[i]];
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    const uint32_t *end = addresses;
    if (axis == 0) end = scene.cast<0>(ray, addresses);
    else if (axis == 1) end = scene.cast<1>(ray, addresses);
    else if (axis == 2) end = scene.cast<2>(ray, addresses);
    add(grid.pool.get(), addresses, end, ray);
  }
}

}  // namespace skyvox
#endif
