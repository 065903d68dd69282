// Op blobs: connected motion and its sums; the layout of a row stands in packages/kernels/src/ops/blobs.ts.
//
// In: the motion list, in raster order. Out: rows of 16 words, ordered by the first pixel of each blob.
//
// A union-find over the places of pixels in the list, after Jaiganesh & Burtscher 2018 (ECL-CC): the root of a blob is its first pixel.
//   label       one thread per moving pixel, as in all steps but `close`: a blob of its own
//   join        unites it with its neighbours before it in raster order, found by halving the list
//   flatten     points straight to the root and counts the pixels of each
//   countKept, offsets, open        blobs of enough pixels get a row, which is set to nothing
//   sum         adds the pixel to its blob, 64-bit sums by carrying
//   close       one thread per blob packs the row
// Order does not matter to any sum. About 200 bytes moved per moving pixel.

struct Params { pixelsMin: u32, rowsMax: u32 }
var<immediate> p: Params;

const BLOB_WORDS = 16u;

@group(0) @binding(0) var<storage, read> motionHead: array<u32>;
@group(0) @binding(1) var<storage, read> motion: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> parents: array<atomic<u32>>;
// Pixels by root; from `open` on the row + 1 of the blob, 0 where it has none.
@group(0) @binding(3) var<storage, read_write> sizes: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> rows: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read> blobHead: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn label(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  atomicStore(&parents[index], index);
  atomicStore(&sizes[index], 0u);
}

@compute @workgroup_size(WORKGROUP)
fn join(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  let place = motion[index].x;
  let x = place & 0xffffu;
  if (x > 0u && index > 0u && motion[index - 1u].x == place - 1u) { unite(index, index - 1u); }
  if (place < 0x10000u) { return; }
  let above = place - 0x10000u;
  for (var i = firstFrom(above - u32(x > 0u), index); i < index && motion[i].x <= above + 1u; i++) { unite(index, i); }
}

// The first row below `end` whose place is at least `place`; `end` where there is none.
fn firstFrom(place: u32, end: u32) -> u32 {
  var low = 0u;
  var high = end;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (motion[middle].x < place) { low = middle + 1u; } else { high = middle; }
  }
  return low;
}

fn rootOf(index: u32) -> u32 {
  var at = index;
  var up = atomicLoad(&parents[at]);
  while (up != at) {
    // Halves the way for those who come later; an ancestor stays an ancestor, whoever writes last.
    let next = atomicLoad(&parents[up]);
    if (next != up) { atomicStore(&parents[at], next); }
    at = up;
    up = next;
  }
  return at;
}

// Hangs the later root under the earlier one; only a root is ever hung, so no union is lost.
fn unite(one: u32, other: u32) {
  var a = rootOf(one);
  var b = rootOf(other);
  while (a != b) {
    let later = max(a, b);
    let hung = atomicCompareExchangeWeak(&parents[later], later, min(a, b));
    if (hung.exchanged) { return; }
    a = rootOf(a);
    b = rootOf(b);
  }
}

@compute @workgroup_size(WORKGROUP)
fn flatten(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  // Nothing is halved here: it could put another's root back to an ancestor.
  var root = atomicLoad(&parents[index]);
  for (var up = atomicLoad(&parents[root]); up != root; up = atomicLoad(&parents[root])) { root = up; }
  atomicStore(&parents[index], root);
  atomicAdd(&sizes[root], 1u);
}

@compute @workgroup_size(WORKGROUP)
fn countKept(at: Place) {
  let scan = scanWorkgroup(at.thread, u32(isKept(indexOf(at))));
  if (at.thread == 0u && indexOf(at) < motionHead[0]) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn open(at: Place) {
  let index = indexOf(at);
  let kept = isKept(index);
  let scan = scanWorkgroup(at.thread, u32(kept));
  if (index >= motionHead[0]) { return; }
  let row = counts[groupOf(at)] + scan.before;
  let size = atomicLoad(&sizes[index]);
  let hasRow = kept && row < p.rowsMax;
  atomicStore(&sizes[index], select(0u, row + 1u, hasRow));
  if (!hasRow) { return; }
  let to = BLOB_WORDS * row;
  for (var word = 0u; word < BLOB_WORDS; word++) { atomicStore(&rows[to + word], 0u); }
  atomicStore(&rows[to], size);
  // The first pixel has the least y, so this word is only ever made smaller by a smaller x.
  atomicStore(&rows[to + 1u], 0xffffu | (motion[index].x & 0xffff0000u));
}

fn isKept(index: u32) -> bool {
  return index < motionHead[0] && atomicLoad(&parents[index]) == index && atomicLoad(&sizes[index]) >= p.pixelsMin;
}

@compute @workgroup_size(WORKGROUP)
fn sum(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  let rowAfter = atomicLoad(&sizes[atomicLoad(&parents[index])]);
  if (rowAfter == 0u) { return; }
  let to = BLOB_WORDS * (rowAfter - 1u);
  let pixel = motion[index];
  let x = pixel.x & 0xffffu;
  let y = pixel.x >> 16u;
  let difference = pixel.y & 0xffu;
  atomicMin(&rows[to + 1u], x | (atomicLoad(&rows[to + 1u]) & 0xffff0000u));
  atomicMax(&rows[to + 2u], x);
  atomicMax(&rows[to + 15u], y);
  atomicMax(&rows[to + 3u], difference);
  addTo(to + 4u, x);
  addTo(to + 6u, y);
  addTo(to + 8u, difference);
  addTo(to + 10u, difference * x);
  addTo(to + 12u, difference * y);
  atomicAdd(&rows[to + 14u], (pixel.y >> 8u) & 1u);
}

// Adds to a 64-bit sum: of the adds to the low word, in whatever order, those that wrap carry.
fn addTo(word: u32, value: u32) {
  let before = atomicAdd(&rows[word], value);
  if (before + value < before) { atomicAdd(&rows[word + 1u], 1u); }
}

@compute @workgroup_size(WORKGROUP)
fn close(at: Place) {
  let row = indexOf(at);
  if (row >= blobHead[0]) { return; }
  let to = BLOB_WORDS * row;
  atomicOr(&rows[to + 2u], atomicLoad(&rows[to + 15u]) << 16u);
  atomicStore(&rows[to + 15u], 0u);
}
