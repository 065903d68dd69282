// The block of bricks around each slot of the grid, for peaks and voxels; the layout of a row stands in evidence.wgsl.
//
// In: bricks and slots of the last select. Out: near, 32 words per slot, one thread each; 8 bytes moved per word.

struct Params { nbx: u32, nby: u32, nbz: u32 }
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> bricks: array<u32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read_write> near: array<u32>;

@compute @workgroup_size(WORKGROUP)
fn gather(at: Place) {
  let slot = groupOf(at);
  if (slot >= slotHead[0] || at.thread >= 32u) { return; }
  let index = bricks[slot];
  let brick = vec3u(index / (p.nby * p.nbz), index / p.nbz % p.nby, index % p.nbz);
  var word = 0u;
  if (at.thread < 27u) {
    word = slotAt(brick + vec3u(at.thread / 9u, at.thread / 3u % 3u, at.thread % 3u) - 1u);
  } else if (at.thread < 30u) {
    word = 8u * brick[at.thread - 27u];
  }
  near[32u * slot + at.thread] = word;
}

// A coordinate of -1 has wrapped and is as much outside as one past the end.
fn slotAt(brick: vec3u) -> u32 {
  if (any(brick >= vec3u(p.nbx, p.nby, p.nbz))) { return NOTHING; }
  let slot = slots[(brick.x * p.nby + brick.y) * p.nbz + brick.z];
  return select(NOTHING, slot, slot < slotHead[0]);
}
