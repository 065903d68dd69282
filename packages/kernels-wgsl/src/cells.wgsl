// Op cells: the motion list binned into squares of 2^shift pixels; the arithmetic of packages/kernels/src/ops/cells.ts.
//
// In: the motion list. Out: rows [u, v, weight, pixelCount] ordered by (cell row, cell column).
//
// `occupied` holds a bit for every cell of the picture. The cells with a moving pixel, in order of their bits, get sums of their own:
//   occupy      one thread per moving pixel sets the bit of its cell
//   countOccupied, offsets, rank    one thread per word of bits: which sums belong to its first bit; they are emptied
//   sum         one thread per moving pixel adds to the sums of its cell
//   countKept, offsets, place       one thread per word of bits: the cells with enough pixels become rows
// Bytes moved: 20 per 32 cells of the picture, 48 per moving pixel.

struct Params {
  shift: u32,
  pixelsMin: u32,
  // Cells in a row of the picture, and words of `occupied`.
  columns: u32,
  words: u32,
  rowsMax: u32,
}
var<immediate> p: Params;

struct Sums { count: u32, sw: u32, swx: u32, swy: u32 }

@group(0) @binding(0) var<storage, read> motionHead: array<u32>;
@group(0) @binding(1) var<storage, read> motion: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> occupied: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> firstOfWord: array<u32>;
@group(0) @binding(5) var<storage, read_write> sums: array<atomic<u32>>;
@group(0) @binding(6) var<storage, read_write> rows: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn occupy(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  let cell = cellOf(motion[index].x);
  atomicOr(&occupied[cell >> 5u], 1u << (cell & 31u));
}

@compute @workgroup_size(WORKGROUP)
fn countOccupied(at: Place) {
  let scan = scanWorkgroup(at.thread, countOneBits(bitsOf(indexOf(at))));
  if (at.thread == 0u && groupOf(at) * WORKGROUP < p.words) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn rank(at: Place) {
  let word = indexOf(at);
  let count = countOneBits(bitsOf(word));
  let scan = scanWorkgroup(at.thread, count);
  if (word >= p.words) { return; }
  let first = counts[groupOf(at)] + scan.before;
  firstOfWord[word] = first;
  for (var i = 4u * first; i < 4u * (first + count); i++) { atomicStore(&sums[i], 0u); }
}

@compute @workgroup_size(WORKGROUP)
fn sum(at: Place) {
  let index = indexOf(at);
  if (index >= motionHead[0]) { return; }
  let row = motion[index];
  let cell = cellOf(row.x);
  let before = bitsOf(cell >> 5u) & ((1u << (cell & 31u)) - 1u);
  let to = 4u * (firstOfWord[cell >> 5u] + countOneBits(before));
  let inCell = (1u << p.shift) - 1u;
  let difference = row.y & 0xffu;
  atomicAdd(&sums[to], 1u);
  atomicAdd(&sums[to + 1u], difference);
  atomicAdd(&sums[to + 2u], difference * (row.x & inCell));
  atomicAdd(&sums[to + 3u], difference * ((row.x >> 16u) & inCell));
}

@compute @workgroup_size(WORKGROUP)
fn countKept(at: Place) {
  let word = indexOf(at);
  let scan = scanWorkgroup(at.thread, keptIn(word));
  if (at.thread == 0u && groupOf(at) * WORKGROUP < p.words) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let word = indexOf(at);
  let scan = scanWorkgroup(at.thread, keptIn(word));
  if (word >= p.words) { return; }
  var to = counts[groupOf(at)] + scan.before;
  var next = firstOfWord[word];
  for (var rest = bitsOf(word); rest != 0u && to < p.rowsMax; rest &= rest - 1u) {
    let found = sumsAt(next);
    next++;
    if (found.count < p.pixelsMin) { continue; }
    let cell = 32u * word + countTrailingZeros(rest);
    let u = ((cell % p.columns) << (p.shift + 8u)) + centre(found.swx, found.sw);
    let v = ((cell / p.columns) << (p.shift + 8u)) + centre(found.swy, found.sw);
    rows[to] = vec4u(u, v, found.sw, found.count);
    to++;
  }
}

fn cellOf(place: u32) -> u32 {
  return (place >> (16u + p.shift)) * p.columns + ((place & 0xffffu) >> p.shift);
}

fn bitsOf(word: u32) -> u32 {
  if (word >= p.words) { return 0u; }
  return atomicLoad(&occupied[word]);
}

fn keptIn(word: u32) -> u32 {
  let count = countOneBits(bitsOf(word));
  var kept = 0u;
  for (var i = 0u; i < count; i++) { kept += u32(sumsAt(firstOfWord[word] + i).count >= p.pixelsMin); }
  return kept;
}

fn sumsAt(cell: u32) -> Sums {
  let at = 4u * cell;
  return Sums(atomicLoad(&sums[at]), atomicLoad(&sums[at + 1u]), atomicLoad(&sums[at + 2u]), atomicLoad(&sums[at + 3u]));
}

// The weighted mean in 1/256 pixel from the first pixel of the cell, rounded half up; below 2^31 before the division.
fn centre(sum: u32, weight: u32) -> u32 { return (256u * sum + (weight >> 1u)) / weight; }
