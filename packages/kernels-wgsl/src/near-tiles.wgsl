// The block of bricks around each slot of the tiles, for peaks and voxels; the layout of a row stands in evidence.wgsl.
//
// In: bricks and slots of the last castTiles, tiles of the last refine. Out: near, 32 words per slot, one thread each. A block reaches
// across a face of its tile where a tile of the same level stands there. Tiles are in order of brick of the grid, then of place in it:
// that is how one is found. About 12 bytes read per tile looked at, of which there are the logarithm of all.

struct Params {
  // Voxels of the grid.
  nx: u32,
  ny: u32,
  nz: u32,
  // Its bricks along y and z.
  nby: u32,
  nbz: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> tileHead: array<u32>;
@group(0) @binding(4) var<storage, read> tiles: array<u32>;
@group(0) @binding(5) var<storage, read_write> near: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn gather(at: Place) {
  let slot = groupOf(at);
  if (slot >= slotHead[0] || at.thread >= 32u) { return; }
  let brick = bricks[slot];
  let tile = tileOfBrick(brick);
  let level = levelOf(tile);
  let side = 16u >> level;
  let index = brick - firstBrickOf(tile);
  // In bricks of this level, from the corner of the grid.
  let corner = side * voxelOf(tile) + vec3u(index / (side * side), index / side % side, index % side);
  var word = tile;
  if (at.thread < 27u) {
    word = slotAt(corner + vec3u(at.thread / 9u, at.thread / 3u % 3u, at.thread % 3u) - 1u, tile, level);
  } else if (at.thread < 30u) {
    word = 8u * corner[at.thread - 27u];
  } else if (at.thread == 30u) {
    word = level;
  }
  near[32u * slot + at.thread] = word;
}

// The slot of a brick of some level in or next to a tile. A coordinate of -1 has wrapped: no tile stands there.
fn slotAt(brick: vec3u, tile: u32, level: u32) -> u32 {
  let shift = 4u - level;
  let voxel = brick >> vec3u(shift);
  var owner = tile;
  if (any(voxel != voxelOf(tile))) { owner = tileOfVoxel(voxel); }
  if (owner == NOTHING || levelOf(owner) != level) { return NOTHING; }
  let inTile = brick & vec3u((1u << shift) - 1u);
  let slot = slots[firstBrickOf(owner) + (((inTile.x << shift) + inTile.y) << shift) + inTile.z];
  return select(NOTHING, slot, slot < slotHead[0]);
}

// The last tile that begins at or before a brick.
fn tileOfBrick(brick: u32) -> u32 {
  var low = 0u;
  var high = tileHead[0];
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (firstBrickOf(middle) <= brick) { low = middle; } else { high = middle; }
  }
  return low;
}

// The tile in place of a voxel of the grid, or NOTHING.
fn tileOfVoxel(voxel: vec3u) -> u32 {
  if (any(voxel >= vec3u(p.nx, p.ny, p.nz))) { return NOTHING; }
  let address = addressOf(voxel);
  var low = 0u;
  var high = tileHead[0];
  while (low < high) {
    let middle = (low + high) / 2u;
    let other = addressOf(voxelOf(middle));
    if (all(other == address)) { return middle; }
    if (other.x < address.x || (other.x == address.x && other.y < address.y)) { low = middle + 1u; } else { high = middle; }
  }
  return NOTHING;
}

// Brick of the grid, and place in it.
fn addressOf(voxel: vec3u) -> vec2u {
  let brick = voxel >> vec3u(3u);
  let place = voxel & vec3u(7u);
  return vec2u((brick.x * p.nby + brick.y) * p.nbz + brick.z, (place.x << 6u) | (place.y << 3u) | place.z);
}

fn voxelOf(tile: u32) -> vec3u {
  let xy = tiles[3u * tile];
  return vec3u(xy & 0xffffu, xy >> 16u, tiles[3u * tile + 1u] & 0xffffu);
}

fn levelOf(tile: u32) -> u32 { return tiles[3u * tile + 1u] >> 16u; }

fn firstBrickOf(tile: u32) -> u32 { return tiles[3u * tile + 2u]; }
