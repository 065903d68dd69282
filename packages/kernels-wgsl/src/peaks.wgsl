// Op peaks: local maxima of evidence, with the sums of their 3 x 3 x 3 block; packages/kernels/src/ops/peaks.ts.
//
// In: pool and neighbours (near.wgsl). Out: rows of 16 words in order of pool address. One workgroup per slot: `find` stages the peaks
// of each brick in order, of which there are at most 64, as two are never neighbours; `place` makes their rows.
// 4,096 bytes read per slot, and 27 * 8 per eligible voxel.

@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> staged: array<u32>;
@group(0) @binding(2) var<storage, read_write> rows: array<u32>;

const STAGED_MAX = 64u;

@compute @workgroup_size(WORKGROUP)
fn find(at: Place) {
  let slot = groupOf(at);
  var mine = 0u;
  if (slot < slotHead[0]) {
    for (var i = 0u; i < voxelsPerThread(); i++) {
      mine |= u32(isPeak(slot, at.thread * voxelsPerThread() + i)) << i;
    }
  }
  let scan = scanWorkgroup(at.thread, countOneBits(mine));
  var to = STAGED_MAX * slot + scan.before;
  for (var rest = mine; rest != 0u; rest &= rest - 1u) {
    staged[to] = at.thread * voxelsPerThread() + countTrailingZeros(rest);
    to++;
  }
  if (at.thread == 0u && slot < slotHead[0]) { counts[slot] = scan.total; }
}

// Whether no neighbour has a larger value, or the same and a lower pool address.
fn isPeak(slot: u32, voxel: u32) -> bool {
  let value = valueOf(slot, voxel);
  if (value == 0u) { return false; }
  let centre = vec3i(inBrick(voxel));
  for (var i = 0u; i < 27u; i++) {
    let at = centre + stepOf(i);
    let other = slotOf(slot, at);
    if (i == 13u || other == NOTHING) { continue; }
    let otherValue = valueOf(other, placeOf(at));
    let isBefore = other < slot || (other == slot && placeOf(at) < voxel);
    if (otherValue > value || (otherValue == value && isBefore)) { return false; }
  }
  return true;
}

// Step -1, 0 or 1 along x, y, z, in order of x, y, z.
fn stepOf(i: u32) -> vec3i { return vec3i(i32(i / 9u), i32(i / 3u % 3u), i32(i % 3u)) - 1; }

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let slot = groupOf(at);
  if (slot >= slotHead[0]) { return; }
  let count = counts[slot + 1u] - counts[slot];
  for (var i = at.thread; i < count; i += WORKGROUP) {
    let row = counts[slot] + i;
    if (row < p.rowsMax) { writeRow(16u * row, slot, staged[STAGED_MAX * slot + i]); }
  }
}

fn writeRow(to: u32, slot: u32, voxel: u32) {
  let centre = vec3i(inBrick(voxel));
  var eligible = 0u;
  var sw = vec2u(0u);
  var swx = vec2u(0u);
  var swy = vec2u(0u);
  var swz = vec2u(0u);
  for (var i = 0u; i < 27u; i++) {
    let step = stepOf(i);
    let other = slotOf(slot, centre + step);
    if (other == NOTHING) { continue; }
    let value = valueOf(other, placeOf(centre + step));
    eligible += u32(value > 0u);
    sw = addWide(sw, vec2u(value, 0u));
    swx = addTimes(swx, value, step.x);
    swy = addTimes(swy, value, step.y);
    swz = addTimes(swz, value, step.z);
  }
  let at = cornerOf(slot) + inBrick(voxel);
  let words = array(
    at.x, at.y, at.z, valueOf(slot, voxel), bitsOf(slot, voxel), eligible,
    sw.x, sw.y, swx.x, swx.y, swy.x, swy.y, swz.x, swz.y, levelOf(slot), 0u,
  );
  for (var word = 0u; word < 16u; word++) { rows[to + word] = words[word]; }
}

fn addTimes(sum: vec2u, value: u32, step: i32) -> vec2u {
  if (step == 0) { return sum; }
  let one = vec2u(value, 0u);
  return addWide(sum, select(one, negateWide(one), step < 0));
}
