// Op mark, pass 1 of casting: which views have a ray that may cross which brick; packages/kernels/src/ops/mark.ts.
//
// In: rays and views. State: marks, one word of view bits per brick. One thread per piece of a ray goes from layer to layer of
// bricks; a bit that is set already costs a read and no atomic. 20 bytes read per piece, about 16 per layer.

struct Params {
  rayCount: u32,
  nx: i32,
  ny: i32,
  nz: i32,
  // Layers of bricks that a thread walks.
  layers: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read_write> marks: array<atomic<u32>>;

@compute @workgroup_size(WALKERS)
fn mark(at: Place) {
  let walker = walkerOf(at);
  let piece = pieceOf(walker, p.rayCount, p.layers);
  let ray = rayAt(walker % p.rayCount);
  let size = vec3i(p.nx, p.ny, p.nz);
  var walk = startWalk(originOf(ray.view), ray.direction, size);
  markLayers(&walk, piece, 0, 1u << ray.view);
}
