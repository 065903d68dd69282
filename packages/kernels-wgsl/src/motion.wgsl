// Op motion, modes diff, sigmaDelta and average; the arithmetic of packages/kernels/src/ops/motion.ts.
//
// In: pixels, [pixelCount] u8, 16 to a vec4u. State: levels, u8 like the pixels, or u16 (8 to a vec4u) in mode average; both padded to
// whole vec4u. Out: rows [x | y << 16, difference] in raster order.
//
// Bytes moved per pixel: 3 (average 5), whatever moves; WGSL has no 8-bit storage, so a thread takes 16 pixels. `find` compares,
// updates the background and puts the moving pixels of its block, WORKGROUP * 16 pixels, in order at the start of the block's place
// in `staged`; `offsets` sums up the blocks; `place` copies to the rows. The frame is read once, and `staged` only where something moved.
//
// A variable of a loop is set to zero in so many words: Dawn 0.6.2 lets one without keep what the turn before left in it.

struct Params {
  pixelCount: u32,
  widthPx: u32,
  threshold: u32,
  // Grey levels per frame of sigmaDelta; 255 is mode diff.
  step: u32,
  rowsMax: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> pixels: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> levels: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> staged: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> rows: array<vec2u>;

// Starts mode average: c << 8. The other modes start with a copy of the frame.
@compute @workgroup_size(WORKGROUP)
fn beginAverage(at: Place) {
  let thread = indexOf(at);
  if (16u * thread >= p.pixelCount) { return; }
  let picture = pixels[thread];
  for (var half = 0u; half < 2u; half++) {
    var started = vec4u();
    for (var pair = 0u; pair < 4u; pair++) {
      let two = picture[2u * half + pair / 2u] >> (16u * (pair & 1u));
      started[pair] = ((two & 0xffu) << 8u) | ((two & 0xff00u) << 16u);
    }
    levels[2u * thread + half] = started;
  }
}

@compute @workgroup_size(WORKGROUP)
fn find(at: Place) {
  let thread = indexOf(at);
  var found: Found;
  if (16u * thread < p.pixelCount) {
    let picture = pixels[thread];
    let before = levels[thread];
    var after: vec4u;
    for (var i = 0u; i < 16u; i++) {
      let shift = 8u * (i & 3u);
      let c = (picture[i >> 2u] >> shift) & 0xffu;
      let level = (before[i >> 2u] >> shift) & 0xffu;
      compare(&found, thread, i, c, level);
      let toward = clamp(i32(c) - i32(level), -i32(p.step), i32(p.step));
      after[i >> 2u] |= u32(i32(level) + toward) << shift;
    }
    levels[thread] = after;
  }
  stage(at, found);
}

@compute @workgroup_size(WORKGROUP)
fn findAverage(at: Place) {
  let thread = indexOf(at);
  var found: Found;
  if (16u * thread < p.pixelCount) {
    let picture = pixels[thread];
    for (var half = 0u; half < 2u; half++) {
      let before = levels[2u * thread + half];
      var after = vec4u();
      for (var j = 0u; j < 8u; j++) {
        let i = 8u * half + j;
        let shift = 16u * (j & 1u);
        let c = (picture[i >> 2u] >> (8u * (i & 3u))) & 0xffu;
        let q8 = (before[j >> 1u] >> shift) & 0xffffu;
        compare(&found, thread, i, c, q8 >> 8u);
        after[j >> 1u] |= ((q8 + 16u * c - (q8 >> 4u)) & 0xffffu) << shift;
      }
      levels[2u * thread + half] = after;
    }
  }
  stage(at, found);
}

fn compare(found: ptr<function, Found>, thread: u32, i: u32, c: u32, level: u32) {
  let difference = max(c, level) - min(c, level);
  if (difference > p.threshold && 16u * thread + i < p.pixelCount) { note(found, i, difference); }
}
