// Op castDense: every ray votes for every voxel it crosses; packages/kernels/src/ops/cast-dense.ts.
//
// In: rays and views. State: sums, [nx, ny, nz]. One thread per piece of a ray; 20 bytes read per piece, 8 moved per voxel
// crossed.

struct Params {
  rayCount: u32,
  nx: i32,
  ny: i32,
  nz: i32,
  // Layers of bricks that a thread walks.
  layers: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> sums: array<atomic<u32>>;

@compute @workgroup_size(WALKERS)
fn castDense(at: Place) {
  let walker = walkerOf(at);
  let piece = pieceOf(walker, p.rayCount, p.layers);
  let ray = rayAt(walker % p.rayCount);
  let size = vec3i(p.nx, p.ny, p.nz);
  var walk = startWalk(originOf(ray.view), ray.direction, size);
  let steps = strides(&walk, size);
  moveTo(&walk, piece, 0);
  let slabs = slabsInLayers(&walk, piece.layers);
  for (var slab = 0; slab < slabs && isUnderWay(&walk); slab++) {
    let enter = walk.enter >> vec2u(20u);
    let leave = walk.leave >> vec2u(20u);
    vote(&walk, enter, steps, ray.weight);
    if (all(enter != leave)) {
      vote(&walk, select(vec2i(enter.x, leave.y), vec2i(leave.x, enter.y), isJFirst(&walk)), steps, ray.weight);
    }
    if (any(enter != leave)) { vote(&walk, leave, steps, ray.weight); }
    advance(&walk, 1);
  }
}

fn vote(walk: ptr<function, Walk>, at: vec2i, steps: vec3i, weight: u32) {
  if (!isInside(walk, at)) { return; }
  atomicAdd(&sums[(*walk).n * steps.x + at.x * steps.y + at.y * steps.z], weight);
}
