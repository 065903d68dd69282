// What undoing a lens adds to an image point: bilinear between the nodes of its table, as ray-model.ts says.
//
// A point past the last node uses the last square of nodes, so that no read leaves the table.
@group(0) @binding(18) var<storage, read> bendNodes: array<i32>;

// A table of nodes [rows][columns][2] every 2^shift pixels, from word `first` on; columns 0: no table.
struct BendShape { shift: u32, columns: u32, rows: u32, first: u32 }

// What is added to u (x) and to v (y), in 1/4096 pixel; u and v in 1/256.
fn bend(shape: BendShape, u: u32, v: u32) -> vec2i {
  if (shape.columns == 0u) { return vec2i(0); }
  let s = 8u + shape.shift;
  let i = min(u >> s, shape.columns - 2u);
  let j = min(v >> s, shape.rows - 2u);
  let fu = u & ((1u << s) - 1u);
  let fv = v & ((1u << s) - 1u);
  let top = shape.first + 2u * (j * shape.columns + i);
  let bottom = top + 2u * shape.columns;
  return vec2i(bendPart(top, bottom, fu, fv, s), bendPart(top + 1u, bottom + 1u, fu, fv, s));
}

fn bendPart(top: u32, bottom: u32, fu: u32, fv: u32, s: u32) -> i32 {
  let above = between(bendNodes[top], bendNodes[top + 2u], fu, s);
  let below = between(bendNodes[bottom], bendNodes[bottom + 2u], fu, s);
  return between(above, below, fv, s);
}

// The value f / 2^s of the way from a to b, rounded half up; int32 throughout.
fn between(a: i32, b: i32, f: u32, s: u32) -> i32 {
  return a + (((b - a) * i32(f) + i32(1u << (s - 1u))) >> s);
}
