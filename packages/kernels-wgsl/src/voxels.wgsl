// Op voxels: the voxels with enough evidence; packages/kernels/src/ops/voxels.ts.
//
// In: pool and neighbours (near.wgsl). Out: rows [x | y << 16, z, sum, viewBits] in order of pool address; where the grid has finer
// voxels [tile, x << 14 | y << 7 | z within it, sum, viewBits]. One workgroup per slot; 4,096 bytes read twice per slot.

@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> rows: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn count(at: Place) {
  let slot = groupOf(at);
  let scan = scanWorkgroup(at.thread, countMine(slot, at.thread));
  if (at.thread == 0u && slot < slotHead[0]) { counts[slot] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let slot = groupOf(at);
  let scan = scanWorkgroup(at.thread, countMine(slot, at.thread));
  if (slot >= slotHead[0]) { return; }
  var to = counts[slot] + scan.before;
  for (var i = 0u; i < voxelsPerThread() && to < p.rowsMax; i++) {
    let voxel = at.thread * voxelsPerThread() + i;
    let sum = valueOf(slot, voxel);
    if (sum == 0u) { continue; }
    rows[to] = vec4u(nameOf(slot, voxel), sum, bitsOf(slot, voxel));
    to++;
  }
}

fn countMine(slot: u32, thread: u32) -> u32 {
  var found = 0u;
  if (slot >= slotHead[0]) { return found; }
  for (var i = 0u; i < voxelsPerThread(); i++) {
    found += u32(valueOf(slot, thread * voxelsPerThread() + i) > 0u);
  }
  return found;
}

// The first two words of a row.
fn nameOf(slot: u32, voxel: u32) -> vec2u {
  let at = cornerOf(slot) + inBrick(voxel);
  if (p.isFine == 0u) { return vec2u(at.x | (at.y << 16u), at.z); }
  let inTile = at & vec3u((128u >> levelOf(slot)) - 1u);
  return vec2u(tileOf(slot), (inTile.x << 14u) | (inTile.y << 7u) | inTile.z);
}
