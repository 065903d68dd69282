// Op register: points of another camera, placed in this one's picture; packages/kernels/src/ops/register.ts.
//
// In: points, rows of 4 words [u, v, weight, x], and the shift as bend.wgsl takes it. Out: rows [u', v', weight, x] in order of points.
//   count, offsets, place    one thread per point; 32 + 16 bytes moved per point, and 32 of the shift

struct Params {
  count: u32,
  // First word of the points in their buffer.
  pointsAt: u32,
  bendShift: u32,
  bendColumns: u32,
  bendRows: u32,
  // Of the picture.
  widthPx: u32,
  heightPx: u32,
  rowsMax: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> points: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> rows: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn count(at: Place) {
  let index = indexOf(at);
  let scan = scanWorkgroup(at.thread, u32(isInPicture(index)));
  if (at.thread == 0u && index < p.count) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let index = indexOf(at);
  let isIn = isInPicture(index);
  let scan = scanWorkgroup(at.thread, u32(isIn));
  if (!isIn) { return; }
  let row = counts[groupOf(at)] + scan.before;
  if (row >= p.rowsMax) { return; }
  let point = p.pointsAt + 4u * index;
  rows[row] = vec4u(vec2u(max(movedTo(index), vec2i(0))), points[point + 2u], points[point + 3u]);
}

// Within half a pixel of the outermost pixel centres.
fn isInPicture(index: u32) -> bool {
  if (index >= p.count) { return false; }
  let moved = movedTo(index);
  return all(moved >= vec2i(-128)) && all(moved < 256 * vec2i(vec2u(p.widthPx, p.heightPx)) - 128);
}

fn movedTo(index: u32) -> vec2i {
  let point = p.pointsAt + 4u * index;
  let u = points[point];
  let v = points[point + 1u];
  let shift = bend(BendShape(p.bendShift, p.bendColumns, p.bendRows, 0u), u, v);
  return vec2i(vec2u(u, v)) + ((shift + 8) >> vec2u(4u));
}
