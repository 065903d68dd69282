/**
 * Bricks: cubes of 8 by 8 by 8 voxels, the unit in which voxels are marked, selected and stored.
 *
 * Along an axis of n voxels stand ceil(n / 8) bricks; the last may reach past the grid, and voxels there stay empty.
 * Brick index: (bx · NBy + by) · NBz + bz.   Voxel in its brick: (x & 7) << 6 | (y & 7) << 3 | (z & 7).
 */

/** Voxels along the edge of a brick. */
export const BRICK_EDGE = 8;
/** Voxels in a brick. */
export const BRICK_VOXELS = 512;

/** Voxels or bricks along x, y and z. */
export type Size3 = readonly [number, number, number];

/** A box of voxels whose bricks are numbered on from `firstBrick`: a grid, or a tile of finer voxels. */
export interface Box {
  readonly sizeVoxels: Size3;
  readonly firstBrick: number;
}

/** Returns how many bricks stand along each axis of a grid. */
export function sizeInBricks(sizeVoxels: Size3): Size3 {
  return [
    Math.ceil(sizeVoxels[0] / BRICK_EDGE),
    Math.ceil(sizeVoxels[1] / BRICK_EDGE),
    Math.ceil(sizeVoxels[2] / BRICK_EDGE),
  ];
}

/** Returns the index of the brick at `(bx, by, bz)`. */
export function brickIndex(sizeBricks: Size3, bx: number, by: number, bz: number): number {
  return (bx * sizeBricks[1] + by) * sizeBricks[2] + bz;
}

/** Returns the brick coordinates `[bx, by, bz]` of an index. */
export function brickAt(sizeBricks: Size3, index: number): Size3 {
  const column = Math.floor(index / sizeBricks[2]);
  return [Math.floor(column / sizeBricks[1]), column % sizeBricks[1], index % sizeBricks[2]];
}

/** Returns the place 0 … 511 of voxel `(x, y, z)` within its brick. */
export function voxelInBrick(x: number, y: number, z: number): number {
  return ((x & 7) << 6) | ((y & 7) << 3) | (z & 7);
}

/** Returns the voxel at a place 0 … 511 of the brick at `(bx, by, bz)`. */
export function voxelAt([bx, by, bz]: Size3, place: number): Size3 {
  return [8 * bx + (place >> 6), 8 * by + ((place >> 3) & 7), 8 * bz + (place & 7)];
}

/** Returns how many of 32 view bits are set. */
export function viewCount(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
