// Op castTiles: both passes of casting within the tiles; packages/kernels/src/ops/cast-tiles.ts.
//
// In: segments and tiles of the last refine, direction, weight and view of the rays, and, to cast, the slots that select.wgsl gave to
// bricks of tiles. State: marks, one word of view bits per brick of all tiles; pool, 512 sums and 512 words of view bits per slot.
//   mark, castSegments    one thread per piece of a segment: LAYERS_PER_PIECE layers of bricks, from at.group.z of them on
// 52 bytes read per piece, and per layer and voxel as in mark.wgsl and cast.wgsl.

// As many pieces as the largest tile needs, which has 16 layers, are dispatched: from program.ts.
override LAYERS_PER_PIECE: u32;

@group(0) @binding(0) var<storage, read> segmentHead: array<u32>;
@group(0) @binding(1) var<storage, read> segments: array<i32>;
@group(0) @binding(2) var<storage, read> tiles: array<u32>;
@group(0) @binding(3) var<storage, read_write> marks: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read> slotHead: array<u32>;
@group(0) @binding(5) var<storage, read> slots: array<u32>;
@group(0) @binding(6) var<storage, read_write> pool: array<atomic<u32>>;

struct Segment {
  ray: Ray,
  origin: vec3i,
  // Finer voxels along a side of the tile, and its first brick.
  side: i32,
  firstBrick: i32,
}

fn segmentAt(index: u32) -> Segment {
  let row = 5u * index;
  let tile = 3u * u32(segments[row + 1u]);
  let origin = vec3i(segments[row + 2u], segments[row + 3u], segments[row + 4u]);
  let side = 128 >> (tiles[tile + 1u] >> 16u);
  return Segment(rayAt(u32(segments[row])), origin, side, i32(tiles[tile + 2u]));
}

// Neighbouring threads have the same piece of neighbouring segments; a small tile ends before it.
fn pieceAt(at: Place) -> Piece { return Piece(i32(at.group.z * LAYERS_PER_PIECE), i32(LAYERS_PER_PIECE)); }

@compute @workgroup_size(WORKGROUP)
fn mark(at: Place) {
  let index = indexOf(at);
  if (index >= segmentHead[0]) { return; }
  let segment = segmentAt(index);
  let piece = pieceAt(at);
  if (8 * piece.layersBefore >= segment.side) { return; }
  var walk = startWalk(segment.origin, segment.ray.direction, vec3i(segment.side));
  markLayers(&walk, piece, segment.firstBrick, 1u << segment.ray.view);
}

@compute @workgroup_size(WORKGROUP)
fn castSegments(at: Place) {
  let index = indexOf(at);
  if (index >= segmentHead[0]) { return; }
  let segment = segmentAt(index);
  let piece = pieceAt(at);
  if (8 * piece.layersBefore >= segment.side) { return; }
  var walk = startWalk(segment.origin, segment.ray.direction, vec3i(segment.side));
  castLayers(&walk, piece, segment.firstBrick, segment.ray.weight, 1u << segment.ray.view);
}
