// The views of a grid, 24 words each, as views.ts writes them: origin (3), a (3), b (3), c (3), fractionBits, principalU, principalV,
// bendShift, bendColumns, bendRows, first word of the nodes of its lens, and 5 unused.
const VIEW_WORDS = 24u;

@group(0) @binding(17) var<storage, read> views: array<i32>;

// Where a view stands, in Q11.20 voxels.
fn originOf(view: u32) -> vec3i {
  let word = VIEW_WORDS * view;
  return vec3i(views[word], views[word + 1u], views[word + 2u]);
}
