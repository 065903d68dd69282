// The walk: which voxels a ray crosses, in integers; packages/kernels/src/ops/walk.ts says how and why.
//
// Components are kept in the order k (dominant), j, l, so that no array is indexed by the axis: sizes, strides and shifts are
// turned once per ray. Positions are Q11.20 voxels; WGSL wraps int32 and shifts it arithmetically, as the reference does.
const ONE = 1u << 20u;
const SLOT_WORDS = 1024u;
const BRICK_VOXELS = 512u;

struct Walk {
  k: u32,
  // Voxels along k, j, l.
  size: vec3i,
  n: i32,
  step: i32,
  // Q20 voxels per slab on j and l: magnitudes, at most 2^20, and with sign.
  slope: vec2u,
  stride: vec2i,
  // Where the ray enters slab n and where it leaves it, on j and l.
  enter: vec2i,
  leave: vec2i,
  isVoid: bool,
}

fn walkerOf(at: Place) -> u32 { return groupOf(at) * WALKERS + at.thread; }

// A thread's share of a walk, in layers of bricks: so many after the one that the ray enters by, and so many from there on.
struct Piece { layersBefore: i32, layers: i32 }

// Neighbouring threads have the same piece of neighbouring rays; the pieces of threads that are too many begin past the grid.
fn pieceOf(walker: u32, rayCount: u32, layers: u32) -> Piece { return Piece(i32(walker / rayCount * layers), i32(layers)); }

// (x, y, z) as (k, j, l).
fn turned(v: vec3i, k: u32) -> vec3i {
  if (k == 0u) { return v; }
  return select(v.zxy, v.yxz, k == 1u);
}

// (k, j, l) as (x, y, z).
fn turnedBack(v: vec3i, k: u32) -> vec3i {
  if (k == 0u) { return v; }
  return select(v.yzx, v.yxz, k == 1u);
}

// How many bricks stand along each side.
fn bricksOf(voxels: vec3i) -> vec3i { return (voxels + 7) >> vec3u(3u); }

fn startWalk(origin: vec3i, direction: vec3i, sizeVoxels: vec3i) -> Walk {
  let way = vec3u(abs(direction));
  var k = select(2u, 1u, way.y >= way.z);
  if (way.x >= way.y && way.x >= way.z) { k = 0u; }
  let start = turned(origin, k);
  let d = turned(direction, k);
  var walk: Walk;
  walk.k = k;
  walk.size = turned(sizeVoxels, k);
  walk.isVoid = d.x == 0;
  if (walk.isVoid) { return walk; }
  let denominator = u32(abs(d.x));
  walk.step = select(1, -1, d.x < 0);
  walk.slope = vec2u(slope(u32(abs(d.y)), denominator), slope(u32(abs(d.z)), denominator));
  walk.stride = withSign(d.yz, walk.slope);
  walk.n = start.x >> 20u;
  let fraction = u32(start.x) & (ONE - 1u);
  let dist = select(ONE - fraction, fraction, d.x < 0);
  walk.enter = start.yz;
  walk.leave = start.yz + withSign(d.yz, vec2u(along(dist, walk.slope.x), along(dist, walk.slope.y)));
  let ahead = select(-walk.n, walk.n - (walk.size.x - 1), d.x < 0);
  if (ahead > 0) { advance(&walk, ahead); }
  return walk;
}

// Moves the ray on by slabs >= 1.
fn advance(walk: ptr<function, Walk>, slabs: i32) {
  let stride = (*walk).stride;
  (*walk).enter = (*walk).leave + stride * (slabs - 1);
  (*walk).leave = (*walk).enter + stride;
  (*walk).n += (*walk).step * slabs;
}

// Moves the ray on to a piece of its way. What is gone where it enters stays there.
//
// A ray may be gone in a layer between, where a walk from layer to layer ends. Here it goes on, and adds nothing: from where it enters
// until the end of the last layer it moves by at most 2,048 voxels on j and l. One that was not gone has entered between 0 and 2,048
// voxels, or below and moves up, or above and moves down. Only the first, moving up, can pass the end of Q11.20; it comes out at -2,048
// and ends below 0, as it has moved by less than 4,096 in all. Nothing else wraps, and what has left a box for good stays outside it.
//
// With a margin the same holds: it is less than a voxel, and within the grid a ray moves by at most 2,047.
fn moveTo(walk: ptr<function, Walk>, piece: Piece, margin: i32) {
  if (piece.layersBefore > 0 && isUnderWayWithin(walk, margin)) { advance(walk, slabsInLayers(walk, piece.layersBefore)); }
}

// While the ray is in a slab of the grid and may still meet it on j and l.
fn isUnderWay(walk: ptr<function, Walk>) -> bool { return isUnderWayWithin(walk, 0); }

// The same where it may meet what is less than a margin, in Q20, beside the grid.
fn isUnderWayWithin(walk: ptr<function, Walk>, margin: i32) -> bool {
  if ((*walk).isVoid || (*walk).n < 0 || (*walk).n >= (*walk).size.x) { return false; }
  if (isGone((*walk).enter.x, (*walk).stride.x, (*walk).size.y, margin)) { return false; }
  return !isGone((*walk).enter.y, (*walk).stride.y, (*walk).size.z, margin);
}

fn isGone(position: i32, stride: i32, voxels: i32, margin: i32) -> bool {
  if (position < -margin) { return stride <= 0; }
  return ((position - margin) >> 23u) >= ((voxels + 7) >> 3u) && stride >= 0;
}

// Slabs from n to the end of its layer of bricks, 1 ... 8.
fn slabsInLayer(walk: ptr<function, Walk>) -> i32 {
  return select(((*walk).n & 7) + 1, 8 - ((*walk).n & 7), (*walk).step > 0);
}

// Slabs from n to the end of so many layers, the one of n among them.
fn slabsInLayers(walk: ptr<function, Walk>, layers: i32) -> i32 { return slabsInLayer(walk) + 8 * (layers - 1); }

// Position on j and l where the ray leaves the layer.
fn layerEnd(walk: ptr<function, Walk>) -> vec2i {
  return (*walk).leave + (*walk).stride * (slabsInLayer(walk) - 1);
}

// Whether a ray that changes both j and l within its slab crosses to the next j first; a tie counts as j.
fn isJFirst(walk: ptr<function, Walk>) -> bool {
  let fraction = vec2u((*walk).enter) & vec2u(ONE - 1u);
  let way = select(fraction, vec2u(ONE) - fraction, (*walk).stride > vec2i(0));
  return (way.x >> 5u) * ((*walk).slope.y >> 5u) <= (way.y >> 5u) * ((*walk).slope.x >> 5u);
}

fn isInside(walk: ptr<function, Walk>, at: vec2i) -> bool {
  return u32(at.x) < u32((*walk).size.y) && u32(at.y) < u32((*walk).size.z);
}

// floor(2^20 numerator / denominator), 2^20 at most: restoring division, as nothing holds 50 bits.
fn slope(numerator: u32, denominator: u32) -> u32 {
  if (numerator >= denominator) { return ONE; }
  var quotient = 0u;
  var rest = numerator;
  for (var bit = 0u; bit < 20u; bit++) {
    rest <<= 1u;
    quotient <<= 1u;
    if (rest >= denominator) {
      rest -= denominator;
      quotient |= 1u;
    }
  }
  return quotient;
}

// floor(distance * slope / 2^20) in parts that fit: both factors are at most 2^20.
fn along(distance: u32, slope: u32) -> u32 {
  return (distance * (slope >> 10u) + ((distance * (slope & 1023u)) >> 10u)) >> 10u;
}

fn withSign(sign: vec2i, magnitude: vec2u) -> vec2i { return select(vec2i(magnitude), -vec2i(magnitude), sign < vec2i(0)); }

// How far apart neighbours along k, j and l stand in an array [x][y][z] of these sizes.
fn strides(walk: ptr<function, Walk>, size: vec3i) -> vec3i { return turned(vec3i(size.y * size.z, size.z, 1), (*walk).k); }

// Place of voxel (n, j, l) in its brick.
fn voxelInBrick(walk: ptr<function, Walk>, at: vec2i) -> u32 {
  let shift = vec3u(turned(vec3i(6, 3, 0), (*walk).k));
  return (u32((*walk).n & 7) << shift.x) | (u32(at.x & 7) << shift.y) | (u32(at.y & 7) << shift.z);
}
