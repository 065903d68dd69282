// The middle step of every list: turns the counts of blocks into the rows at which they start, and writes the head of the list.
//
// In and out: counts, [blocks + 1] u32; afterwards counts[b] is the sum of the blocks before b, counts[blocks] that of all. Words up to
// the next multiple of four are overwritten.
// One workgroup goes through them, each thread with eight side by side; it asks for those of the next round before it sums up, so that a
// round costs one sum over threads and hardly ever waits for memory. 8 bytes moved per block.
//
// Where `perBlock` is not 0, the blocks are those of another list: count of `source` / perBlock, rounded up. Counts of a second kind of
// the same blocks, from word `secondAt` on, are turned into sums by a second workgroup; they have no list.

// Sums stop here: bricks of tiles that passed their limit long ago may be more than a word holds.
const TOTAL_MAX = 0x7fffffffu;

// Of two vec4u. Together with a workgroup of 128 threads 1,024 blocks: as many slots of level 0 have 2^31 bricks in their tiles.
const BLOCKS_PER_THREAD = 8u;

struct Params {
  blocks: u32,
  perBlock: u32,
  // Rows that are in the list already.
  base: u32,
  rowsMax: u32,
  overflowBit: u32,
  // Threads per row where the list is dispatched with a thread per row; each has a z of its own.
  pieces: u32,
  secondAt: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> source: array<u32>;
// Padded to whole vec4u.
@group(0) @binding(1) var<storage, read_write> counts: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> head: array<u32>;

struct Eight { low: vec4u, high: vec4u }

@compute @workgroup_size(WORKGROUP)
fn offsets(at: Place) {
  var blocks = p.blocks;
  if (p.perBlock != 0u) { blocks = divideUp(source[0], p.perBlock); }
  let first = at.group.x * (p.secondAt / 4u);
  var before = 0u;
  var next = eightFrom(first, BLOCKS_PER_THREAD * at.thread, blocks);
  for (var start = 0u; start <= blocks; start += WORKGROUP * BLOCKS_PER_THREAD) {
    let mine = start + BLOCKS_PER_THREAD * at.thread;
    let eight = next;
    next = eightFrom(first, mine + WORKGROUP * BLOCKS_PER_THREAD, blocks);
    let four = eight.low + eight.high;
    let scan = scanWorkgroup(at.thread, four.x + four.y + four.z + four.w);
    let low = sumsBefore(eight.low, before + scan.before);
    if (mine <= blocks) { counts[first + mine / 4u] = low; }
    if (mine + 4u <= blocks) { counts[first + mine / 4u + 1u] = sumsBefore(eight.high, low.w + eight.low.w); }
    before = min(before + scan.total, TOTAL_MAX);
  }
  if (at.thread == 0u && at.group.x == 0u) { writeHead(p.base + before); }
}

// The counts of eight blocks; 0 past the last.
fn eightFrom(first: u32, block: u32, blocks: u32) -> Eight {
  var eight = Eight(vec4u(0u), vec4u(0u));
  if (block >= blocks) { return eight; }
  let places = vec4u(block) + vec4u(0u, 1u, 2u, 3u);
  eight.low = select(vec4u(0u), counts[first + block / 4u], places < vec4u(blocks));
  if (block + 4u < blocks) { eight.high = select(vec4u(0u), counts[first + block / 4u + 1u], places + 4u < vec4u(blocks)); }
  return eight;
}

fn sumsBefore(four: vec4u, before: u32) -> vec4u {
  return before + vec4u(0u, four.x, four.x + four.y, four.x + four.y + four.z);
}

fn writeHead(total: u32) {
  let count = min(total, p.rowsMax);
  head[0] = count;
  head[1] = total;
  head[2] = select(0u, p.overflowBit, total > p.rowsMax) | head[3];
  writeDispatch(4u, divideUp(count, WORKGROUP), p.pieces);
  writeDispatch(8u, count, 1u);
}

fn writeDispatch(word: u32, groups: u32, pieces: u32) {
  head[word] = min(groups, GROUPS_MAX);
  head[word + 1u] = divideUp(groups, GROUPS_MAX);
  head[word + 2u] = pieces;
}
