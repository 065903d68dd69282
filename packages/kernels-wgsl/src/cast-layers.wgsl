// Casting along one ray, for the bricks of the grid and for those of a tile. Needs walk.wgsl and the bindings of cast.wgsl.
//
// A layer crosses at most four bricks: the corners made of where the ray enters it and where it leaves. Their slots are looked up
// once per layer.

// Adds a piece of a ray to the voxels it crosses; brick 0 of its box is slots[first].
fn castLayers(walk: ptr<function, Walk>, piece: Piece, first: i32, weight: u32, bit: u32) {
  moveTo(walk, piece, 0);
  let bricks = bricksOf((*walk).size);
  let steps = strides(walk, turnedBack(bricks, (*walk).k));
  let slotCount = slotHead[0];
  for (var i = 0; i < piece.layers && isUnderWay(walk); i++) {
    let slabs = slabsInLayer(walk);
    let start = (*walk).enter >> vec2u(23u);
    let to = layerEnd(walk) >> vec2u(23u);
    let layer = first + ((*walk).n >> 3u) * steps.x;
    let found = vec4u(
      slotAt(layer, start, bricks, steps),
      slotAt(layer, vec2i(to.x, start.y), bricks, steps),
      slotAt(layer, vec2i(start.x, to.y), bricks, steps),
      slotAt(layer, to, bricks, steps),
    );
    // Of `slots` only those that are counted are meant.
    if (all(found >= vec4u(slotCount))) {
      advance(walk, slabs);
    } else {
      castLayer(walk, slabs, start, select(vec4u(NOTHING), found, found < vec4u(slotCount)), weight, bit);
    }
  }
}

fn slotAt(layer: i32, at: vec2i, bricks: vec3i, steps: vec3i) -> u32 {
  if (any(at < vec2i(0)) || any(at >= bricks.yz)) { return NOTHING; }
  return slots[layer + at.x * steps.y + at.y * steps.z];
}

fn castLayer(walk: ptr<function, Walk>, slabs: i32, start: vec2i, found: vec4u, weight: u32, bit: u32) {
  for (var slab = 0; slab < slabs && isUnderWay(walk); slab++) {
    let enter = (*walk).enter >> vec2u(20u);
    let leave = (*walk).leave >> vec2u(20u);
    vote(walk, enter, start, found, weight, bit);
    if (all(enter != leave)) {
      let between = select(vec2i(enter.x, leave.y), vec2i(leave.x, enter.y), isJFirst(walk));
      vote(walk, between, start, found, weight, bit);
    }
    if (any(enter != leave)) { vote(walk, leave, start, found, weight, bit); }
    advance(walk, 1);
  }
}

fn vote(walk: ptr<function, Walk>, at: vec2i, start: vec2i, found: vec4u, weight: u32, bit: u32) {
  if (!isInside(walk, at)) { return; }
  let isFar = vec2u((at >> vec2u(3u)) != start);
  let slot = found[isFar.x | (isFar.y << 1u)];
  if (slot == NOTHING) { return; }
  let voxel = slot * SLOT_WORDS + voxelInBrick(walk, at);
  atomicAdd(&pool[voxel], weight);
  if ((atomicLoad(&pool[voxel + BRICK_VOXELS]) & bit) == 0u) { atomicOr(&pool[voxel + BRICK_VOXELS], bit); }
}
