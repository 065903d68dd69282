// Op cast, pass 2 of casting: every ray votes for the voxels it crosses in bricks with a slot; packages/kernels/src/ops/cast.ts.
//
// In: rays, views, and the slots of the last select. State: pool, 512 sums and 512 words of view bits per slot. One thread per piece
// of a ray; a layer of bricks without a slot is jumped over in one step. 20 bytes read per piece, 16 per layer, 16 moved per voxel crossed.

struct Params {
  rayCount: u32,
  nx: i32,
  ny: i32,
  nz: i32,
  // Layers of bricks that a thread walks.
  layers: u32,
}
var<immediate> p: Params;

@group(0) @binding(0) var<storage, read> slotHead: array<u32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> pool: array<atomic<u32>>;

@compute @workgroup_size(WALKERS)
fn castRays(at: Place) {
  let walker = walkerOf(at);
  let piece = pieceOf(walker, p.rayCount, p.layers);
  let ray = rayAt(walker % p.rayCount);
  let size = vec3i(p.nx, p.ny, p.nz);
  var walk = startWalk(originOf(ray.view), ray.direction, size);
  castLayers(&walk, piece, 0, ray.weight, 1u << ray.view);
}
