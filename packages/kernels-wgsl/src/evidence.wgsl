// Voxels with enough evidence, for the ops peaks and voxels: their values, places and neighbours.
//
// In: pool, 512 sums and 512 words of view bits per slot; near, 32 words per slot: the slots of the 27 bricks of its block in order
// of x, y, z (NOTHING where there is none), x, y, z of its first voxel, its level, its tile.

struct Params {
  viewsMin: u32,
  sumMin: u32,
  rowsMax: u32,
  // 1: slots are those of tiles.
  isFine: u32,
}
var<immediate> p: Params;

@group(0) @binding(16) var<storage, read> slotHead: array<u32>;
@group(0) @binding(17) var<storage, read> near: array<u32>;
@group(0) @binding(18) var<storage, read> pool: array<u32>;

fn voxelsPerThread() -> u32 { return 512u / WORKGROUP; }

// The sum of a voxel where it is eligible and 0 elsewhere; an eligible sum is at least 1.
fn valueOf(slot: u32, voxel: u32) -> u32 {
  let sum = pool[1024u * slot + voxel];
  if (sum < p.sumMin || countOneBits(bitsOf(slot, voxel)) < p.viewsMin) { return 0u; }
  return sum;
}

fn bitsOf(slot: u32, voxel: u32) -> u32 { return pool[1024u * slot + 512u + voxel]; }

fn inBrick(voxel: u32) -> vec3u { return vec3u(voxel >> 6u, (voxel >> 3u) & 7u, voxel & 7u); }

// Place of a voxel that may lie one step outside the brick, in the brick it lies in.
fn placeOf(at: vec3i) -> u32 { return u32(((at.x & 7) << 6u) | ((at.y & 7) << 3u) | (at.z & 7)); }

// The slot of the brick that such a voxel lies in.
fn slotOf(slot: u32, at: vec3i) -> u32 {
  let block = vec3u((at >> vec3u(3u)) + 1);
  return near[32u * slot + 9u * block.x + 3u * block.y + block.z];
}

fn cornerOf(slot: u32) -> vec3u { return vec3u(near[32u * slot + 27u], near[32u * slot + 28u], near[32u * slot + 29u]); }
fn levelOf(slot: u32) -> u32 { return near[32u * slot + 30u]; }
fn tileOf(slot: u32) -> u32 { return near[32u * slot + 31u]; }
