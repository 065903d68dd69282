// What every kernel shares: where a thread stands, and the head of a list.
//
// A list is a buffer of rows and a head of 12 words: [count, total, status, status that its op adds], then the workgroups of an
// indirect dispatch with one thread per row [x, y, z, 0], then with one workgroup per row [x, y, 1, 0]. Counts stay on the device:
// who works on a list is dispatched by its head. A dispatch of many workgroups is folded into two dimensions, and the last row of it
// may be unused; the third is 1 but for lists of which several threads share a row (`tiles.ts`).
//
// Threads of a workgroup, those of one whose threads each walk a ray, and the most workgroups along one dimension: from program.ts.
override WORKGROUP: u32;
override WALKERS: u32;
override GROUPS_MAX: u32;

const NOTHING = 0xffffffffu;

struct Place {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
}

fn groupOf(at: Place) -> u32 { return at.group.y * at.groups.x + at.group.x; }

fn indexOf(at: Place) -> u32 { return groupOf(at) * WORKGROUP + at.thread; }

fn divideUp(value: u32, by: u32) -> u32 { return value / by + u32(value % by != 0u); }
