/* Op cast, eight slabs per step of AVX2; see cast.cpp.
 *
 * The pool addresses of all voxels that a ray crosses are listed layer by layer (cast-layer-avx2.h), and the list is then added to one by
 * one. What the last ray found in each layer is kept (layers-avx2.h). */
#if defined(__x86_64__)
#include "cast-layer-avx2.h"
#include "layers-avx2.h"

namespace skyvox {
namespace {

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
