// Op select: the bricks that enough views have marked, in order, each with a slot; packages/kernels/src/ops/select.ts.
//
// In: marks, one word per brick. Out: rows, the brick of each slot; slots, the slot of each brick (NOTHING where it has none); and the
// sums and view bits of all slots set to zero.
//   count, offsets, place    one thread per `perThread` bricks; 8 + 4 bytes moved per brick, and 4,096 written per slot

struct Params {
  brickCount: u32,
  viewsMin: u32,
  bricksMax: u32,
  // Bricks that a thread looks at: a multiple of four, 32 at most.
  perThread: u32,
}
var<immediate> p: Params;

// Padded to whole vec4u.
@group(0) @binding(0) var<storage, read> marks: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@group(0) @binding(2) var<storage, read_write> slots: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> rows: array<u32>;
@group(0) @binding(4) var<storage, read_write> pool: array<vec4u>;

@compute @workgroup_size(WORKGROUP)
fn count(at: Place) {
  let first = p.perThread * indexOf(at);
  let mine = countOneBits(selectedFrom(first));
  let scan = scanWorkgroup(at.thread, mine);
  if (at.thread == 0u && first < p.brickCount) { counts[groupOf(at)] = scan.total; }
}

@compute @workgroup_size(WORKGROUP)
fn place(at: Place) {
  let first = p.perThread * indexOf(at);
  let selected = selectedFrom(first);
  let scan = scanWorkgroup(at.thread, countOneBits(selected));
  if (indexOf(at) - at.thread >= divideUp(p.brickCount, p.perThread)) { return; }
  let firstSlot = counts[groupOf(at)];
  empty(at.thread, min(firstSlot, p.bricksMax), min(firstSlot + scan.total, p.bricksMax));
  var slot = firstSlot + scan.before;
  for (var four = 0u; four < p.perThread / 4u; four++) {
    var word = vec4u(NOTHING);
    for (var i = 0u; i < 4u; i++) {
      if (((selected >> (4u * four + i)) & 1u) == 0u) { continue; }
      if (slot < p.bricksMax) {
        word[i] = slot;
        rows[slot] = first + 4u * four + i;
      }
      slot++;
    }
    if (first + 4u * four < p.brickCount) { slots[first / 4u + four] = word; }
  }
}

// A bit for each of the bricks from one on that enough views have marked.
fn selectedFrom(first: u32) -> u32 {
  var selected = 0u;
  for (var four = 0u; four < p.perThread / 4u; four++) {
    let brick = first + 4u * four;
    if (brick >= p.brickCount) { continue; }
    let isMarked = countOneBits(marks[brick / 4u]) >= vec4u(p.viewsMin);
    let isBrick = vec4u(brick) + vec4u(0u, 1u, 2u, 3u) < vec4u(p.brickCount);
    let bits = vec4u(isMarked & isBrick) << (vec4u(0u, 1u, 2u, 3u) + 4u * four);
    selected |= bits.x | bits.y | bits.z | bits.w;
  }
  return selected;
}

// Slots of a workgroup lie side by side, and all its threads set them to zero.
fn empty(thread: u32, firstSlot: u32, endSlot: u32) {
  for (var i = 256u * firstSlot + thread; i < 256u * endSlot; i += WORKGROUP) { pool[i] = vec4u(0u); }
}
