// Empties bricks and lists in one dispatch: those of a grid, or those of its tiles, for op clear.
//
// State: marks, one word of view bits per brick, and the heads of three lists (`lists.wgsl`). Each thread takes every so many-th four marks;
// 4 bytes written per brick.

struct Params { markFours: u32 }
var<immediate> p: Params;

// Padded to whole vec4u.
@group(0) @binding(0) var<storage, read_write> marks: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> headA: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> headB: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> headC: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn clear(at: Place) {
  let index = indexOf(at);
  let threads = at.groups.x * WORKGROUP;
  for (var four = index; four < p.markFours; four += threads) { marks[four] = vec4u(0u); }
  if (index >= 3u) { return; }
  headA[index] = vec4u(0u);
  headB[index] = vec4u(0u);
  headC[index] = vec4u(0u);
}
