// Op refine, first half: the voxels of the grid that enough views have crossed become tiles; packages/kernels/src/ops/refine.ts.
//
// In: pool and bricks of the last select, and the level of every brick, a byte each. Out: tiles, rows of 3 words
// [x | y << 16, z | level << 16, firstBrick], in order of pool address; and tileBits for cut-rays.wgsl, 32 words per slot: a bit for
// each voxel that has become a tile, then the number of the first tile of each of these words.
//   count, offsets    one workgroup per slot, as in all steps: its tiles, and the bricks of its tiles
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
  // First word in `counts` of the bricks of tiles of each slot; those before are the tiles.
  bricksAt: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read> pool: array<vec4u>;
@group(0) @binding(3) var<storage, read> levels: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;
@group(0) @binding(5) var<storage, read_write> tileBits: array<u32>;
@group(0) @binding(6) var<storage, read_write> tileHead: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> tiles: array<u32>;

const BIT_WORDS = 16u;
var<workgroup> slotBits: array<atomic<u32>, BIT_WORDS>;

@compute @workgroup_size(WORKGROUP)
fn count(at: Place) {
  let slot = groupOf(at);
  let hasSlot = slot < slotHead[0];
  if (hasSlot) {
    // Neighbouring threads read neighbouring voxels, four each.
    for (var four = at.thread; four < 128u; four += WORKGROUP) {
      let isTile = countOneBits(pool[256u * slot + 128u + four]) >= vec4u(p.viewsMin);
      let bits = vec4u(isTile) << vec4u(0u, 1u, 2u, 3u);
      atomicOr(&slotBits[four / 8u], (bits.x | bits.y | bits.z | bits.w) << (4u * (four % 8u)));
    }
  }
  workgroupBarrier();
  var mine = 0u;
  if (at.thread < BIT_WORDS) { mine = atomicLoad(&slotBits[at.thread]); }
  let scan = scanWorkgroup(at.thread, countOneBits(mine));
  if (!hasSlot || at.thread >= BIT_WORDS) { return; }
  tileBits[32u * slot + at.thread] = mine;
  // Until it is known how many there are before this slot.
  tileBits[32u * slot + BIT_WORDS + at.thread] = scan.before;
  if (at.thread > 0u) { return; }
  counts[slot] = scan.total;
  counts[p.bricksAt + slot] = scan.total * bricksOfTile(levelOf(slot));
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let slot = groupOf(at);
  if (at.thread >= BIT_WORDS || slot >= slotHead[0]) { return; }
  let word = 32u * slot + at.thread;
  let level = levelOf(slot);
  let perTile = bricksOfTile(level);
  let rank = tileBits[word + BIT_WORDS];
  var tile = counts[slot] + rank;
  tileBits[word + BIT_WORDS] = tile;
  var firstBrick = counts[p.bricksAt + slot] + rank * perTile;
  var kept = 0u;
  for (var rest = tileBits[word]; rest != 0u; rest &= rest - 1u) {
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
