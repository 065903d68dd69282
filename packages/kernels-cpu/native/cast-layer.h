/* One layer of bricks of a ray, voxel by voxel: shared by cast and castTiles. */
#ifndef SKYVOX_CPU_CAST_LAYER_H
#define SKYVOX_CPU_CAST_LAYER_H
#include "context.h"

namespace skyvox {

/* The voxels of up to four bricks of one layer: index 2 * (y differs) + (z differs); null without a slot. */
struct Corners { Voxel *voxels[4]; };

/* Walks the rest of a layer and adds a ray to the voxels it crosses in those bricks. */
template <int K> inline void cast_layer(sv_walk *walk, const sv_layer &layer, const Corners &corners, uint32_t weight, uint32_t bit) {
  using A = Axes<K>;
  for (int32_t i = 0; i < layer.slabs; i += 1) {
    const uint32_t within_k = static_cast<uint32_t>(walk->n & 7) << A::k_shift;
    const auto visit = [&](int32_t y, int32_t z) {
      Voxel *voxels = corners.voxels[(((y >> 3) ^ layer.y0) & 1) * 2 + (((z >> 3) ^ layer.z0) & 1)];
      if (voxels == nullptr) return;
      Voxel &voxel = voxels[within_k | static_cast<uint32_t>(y & 7) << A::j_shift | static_cast<uint32_t>(z & 7) << A::l_shift];
      voxel.sum += weight;
      voxel.bits |= bit;
    };
    const int32_t y0 = sv_voxel(walk->ya), y1 = sv_voxel(walk->yb), z0 = sv_voxel(walk->za), z1 = sv_voxel(walk->zb);
    visit(y0, z0);
    if (y0 != y1 && z0 != z1) {
      if (sv_y_first(walk)) visit(y1, z0);
      else visit(y0, z1);
    }
    if (y0 != y1 || z0 != z1) visit(y1, z1);
    sv_walk_advance(walk, 1);
  }
}

}  // namespace skyvox
#endif
