// Op rays: image points become directions in grid axes; the arithmetic of packages/kernels/src/ops/rays.ts.
//
// In: points, rows of 4 words [u, v, weight, view], and the models of the views. Out: rows of 5 words [dx, dy, dz, weight, view],
// appended at row `first`. One thread per point; 16 + 20 bytes moved per ray, and 16 of the bend table where the lens has one.

const RAY_WORDS = 5u;

struct Params {
  count: u32,
  // First word of the points in their buffer, first row of the rays.
  pointsAt: u32,
  first: u32,
  // Of all points; NOTHING where each says its own.
  view: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> points: array<u32>;
@group(0) @binding(1) var<storage, read_write> rays: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn append(at: Place) {
  let index = indexOf(at);
  if (index >= p.count) { return; }
  let point = p.pointsAt + 4u * index;
  let u = points[point];
  let v = points[point + 1u];
  let view = select(p.view, points[point + 3u], p.view == NOTHING);
  let model = view * VIEW_WORDS;
  let shape = BendShape(
    u32(views[model + 15u]), u32(views[model + 16u]), u32(views[model + 17u]), u32(views[model + 18u]),
  );
  let bent = bend(shape, u, v);
  let bigU = ((i32(u) - views[model + 13u]) << 4u) + bent.x;
  let bigV = ((i32(v) - views[model + 14u]) << 4u) + bent.y;
  let row = RAY_WORDS * (p.first + index);
  let fractionBits = u32(views[model + 12u]);
  for (var k = 0u; k < 3u; k++) { rays[row + k] = component(model + k, fractionBits, bigU, bigV); }
  rays[row + 3u] = points[point + 2u];
  rays[row + 4u] = view;
}

// c + floor((a U + b V) / 2^fractionBits), the sum in 64 bits.
fn component(word: u32, fractionBits: u32, bigU: i32, bigV: i32) -> u32 {
  let sum = addWide(multiplySigned(views[word + 3u], bigU), multiplySigned(views[word + 6u], bigV));
  return u32(views[word + 9u]) + lowAfterShift(sum, fractionBits);
}
