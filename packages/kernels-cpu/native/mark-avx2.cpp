/* Op mark, eight layers per step of AVX2; see mark.cpp. Layers in which a ray crosses the same bricks as the ray before are marked
 * already (layers-avx2.h). */
#if defined(__x86_64__)
#include "layers-avx2.h"

namespace skyvox {
namespace {

struct Marker {
  const Grid &grid;
  bool shared;
  LayerKeys keys;

  Marker(const Grid &of, bool with_others) : grid(of), shared(with_others) {}

  template <int K> SV_MEMBER void mark_layer(const sv_layer &layer, int32_t n, uint32_t bit) const {
    using A = Axes<K>;
    const uint32_t strides[3] = {static_cast<uint32_t>(grid.bricks[1] * grid.bricks[2]), static_cast<uint32_t>(grid.bricks[2]), 1u};
    const uint32_t count_y = static_cast<uint32_t>(grid.bricks[A::j]), count_z = static_cast<uint32_t>(grid.bricks[A::l]);
    uint32_t *slab = grid.marks.get() + static_cast<uint32_t>(n) * strides[A::k];
    for (int corner = 0; corner < 4; corner += 1) {
      const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
      if (y >= count_y || z >= count_z) continue;
      uint32_t *mask = slab + y * strides[A::j] + z * strides[A::l];
      if ((__atomic_load_n(mask, __ATOMIC_RELAXED) & bit) != 0) continue;
      if (shared) __atomic_fetch_or(mask, bit, __ATOMIC_RELAXED);
      else *mask |= bit;
    }
  }

  template <int K> void mark(const Ray &ray) {
    using A = Axes<K>;
    sv_walk walk;
    if (!start<K>(&walk, grid, ray)) return;
    const uint32_t bit = 1u << ray.view;
    const sv_layer part = sv_layer_of(&walk);
    mark_layer<K>(part, walk.n >> 3, bit);
    sv_walk_advance(&walk, part.slabs);
    const Layers layers = layers_of(walk, grid.size[A::k], grid.bricks[A::k]);
    keys.turn_to(layers, K, ray.view);
    keys.scan(layers, [&](uint32_t m) { mark_layer<K>(layer_at(layers, m), layers.n + layers.step * static_cast<int32_t>(m), bit); });
  }
};

}  // namespace

void mark_rays_avx2(const Grid &grid, uint32_t begin, uint32_t end, bool shared) {
  Marker marker(grid, shared);
  for (uint32_t i = begin; i < end; i += 1) {
    const Ray &ray = grid.rays[grid.order[i]];
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    if (axis == 0) marker.mark<0>(ray);
    else if (axis == 1) marker.mark<1>(ray);
    else if (axis == 2) marker.mark<2>(ray);
  }
}

}  // namespace skyvox
#endif
