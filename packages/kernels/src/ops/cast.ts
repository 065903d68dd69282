/**
 * Op `cast`, pass 2 of casting: every ray votes for the voxels it crosses.
 *
 * Where a target is, the rays of several cameras cross the same voxel, and its sum stands out. Most of the sky is crossed by one
 * ray at a time and is not worth memory. So casting takes two passes over the same rays: `mark` notes which views look at which brick
 * of 8 by 8 by 8 voxels, `select` gives a slot to the bricks that enough views share, and `cast` walks each ray again and adds its
 * weight where there is a slot. Memory follows what is seen, not the size of the grid.
 *
 * Input: the rays of the grid and the pool of the last `select` (`select.ts`).
 * Table "pool": rows of 1,024 words, one per slot: 512 sums, then 512 words of view bits. Voxel (x, y, z) stands at place
 * (x & 7) << 6 | (y & 7) << 3 | (z & 7) of both halves.
 *
 * Per voxel crossed (`walk.ts`) in a brick with a slot: sum += weight of the ray, modulo 2^32 (op `rays` bounds the weights, so one
 * cast never wraps); view bits |= 1 << view. Sums commute, so any order of rays and any number of threads give the same pool.
 *
 * Two passes are exact: inside its bricks, the pool equals what `castDense` adds for the same rays. A layer without a slot is
 * jumped over in one step, and the jump lands on the very bits that walking would have given.
 */
import type { RayModel } from "../ray-model.ts";
import { type Box, BRICK_VOXELS, brickIndex, type Size3, sizeInBricks, voxelInBrick } from "./brick.ts";
import { type Ray, type RayList, raysOf } from "./rays.ts";
import { type Pool, SLOT_WORDS } from "./select.ts";
import { advance, isUnderWay, layerBricks, slabsInLayer, slabVoxels, startWalk, type Walk } from "./walk.ts";

/** Adds every ray to the voxels it crosses in bricks of the pool. */
export function castRays(pool: Pool, rays: RayList, views: readonly (RayModel | null)[], sizeVoxels: Size3): void {
  for (const ray of raysOf(rays, views)) castRay(pool, ray, { sizeVoxels, firstBrick: 0 });
}

/** Adds one ray to the voxels of a box that it crosses in bricks of the pool. */
export function castRay(pool: Pool, ray: Ray, box: Box): void {
  const walk = startWalk(ray.originQ20, ray.direction, box.sizeVoxels);
  if (walk === null) return;
  while (isUnderWay(walk, box.sizeVoxels)) {
    const slabs = slabsInLayer(walk);
    if (meetsSlot(pool, walk, box)) castLayer(pool, ray, walk, slabs, box);
    else advance(walk, slabs);
  }
}

/** True where the ray may cross a brick with a slot in the rest of its layer. */
function meetsSlot(pool: Pool, walk: Walk, { sizeVoxels, firstBrick }: Box): boolean {
  const sizeBricks = sizeInBricks(sizeVoxels);
  const count = layerBricks(walk, sizeBricks, bricks);
  for (let b = 0; b < 3 * count; b += 3) {
    const brick = firstBrick + brickIndex(sizeBricks, bricks[b]!, bricks[b + 1]!, bricks[b + 2]!);
    if (pool.slotOfBrick.has(brick)) return true;
  }
  return false;
}

/** Walks the ray through the rest of its layer, slab by slab, and adds it to the voxels it crosses. */
function castLayer(pool: Pool, ray: Ray, walk: Walk, slabs: number, box: Box): void {
  for (let slab = 0; slab < slabs && isUnderWay(walk, box.sizeVoxels); slab++) {
    const count = slabVoxels(walk, box.sizeVoxels, voxels);
    for (let v = 0; v < 3 * count; v += 3) addVote(pool, ray, voxels[v]!, voxels[v + 1]!, voxels[v + 2]!, box);
    advance(walk, 1);
  }
}

function addVote(pool: Pool, ray: Ray, x: number, y: number, z: number, { sizeVoxels, firstBrick }: Box): void {
  const slot = pool.slotOfBrick.get(firstBrick + brickIndex(sizeInBricks(sizeVoxels), x >> 3, y >> 3, z >> 3));
  if (slot === undefined) return;
  const sum = slot * SLOT_WORDS + voxelInBrick(x, y, z);
  const bits = sum + BRICK_VOXELS;
  pool.words[sum] = pool.words[sum]! + ray.weight;
  pool.words[bits] = pool.words[bits]! | (1 << ray.view);
}

/** Triples `bx, by, bz` of the layer and `x, y, z` of the slab at hand. */
const bricks = new Int32Array(4 * 3);
const voxels = new Int32Array(3 * 3);
