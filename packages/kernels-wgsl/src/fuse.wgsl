// Op fuse: this camera's points joined with those of another that were registered last; packages/kernels/src/ops/fuse.ts.
//
// In: points, rows of 4 words [u, v, weight, ignored], and the list "registered". Out: rows [u, v, weight, seenBy], first one per point,
// then the registered rows near none, both in order.
//   join        one thread per point looks at all registered rows
//   countAlone, offsets, placeAlone    one thread per registered row looks at all points
// 16 bytes read per pair, of which there are few thousand times few thousand.

struct Params {
  count: u32,
  // First word of the points in their buffer.
  pointsAt: u32,
  gateQ8: u32,
  gainQ4: u32,
  rowsMax: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> points: array<u32>;
@group(0) @binding(1) var<storage, read> registeredHead: array<u32>;
@group(0) @binding(2) var<storage, read> registered: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
// 1 where a registered row is near no point and has weight.
@group(0) @binding(4) var<storage, read_write> alone: array<u32>;
@group(0) @binding(5) var<storage, read_write> rows: array<vec4u>;

const MINE = 1u;
const THEIRS = 2u;
// Most weight of the other camera that counts at one point.
const OTHER_WEIGHT_MAX = 1u << 20u;

@compute @workgroup_size(WORKGROUP)
fn join(at: Place) {
  let index = indexOf(at);
  if (index >= min(p.count, p.rowsMax)) { return; }
  let place = pointAt(index);
  var seenBy = MINE;
  var weight = 0u;
  for (var other = 0u; other < registeredHead[0]; other++) {
    if (!isNear(place, registered[other].xy)) { continue; }
    seenBy |= THEIRS;
    weight = addUpTo(weight, registered[other].z);
  }
  rows[index] = vec4u(place, joined(points[p.pointsAt + 4u * index + 2u], weight), seenBy);
}

@compute @workgroup_size(WORKGROUP)
fn countAlone(at: Place) {
  let index = indexOf(at);
  var isAlone = 0u;
  if (index < registeredHead[0]) {
    isAlone = u32(isNearNone(registered[index].xy) && joined(0u, registered[index].z) > 0u);
    alone[index] = isAlone;
  }
  let scan = scanWorkgroup(at.thread, isAlone);
  if (at.thread == 0u && index < registeredHead[0]) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn placeAlone(at: Place) {
  let index = indexOf(at);
  var isAlone = 0u;
  if (index < registeredHead[0]) { isAlone = alone[index]; }
  let scan = scanWorkgroup(at.thread, isAlone);
  if (isAlone == 0u) { return; }
  let row = p.count + counts[groupOf(at)] + scan.before;
  if (row >= p.rowsMax) { return; }
  let other = registered[index];
  rows[row] = vec4u(other.xy, joined(0u, other.z), THEIRS);
}

fn isNearNone(place: vec2u) -> bool {
  for (var index = 0u; index < p.count; index++) {
    if (isNear(pointAt(index), place)) { return false; }
  }
  return true;
}

fn pointAt(index: u32) -> vec2u {
  let point = p.pointsAt + 4u * index;
  return vec2u(points[point], points[point + 1u]);
}

fn isNear(a: vec2u, b: vec2u) -> bool { return all(max(a, b) - min(a, b) <= vec2u(p.gateQ8)); }

fn joined(weight: u32, other: u32) -> u32 { return addUpTo(weight, (min(other, OTHER_WEIGHT_MAX) * p.gainQ4) >> 4u); }

// The sum, or the largest word where that is less.
fn addUpTo(a: u32, b: u32) -> u32 { return select(a + b, 0xffffffffu, a > 0xffffffffu - b); }
