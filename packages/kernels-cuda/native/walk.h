/* Walking a ray in a kernel: the axes of a walk, the way through a box of bricks, and one layer of it voxel by voxel.
 *
 * Shared by mark, cast, castDense, refine and castTiles. The dominant axis is a template argument, so that no array is indexed at run
 * time and nothing spills to local memory; `with_axis` picks the instance for one ray. Where rays are few, several threads walk one:
 * each a piece of so many layers of bricks, since a walk can begin anywhere and sums commute. */
#ifndef SKYVOX_CUDA_WALK_H
#define SKYVOX_CUDA_WALK_H
#include "../../kernels/native/dda.h"
#include "context.h"

namespace skyvox {

/* Three numbers of one kind, by axis. */
struct Triple {
  int32_t x, y, z;

  template <int AXIS> DEVICE_MEMBER int32_t at() const { return AXIS == 0 ? x : AXIS == 1 ? y : z; }
};

/* The axes in the order of dda.h for a dominant axis: k, then the others ascending; where the place of a voxel in its brick has them. */
template <int K> struct Axes {
  static constexpr int k = K, j = K == 0 ? 1 : 0, l = K == 2 ? 1 : 2;
  static constexpr uint32_t k_shift = 6 - 3 * k, j_shift = 6 - 3 * j, l_shift = 6 - 3 * l;
};

/* A box of voxels whose bricks are numbered on from `first`: a grid, or a tile of finer voxels. */
struct Box {
  Triple voxels, bricks;
  uint32_t first;

  template <int K> DEVICE_MEMBER uint32_t brick(int32_t k, int32_t j, int32_t l) const {
    const int32_t x = K == 0 ? k : j, y = K == 1 ? k : K == 0 ? j : l, z = K == 2 ? k : l;
    return first + static_cast<uint32_t>((x * bricks.y + y) * bricks.z + z);
  }
};

/* A ray that is walked: where it starts, in voxels of the box, and what it brings. */
struct Way {
  Triple origin, direction;
  uint32_t weight, bit;
};

template <int K> DEVICE bool start_walk(sv_walk *walk, const Way &way, const Box &box) {
  using A = Axes<K>;
  return sv_walk_start(walk, way.direction.at<A::k>(), way.direction.at<A::j>(), way.direction.at<A::l>(), way.origin.at<A::k>(),
                       way.origin.at<A::j>(),
                       way.origin.at<A::l>(), box.voxels.at<A::k>()) != 0;
}

/* The part of a walk that one thread does: `count` layers of bricks, after the `first` ones. */
struct Piece { uint32_t first, count; };
DEVICE Piece whole_way() { return {0, ~0u}; }

/* Calls body(Axis<K>) with the dominant axis of a direction; not for a void ray. */
template <int K> struct Axis { static constexpr int k = K; };
template <class Body> DEVICE void with_axis(const Triple &direction, const Body &body) {
  const int32_t axis = sv_dominant_axis(direction.x, direction.y, direction.z);
  if (axis == 0) body(Axis<0>());
  else if (axis == 1) body(Axis<1>());
  else if (axis == 2) body(Axis<2>());
}

/* Whether a ray is in a layer of the box and may still meet it. */
template <int K> DEVICE bool is_under_way(const sv_walk &walk, const sv_layer &layer, const Box &box) {
  using A = Axes<K>;
  return !sv_gone(layer.y0, box.bricks.at<A::j>(), walk.step_y) && !sv_gone(layer.z0, box.bricks.at<A::l>(), walk.step_z);
}

/* Starts the walk of a piece; false where it has nothing to do.
 *
 * Positions wrap around at 2^12 voxels. A ray that moves away from the box where it enters its layers ends there in every piece, so
 * that it cannot come back by wrapping. Any other is less than 2^11 voxels before the box or in it, moves as far at most, and so has
 * not come round to the box again. */
template <int K> DEVICE bool start_piece(sv_walk *walk, const Way &way, const Box &box, const Piece &piece) {
  if (!start_walk<K>(walk, way, box)) return false;
  if (piece.first == 0) return true;
  const sv_layer layer = sv_layer_of(walk);
  if (!is_under_way<K>(*walk, layer, box)) return false;
  sv_walk_advance(walk, layer.slabs + 8 * static_cast<int32_t>(piece.first - 1));
  return true;
}

/* Calls visit(y, z) for each voxel of the slab at hand, 1 to 3 of them, inside the box or not. */
template <class Visit> DEVICE void for_slab(const sv_walk &walk, const Visit &visit) {
  const int32_t y0 = sv_voxel(walk.ya), y1 = sv_voxel(walk.yb), z0 = sv_voxel(walk.za), z1 = sv_voxel(walk.zb);
  visit(y0, z0);
  if (y0 != y1 && z0 != z1) {
    const bool y_first = sv_y_first(&walk) != 0;
    visit(y_first ? y1 : y0, y_first ? z0 : z1);
  }
  if (y0 != y1 || z0 != z1) visit(y1, z1);
}

/* Marks the bricks that a ray may cross in a piece of its way. */
template <int K> DEVICE void mark_way(const Way &way, const Box &box, const Piece &piece, uint32_t *marks) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start_piece<K>(&walk, way, box, piece)) return;
  const uint32_t count_k = static_cast<uint32_t>(box.voxels.at<A::k>());
  const uint32_t count_y = static_cast<uint32_t>(box.bricks.at<A::j>()), count_z = static_cast<uint32_t>(box.bricks.at<A::l>());
  for (uint32_t done = 0; done < piece.count && static_cast<uint32_t>(walk.n) < count_k; done += 1) {
    const sv_layer layer = sv_layer_of(&walk);
    if (!is_under_way<K>(walk, layer, box)) return;
    const auto set = [&](int32_t y, int32_t z) {
      if (static_cast<uint32_t>(y) >= count_y || static_cast<uint32_t>(z) >= count_z) return;
      uint32_t *mark = &marks[box.brick<K>(walk.n >> 3, y, z)];
      if ((load(mark) & way.bit) == 0) set_bits(mark, way.bit);
    };
    set(layer.y0, layer.z0);
    if (layer.y1 != layer.y0) set(layer.y1, layer.z0);
    if (layer.z1 != layer.z0) set(layer.y0, layer.z1);
    if (layer.y1 != layer.y0 && layer.z1 != layer.z0) set(layer.y1, layer.z1);
    sv_walk_advance(&walk, layer.slabs);
  }
}

/* Slots of the up to four bricks of a layer, plus one; 0 without. */
struct LayerSlots { uint32_t s00, s01, s10, s11; };

/* Adds a ray to the voxels it crosses in bricks with a slot, in a piece of its way. */
template <int K> DEVICE void cast_way(const Way &way, const Box &box, const Piece &piece, const uint32_t *slots, Voxel *voxels) {
  using A = Axes<K>;
  sv_walk walk;
  if (!start_piece<K>(&walk, way, box, piece)) return;
  const uint32_t count_k = static_cast<uint32_t>(box.voxels.at<A::k>());
  const uint32_t count_y = static_cast<uint32_t>(box.bricks.at<A::j>()), count_z = static_cast<uint32_t>(box.bricks.at<A::l>());
  const uint32_t voxels_y = static_cast<uint32_t>(box.voxels.at<A::j>()), voxels_z = static_cast<uint32_t>(box.voxels.at<A::l>());
  for (uint32_t done = 0; done < piece.count && static_cast<uint32_t>(walk.n) < count_k; done += 1) {
    const sv_layer layer = sv_layer_of(&walk);
    if (!is_under_way<K>(walk, layer, box)) return;
    const auto slot_of = [&](int32_t y, int32_t z) {
      return static_cast<uint32_t>(y) < count_y && static_cast<uint32_t>(z) < count_z ? slots[box.brick<K>(walk.n >> 3, y, z)] : 0;
    };
    LayerSlots slot = {};
    slot.s00 = slot_of(layer.y0, layer.z0);
    slot.s10 = layer.y1 != layer.y0 ? slot_of(layer.y1, layer.z0) : slot.s00;
    slot.s01 = layer.z1 != layer.z0 ? slot_of(layer.y0, layer.z1) : slot.s00;
    slot.s11 = layer.z1 == layer.z0 ? slot.s10 : layer.y1 == layer.y0 ? slot.s01 : slot_of(layer.y1, layer.z1);
    if ((slot.s00 | slot.s10 | slot.s01 | slot.s11) == 0) {
      sv_walk_advance(&walk, layer.slabs);
      continue;
    }
    for (int32_t i = 0; i < layer.slabs && static_cast<uint32_t>(walk.n) < count_k; i += 1) {
      const uint32_t within_k = static_cast<uint32_t>(walk.n & 7) << A::k_shift;
      for_slab(walk, [&](int32_t y, int32_t z) {
        const bool other_y = (y >> 3) != layer.y0, other_z = (z >> 3) != layer.z0;
        const uint32_t here = other_y ? (other_z ? slot.s11 : slot.s10) : (other_z ? slot.s01 : slot.s00);
        if (here == 0 || static_cast<uint32_t>(y) >= voxels_y || static_cast<uint32_t>(z) >= voxels_z) return;
        const uint32_t place = within_k | static_cast<uint32_t>(y & 7) << A::j_shift | static_cast<uint32_t>(z & 7) << A::l_shift;
        Voxel *voxel = voxels + size_t{here - 1} * brick_voxels + place;
        if ((load(&voxel->bits) & way.bit) == 0) set_bits(&voxel->bits, way.bit);
        add_together(&voxel->sum, way.weight);
      });
      sv_walk_advance(&walk, 1);
    }
  }
}

DEVICE Way way_of(const Ray &ray, const Origins &origins) {
  const int32_t *origin = origins.of[ray.view];
  return {{origin[0], origin[1], origin[2]}, {ray.d[0], ray.d[1], ray.d[2]}, ray.weight, 1u << ray.view};
}

/* How the walks of rays are split among threads: into pieces of so many layers, the same piece of all rays side by side. */
struct Split { uint32_t rays, pieces, layers; };

DEVICE Piece piece_of(const Split &split, uint32_t thread) { return {thread / split.rays * split.layers, split.layers}; }

/* One piece where rays keep the device busy, up to one per layer where they are few. */
inline Split split_of(const sv_context *context, const Grid &grid) {
  uint32_t layers = 1;
  for (const int32_t bricks : grid.size.bricks) layers = static_cast<uint32_t>(bricks) > layers ? static_cast<uint32_t>(bricks) : layers;
  const uint32_t wanted = context->threads_at_once / grid.ray_count, pieces = wanted < 1 ? 1 : wanted < layers ? wanted : layers;
  const uint32_t each = (layers + pieces - 1) / pieces;
  return {grid.ray_count, (layers + each - 1) / each, each};
}

SV_INLINE Box box_of(const Size &size) {
  return {{size.voxels[0], size.voxels[1], size.voxels[2]}, {size.bricks[0], size.bricks[1], size.bricks[2]}, 0};
}

/* Where the views of a grid stand now. */
inline Origins origins_of(const Grid &grid) {
  Origins origins;
  for (int32_t view = 0; view < views_max; view += 1)
    for (int32_t axis = 0; axis < 3; axis += 1) origins.of[view][axis] = grid.views[view].model.origin[axis];
  return origins;
}

}  // namespace skyvox
#endif
