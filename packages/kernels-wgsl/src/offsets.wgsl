// The middle step of every list: turns the counts of blocks into the rows at which they start, and writes the head of the list.
//
// In and out: counts, [blocks + 1] u32; afterwards counts[b] is the sum of the blocks before b, counts[blocks] that of all.
// One workgroup goes through them, each thread with BLOCKS_PER_THREAD side by side; 8 + 4 bytes moved per block.
//
// Where `perBlock` is not 0, the blocks are those of another list: count of `source` / perBlock, rounded up.

// Sums stop here: bricks of tiles that passed their limit long ago may be more than a word holds.
const TOTAL_MAX = 0x7fffffffu;

// Together with a workgroup of 128 threads 1,024 blocks: as many slots of level 0 have 2^31 bricks in their tiles.
const BLOCKS_PER_THREAD = 8u;

struct Params {
  blocks: u32,
  perBlock: u32,
  // Rows that are in the list already.
  base: u32,
  rowsMax: u32,
  overflowBit: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> head: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn offsets(at: Place) {
  var blocks = p.blocks;
  if (p.perBlock != 0u) { blocks = divideUp(source[0], p.perBlock); }
  var before = 0u;
  for (var start = 0u; start < blocks; start += WORKGROUP * BLOCKS_PER_THREAD) {
    let mine = start + at.thread * BLOCKS_PER_THREAD;
    let end = min(mine + BLOCKS_PER_THREAD, blocks);
    var sum = 0u;
    for (var block = mine; block < end; block++) { sum += counts[block]; }
    let scan = scanWorkgroup(at.thread, sum);
    var row = before + scan.before;
    for (var block = mine; block < end; block++) {
      let count = counts[block];
      counts[block] = row;
      row += count;
    }
    before = min(before + scan.total, TOTAL_MAX);
  }
  if (at.thread == 0u) {
    counts[blocks] = before;
    writeHead(p.base + before);
  }
}

fn writeHead(total: u32) {
  let count = min(total, p.rowsMax);
  head[0] = count;
  head[1] = total;
  head[2] = select(0u, p.overflowBit, total > p.rowsMax) | head[3];
  writeDispatch(4u, divideUp(count, WORKGROUP));
  writeDispatch(8u, count);
}

fn writeDispatch(word: u32, groups: u32) {
  head[word] = min(groups, GROUPS_MAX);
  head[word + 1u] = divideUp(groups, GROUPS_MAX);
  head[word + 2u] = 1u;
}
