// How the kernels of op motion write their list; shared by all modes. Needs scan.wgsl and the bindings and parameters of
// motion.wgsl or gaussian.wgsl.
//
// A staged pixel is one word: difference, and 256 where it is still, in the lower 16 bits; its place in the block in the upper.

// What one thread found among its 16 pixels.
struct Found {
  moving: u32,
  still: u32,
  // Differences, four to a word.
  differences: vec4u,
}

fn note(found: ptr<function, Found>, i: u32, difference: u32) {
  (*found).moving |= 1u << i;
  (*found).differences[i >> 2u] |= difference << (8u * (i & 3u));
}

// Puts what the threads of this workgroup found in order; all of them call it together.
fn stage(at: Place, found: Found) {
  let scan = scanWorkgroup(at.thread, countOneBits(found.moving));
  let block = groupOf(at);
  var to = block * 16u * WORKGROUP + scan.before;
  for (var rest = found.moving; rest != 0u; rest &= rest - 1u) {
    let i = countTrailingZeros(rest);
    let difference = (found.differences[i >> 2u] >> (8u * (i & 3u))) & 0xffu;
    staged[to] = difference | (((found.still >> i) & 1u) << 8u) | ((16u * at.thread + i) << 16u);
    to++;
  }
  if (at.thread == 0u && block * 16u * WORKGROUP < p.pixelCount) { counts[block] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let block = groupOf(at);
  let first = block * 16u * WORKGROUP;
  if (first >= p.pixelCount) { return; }
  let count = counts[block + 1u] - counts[block];
  for (var i = at.thread; i < count; i += WORKGROUP) {
    let row = counts[block] + i;
    if (row >= p.rowsMax) { return; }
    let word = staged[first + i];
    let pixel = first + (word >> 16u);
    rows[row] = vec2u((pixel % p.widthPx) | ((pixel / p.widthPx) << 16u), word & 0xffffu);
  }
}
