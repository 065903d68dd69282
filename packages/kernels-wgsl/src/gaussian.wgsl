// Op motion, mode gaussian; the arithmetic of packages/kernels/src/ops/gaussian.ts.
//
// In: pixels, [pixelCount] u8, 16 to a vec4u. State, one word per pixel each, 4 to a vec4u: slow, the slow mean in Q8.16;
// varianceFast, the variance in Q8 and above it the fast mean in Q8.8. All padded to whole vec4u of pixels. Out: rows as in motion.wgsl,
// which come about the same way, and the deviation field for op spots: E, 16 bits with sign, and above it W.
//
// A thread takes 16 pixels. Bytes moved per pixel: 21, whatever moves.

struct Params {
  pixelCount: u32,
  widthPx: u32,
  threshold: u32,
  rowsMax: u32,
  // s of this frame, and what it is more for what moves.
  slowShift: u32,
  holdShift: u32,
  fastShift: u32,
  snrMinQ4: u32,
  varianceMinQ8: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> pixels: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> slow: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> varianceFast: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> deviation: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> staged: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<u32>;
@group(0) @binding(6) var<storage, read_write> rows: array<vec2u>;

// The first frame becomes the background.
@compute @workgroup_size(WORKGROUP)
fn begin(at: Place) {
  let thread = indexOf(at);
  if (16u * thread >= p.pixelCount) { return; }
  let picture = pixels[thread];
  for (var four = 0u; four < 4u; four++) {
    let c = levelsOf(picture[four]);
    slow[4u * thread + four] = c << vec4u(16u);
    varianceFast[4u * thread + four] = vec4u(p.varianceMinQ8) | (c << vec4u(24u));
  }
}

@compute @workgroup_size(WORKGROUP)
fn find(at: Place) {
  let thread = indexOf(at);
  var found: Found;
  if (16u * thread < p.pixelCount) {
    let picture = pixels[thread];
    for (var four = 0u; four < 4u; four++) { update(&found, 4u * thread + four, 4u * four, levelsOf(picture[four])); }
  }
  stage(at, found);
}

// Four grey levels from their word.
fn levelsOf(word: u32) -> vec4u { return (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u); }

// Compares four pixels with the background at `index` and updates it; they are numbers first ... first + 3 of their thread.
fn update(found: ptr<function, Found>, index: u32, first: u32, c: vec4u) {
  let mean = slow[index];
  let variance = varianceFast[index] & vec4u(0xffffu);
  let fast = varianceFast[index] >> vec4u(16u);
  let d = vec4i(c << vec4u(16u)) - vec4i(mean);
  let e = (d + (1 << 11u)) >> vec4u(12u);
  let square = vec4u(e * e);
  let f = vec4i(c << vec4u(8u)) - vec4i(fast);
  let difference = (vec4u(abs(d)) + (1u << 15u)) >> vec4u(16u);
  let noise = max(variance, vec4u(p.varianceMinQ8));
  let moves = (difference > vec4u(p.threshold)) & (16u * square > noise * p.snrMinQ4);
  let isStill = vec4u(abs(f)) <= vec4u(p.threshold << 8u);
  for (var i = 0u; i < 4u; i++) {
    // Pixel 16 * thread + first + i of the picture.
    if (!moves[i] || 4u * index + i >= p.pixelCount) { continue; }
    note(found, first + i, difference[i]);
    (*found).still |= u32(isStill[i]) << (first + i);
  }
  deviation[index] = (vec4u(e) & vec4u(0xffffu)) | (noise << vec4u(16u));
  let slowShift = vec4u(p.slowShift) + select(vec4u(0u), vec4u(p.holdShift), moves);
  slow[index] = vec4u(vec4i(mean) + roundedShift(d, slowShift));
  let toward = roundedShift(vec4i(min(square, vec4u(65535u))) - vec4i(variance), vec4u(p.slowShift));
  let varianceAfter = vec4i(variance) + select(toward, vec4i(0), moves);
  let fastAfter = vec4i(fast) + roundedShift(f, vec4u(p.fastShift));
  varianceFast[index] = vec4u(varianceAfter) | (vec4u(fastAfter) << vec4u(16u));
}

// value / 2^shift, rounded half up; shift 1 ... 20.
fn roundedShift(value: vec4i, shift: vec4u) -> vec4i { return (value + vec4i(vec4u(1u) << (shift - 1u))) >> shift; }
