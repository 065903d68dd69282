/**
 * Op `mark`, pass 1 of casting: which views have a ray that may cross which brick.
 *
 * Input: the rays of the grid, all that are there. State: one word of view bits per brick, or-ed into, zeroed by `clear`.
 * Table "marks": rows of 1 word, one per brick in order of brick index (`brick.ts`): bit v is set by view v.
 *
 * A ray goes from layer to layer, a layer being the slabs of one layer of bricks on its dominant axis (`walk.ts`), and marks the one
 * to four bricks that `layerBricks` names. That is a superset of the bricks it crosses: a corner brick may be marked and not crossed,
 * and the last layer is taken whole even where the grid ends within it.
 */
import type { RayModel } from "../ray-model.ts";
import { type Box, brickIndex, type Size3, sizeInBricks } from "./brick.ts";
import { type Ray, type RayList, raysOf } from "./rays.ts";
import { advance, isUnderWay, layerBricks, slabsInLayer, startWalk } from "./walk.ts";

/** Sets the bit of each ray's view in `marks`, `[bricks]` uint32, for every brick the ray may cross. */
export function markBricks(
  marks: Uint32Array,
  rays: RayList,
  views: readonly (RayModel | null)[],
  sizeVoxels: Size3,
): void {
  for (const ray of raysOf(rays, views)) markRay(marks, ray, { sizeVoxels, firstBrick: 0 });
}

/** Sets the bit of one ray's view for every brick of a box that it may cross. */
export function markRay(marks: Uint32Array, ray: Ray, { sizeVoxels, firstBrick }: Box): void {
  const sizeBricks = sizeInBricks(sizeVoxels);
  const walk = startWalk(ray.originQ20, ray.direction, sizeVoxels);
  if (walk === null) return;
  while (isUnderWay(walk, sizeVoxels)) {
    const count = layerBricks(walk, sizeBricks, bricks);
    for (let b = 0; b < 3 * count; b += 3) {
      const brick = firstBrick + brickIndex(sizeBricks, bricks[b]!, bricks[b + 1]!, bricks[b + 2]!);
      marks[brick] = marks[brick]! | (1 << ray.view);
    }
    advance(walk, slabsInLayer(walk));
  }
}

/** Triples `bx, by, bz` of the layer at hand. */
const bricks = new Int32Array(4 * 3);
