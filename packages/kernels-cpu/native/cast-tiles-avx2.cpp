/* Op castTiles, eight slabs per step of AVX2; see cast-tiles.cpp and cast-layer-avx2.h. */
#if defined(__x86_64__)
#include "cast-layer-avx2.h"
#include "fine.h"

namespace skyvox {
namespace {

/* Writes the pool addresses of all voxels a segment crosses in slots of its tile. */
template <int K> uint32_t *cast_segment(const Segment &segment, const Ray &ray, int32_t side, const uint32_t *slots, uint32_t *to) {
  sv_walk walk;
  const int32_t size = side * 8;
  if (!start<K>(&walk, segment, ray, size)) return to;
  const Caster caster(walk);
  const TileStrides<K> strides(static_cast<uint32_t>(side));
  while (static_cast<uint32_t>(walk.n) < static_cast<uint32_t>(size)) {
    const sv_layer layer = sv_layer_of(&walk);
    if (sv_gone(layer.y0, side, walk.step_y) || sv_gone(layer.z0, side, walk.step_z)) break;
    const uint32_t *slab = slots + static_cast<uint32_t>(walk.n >> 3) * strides.k;
    Corners corners;
    bool any = false;
    for (int corner = 0; corner < 4; corner += 1) {
      const uint32_t y = static_cast<uint32_t>(corner & 2 ? layer.y1 : layer.y0), z = static_cast<uint32_t>(corner & 1 ? layer.z1 : layer.z0);
      const bool inside = y < static_cast<uint32_t>(side) && z < static_cast<uint32_t>(side);
      const uint32_t slot = inside ? slab[y * strides.j + z * strides.l] : 0;
      corners.at[corner] = slot == 0 ? -1 : static_cast<int32_t>((slot - 1) * brick_voxels);
      any = any || slot != 0;
    }
    if (any) to = cast_layer<K>(caster, layer, corners, walk.n, walk.ya, walk.yb, walk.za, walk.zb, to);
    sv_walk_advance(&walk, layer.slabs);
  }
  return to;
}

}  // namespace

void cast_tile_avx2(const Grid &grid, uint32_t index) {
  const Tile &tile = grid.fine.tile(index);
  const int32_t side = static_cast<int32_t>(sv_tile_side(tile.level()));
  const uint32_t *slots = grid.fine.slots.get() + tile.first_brick;
  uint32_t addresses[3 * 128 + 8];
  for_segments(grid, index, [&](const Segment &segment, const Ray &ray) {
    const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
    const uint32_t *end = addresses;
    if (axis == 0) end = cast_segment<0>(segment, ray, side, slots, addresses);
    else if (axis == 1) end = cast_segment<1>(segment, ray, side, slots, addresses);
    else end = cast_segment<2>(segment, ray, side, slots, addresses);
    add(grid.fine.pool.get(), addresses, end, ray);
  });
}

}  // namespace skyvox
#endif
