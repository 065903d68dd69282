// Op refine, second half: rays are cut to the tiles they may cross; packages/kernels/src/ops/refine.ts.
//
// In: rays and views; slots of the last select; tiles and tileBits of refine.wgsl. Out: segments, rows of 5 words
// [ray, tile, ox, oy, oz], in order of rays, then of slabs of the walk through the grid, then of j, then of l.
//   cutRays, offsets, cutRays    one thread per piece of a ray walks, to count and, where there is something, to write; a layer of
//                                bricks without a slot is jumped over in one step
// About 40 bytes read per layer and 12 per voxel of a brick with a slot.

struct Params {
  rayCount: u32,
  nx: i32,
  ny: i32,
  nz: i32,
  segmentsMax: u32,
  // First word in `counts` with a word per thread: its segments begin so many after those of its block; NOTHING where it has none.
  perThreadAt: u32,
  // 0: counts.
  isWriting: u32,
  // Layers of bricks that a thread walks, and threads per ray.
  layers: u32,
  pieces: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> tileBits: array<u32>;
@group(0) @binding(3) var<storage, read> tiles: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> segments: array<u32>;

// A 256th of a voxel of the grid, in Q20.
const MARGIN = 1 << 12u;
const ONE_VOXEL = 1 << 20u;

// Neighbouring threads have the pieces of one ray in order: that is the order of the segments.
@compute @workgroup_size(WORKGROUP)
fn cutRays(at: Place) {
  let index = indexOf(at);
  let threads = p.rayCount * p.pieces;
  let isWriting = p.isWriting != 0u;
  var row = NOTHING;
  if (index < threads && isWriting && counts[p.perThreadAt + index] != NOTHING) {
    row = counts[groupOf(at)] + counts[p.perThreadAt + index];
  }
  var found = 0u;
  if (index < threads && (!isWriting || row != NOTHING)) { found = cut(index, row); }
  let scan = scanWorkgroup(at.thread, found);
  if (isWriting || index >= threads) { return; }
  counts[p.perThreadAt + index] = select(NOTHING, scan.before, found > 0u);
  if (at.thread == 0u) { counts[groupOf(at)] = scan.total; }
}

// Counts the segments of a piece of a ray and writes them from a row on; past the limit, and so at NOTHING, none is written.
fn cut(index: u32, firstRow: u32) -> u32 {
  let rayIndex = index / p.pieces;
  let ray = rayAt(rayIndex);
  let origin = originOf(ray.view);
  let size = vec3i(p.nx, p.ny, p.nz);
  var walk = startWalk(origin, ray.direction, size);
  let piece = Piece(i32(index % p.pieces * p.layers), i32(p.layers));
  moveTo(&walk, piece, MARGIN);
  let bricks = bricksOf(walk.size);
  let steps = strides(&walk, bricksOf(size));
  let slotCount = slotHead[0];
  var found = 0u;
  for (var layer = 0; layer < piece.layers && isUnderWayWithin(&walk, MARGIN); layer++) {
    let slabs = slabsInLayer(&walk);
    if (!meetsSlot(&walk, bricks, steps, slotCount)) {
      advance(&walk, slabs);
      continue;
    }
    for (var slab = 0; slab < slabs && isUnderWayWithin(&walk, MARGIN); slab++) {
      let low = max((min(walk.enter, walk.leave) - MARGIN) >> vec2u(20u), vec2i(0));
      let high = min((max(walk.enter, walk.leave) + MARGIN) >> vec2u(20u), walk.size.yz - 1);
      for (var j = low.x; j <= high.x; j++) {
        for (var l = low.y; l <= high.y; l++) {
          let tile = tileAt(&walk, vec2i(j, l), steps, slotCount);
          if (tile == NOTHING) { continue; }
          let row = firstRow + found;
          if (firstRow != NOTHING && row < p.segmentsMax) {
            let at = segmentOrigin(origin, ray.direction, vec3i(walk.n, j, l), walk.k, tile);
            writeSegment(5u * row, rayIndex, tile, at);
          }
          found++;
        }
      }
      advance(&walk, 1);
    }
  }
  return found;
}

// Whether a brick with a slot is within the margin of the ray in the rest of its layer.
fn meetsSlot(walk: ptr<function, Walk>, bricks: vec3i, steps: vec3i, slotCount: u32) -> bool {
  let end = layerEnd(walk);
  let low = max((min((*walk).enter, end) - MARGIN) >> vec2u(23u), vec2i(0));
  let high = min((max((*walk).enter, end) + MARGIN) >> vec2u(23u), bricks.yz - 1);
  for (var j = low.x; j <= high.x; j++) {
    for (var l = low.y; l <= high.y; l++) {
      if (slots[((*walk).n >> 3u) * steps.x + j * steps.y + l * steps.z] < slotCount) { return true; }
    }
  }
  return false;
}

// The tile in place of voxel (n, j, l) of the grid.
fn tileAt(walk: ptr<function, Walk>, at: vec2i, steps: vec3i, slotCount: u32) -> u32 {
  let brick = at >> vec2u(3u);
  let slot = slots[((*walk).n >> 3u) * steps.x + brick.x * steps.y + brick.y * steps.z];
  if (slot >= slotCount) { return NOTHING; }
  let voxel = voxelInBrick(walk, at);
  let word = 32u * slot + (voxel >> 5u);
  let bits = tileBits[word];
  let bit = 1u << (voxel & 31u);
  if ((bits & bit) == 0u) { return NOTHING; }
  return tileBits[word + 16u] + countOneBits(bits & (bit - 1u));
}

fn writeSegment(to: u32, ray: u32, tile: u32, origin: vec3i) {
  segments[to] = ray;
  segments[to + 1u] = tile;
  segments[to + 2u] = u32(origin.x);
  segments[to + 3u] = u32(origin.y);
  segments[to + 4u] = u32(origin.z);
}

// Where a ray enters the slab of a tile, in Q20 finer voxels from its lower corner; `at` is its voxel in order k, j, l.
fn segmentOrigin(origin: vec3i, direction: vec3i, at: vec3i, k: u32, tile: u32) -> vec3i {
  let shift = 7u - (tiles[3u * tile + 1u] >> 16u);
  let o = turned(origin, k);
  let d = turned(direction, k);
  let isUp = d.x > 0;
  let relative = o.x - (at.x << 20u);
  let way = u32(max(0, select(relative - ONE_VOXEL, -relative, isUp)));
  let onK = select(min(relative, ONE_VOXEL), max(relative, 0), isUp) << shift;
  let moved = vec2u(movedBy(way, d.y, d.x, shift), movedBy(way, d.z, d.x, shift));
  let onOthers = (o.yz << vec2u(shift)) - (at.yz << vec2u(20u + shift)) + withSign(d.yz, moved);
  return turnedBack(vec3i(onK, onOthers), k);
}

// How far a ray moves on an axis on its way along the dominant one, modulo 2^32.
fn movedBy(way: u32, d: i32, dominant: i32, shift: u32) -> u32 {
  return lowAfterShift(multiplyWide(way, steepSlope(u32(abs(d)), u32(abs(dominant)))), 30u - shift);
}

// floor(2^30 numerator / denominator), 2^30 at most.
fn steepSlope(numerator: u32, denominator: u32) -> u32 {
  if (numerator >= denominator) { return 1u << 30u; }
  var quotient = 0u;
  var rest = numerator;
  for (var bit = 0u; bit < 30u; bit++) {
    rest <<= 1u;
    quotient <<= 1u;
    if (rest >= denominator) {
      rest -= denominator;
      quotient |= 1u;
    }
  }
  return quotient;
}
