// Marking along one ray, for the bricks of the grid and for those of a tile. Needs walk.wgsl and a binding `marks`.

// Sets the bit of a view in all bricks that a piece of the ray may cross; brick 0 of its box is marks[first].
fn markLayers(walk: ptr<function, Walk>, piece: Piece, first: i32, bit: u32) {
  moveTo(walk, piece, 0);
  let bricks = bricksOf((*walk).size);
  let steps = strides(walk, turnedBack(bricks, (*walk).k));
  for (var i = 0; i < piece.layers && isUnderWay(walk); i++) {
    let start = (*walk).enter >> vec2u(23u);
    let to = layerEnd(walk) >> vec2u(23u);
    let layer = first + ((*walk).n >> 3u) * steps.x;
    for (var corner = 0u; corner < 4u; corner++) {
      let isNear = vec2<bool>((corner & 1u) == 0u, (corner & 2u) == 0u);
      let at = select(to, start, isNear);
      if (any(!isNear & (start == to)) || any(at < vec2i(0)) || any(at >= bricks.yz)) { continue; }
      let brick = layer + at.x * steps.y + at.y * steps.z;
      if ((atomicLoad(&marks[brick]) & bit) == 0u) { atomicOr(&marks[brick], bit); }
    }
    advance(walk, slabsInLayer(walk));
  }
}
