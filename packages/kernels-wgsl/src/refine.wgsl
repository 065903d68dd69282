// Op refine, first half: the voxels of the grid that enough views have crossed become tiles; packages/kernels/src/ops/refine.ts.
//
// In: pool and bricks of the last select, and the level of every brick, a byte each. Out: tiles, rows of 3 words
// [x | y << 16, z | level << 16, firstBrick], in order of pool address; and tileBits for cut-rays.wgsl, 32 words per slot: a bit for
// each voxel that has become a tile, then the number of the first tile of each of these words.
//   count, offsets    one workgroup per slot, as in all steps: its tiles
//   rank, offsets     the number of its first tile; then the bricks of its tiles
//   place             makes rows of those that stay within the limits: the first, as one that does not leaves no room for a later one
// 2,048 bytes read per slot.

struct Params {
  viewsMin: u32,
  // Bricks of the grid along y and z.
  nby: u32,
  nbz: u32,
  tilesMax: u32,
  marksMax: u32,
  overflowBit: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> levels: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> tileBits: array<u32>;
@group(0) @binding(6) var<storage, read_write> tileHead: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> tiles: array<u32>;

const BIT_WORDS = 16u;

@compute @workgroup_size(WORKGROUP)
fn count(at: Place) {
  let slot = groupOf(at);
  let hasWord = at.thread < BIT_WORDS && slot < slotHead[0];
  var bits = 0u;
  if (hasWord) {
    for (var i = 0u; i < 32u; i++) {
      let viewBits = pool[1024u * slot + 512u + 32u * at.thread + i];
      bits |= u32(countOneBits(viewBits) >= p.viewsMin) << i;
    }
    tileBits[32u * slot + at.thread] = bits;
  }
  let scan = scanWorkgroup(at.thread, countOneBits(bits));
  if (hasWord && at.thread == 0u) { counts[slot] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn rank(at: Place) {
  let slot = groupOf(at);
  let hasWord = at.thread < BIT_WORDS && slot < slotHead[0];
  var bits = 0u;
  var first = 0u;
  if (hasWord) {
    bits = tileBits[32u * slot + at.thread];
    first = counts[slot];
  }
  let scan = scanWorkgroup(at.thread, countOneBits(bits));
  storageBarrier();
  if (!hasWord) { return; }
  tileBits[32u * slot + BIT_WORDS + at.thread] = first + scan.before;
  if (at.thread == 0u) { counts[slot] = scan.total * bricksOfTile(levelOf(slot)); }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let slot = groupOf(at);
  if (at.thread >= BIT_WORDS || slot >= slotHead[0]) { return; }
  let word = 32u * slot + at.thread;
  let level = levelOf(slot);
  let perTile = bricksOfTile(level);
  let bits = tileBits[word];
  var kept = 0u;
  var tile = tileBits[word + BIT_WORDS];
  var firstBrick = counts[slot] + (tile - tileBits[32u * slot + BIT_WORDS]) * perTile;
  for (var rest = bits; rest != 0u; rest &= rest - 1u) {
    let bit = countTrailingZeros(rest);
    if (firstBrick + perTile > p.marksMax) {
      // The list ends before the first that finds no room.
      atomicMin(&tileHead[0], tile);
      atomicOr(&tileHead[2], p.overflowBit);
    } else if (tile < p.tilesMax) {
      kept |= 1u << bit;
      writeTile(3u * tile, slot, 32u * at.thread + bit, level, firstBrick);
    }
    tile++;
    firstBrick += perTile;
  }
  tileBits[word] = kept;
}

fn writeTile(to: u32, slot: u32, voxel: u32, level: u32, firstBrick: u32) {
  let brick = bricks[slot];
  let corner = 8u * vec3u(brick / (p.nby * p.nbz), brick / p.nbz % p.nby, brick % p.nbz);
  let at = corner + vec3u(voxel >> 6u, (voxel >> 3u) & 7u, voxel & 7u);
  tiles[to] = at.x | (at.y << 16u);
  tiles[to + 1u] = at.z | (level << 16u);
  tiles[to + 2u] = firstBrick;
}

fn levelOf(slot: u32) -> u32 {
  let brick = bricks[slot];
  return (levels[brick >> 2u] >> (8u * (brick & 3u))) & 0xffu;
}

fn bricksOfTile(level: u32) -> u32 { return 4096u >> (3u * level); }
