// The views of a grid, 24 words each, as ray-list.ts writes them: origin (3), a (3), b (3), c (3), fractionBits, principalU,
// principalV, bendShift, bendColumns, bendRows, and 6 unused.
const VIEW_WORDS = 24u;

@group(0) @binding(17) var<storage, read> views: array<i32>;

// Where a view stands, in Q11.20 voxels.
fn originOf(view: u32) -> vec3i {
  let word = VIEW_WORDS * view;
  return vec3i(views[word], views[word + 1u], views[word + 2u]);
}
