/**
 * The walk: which voxels a ray crosses, in integers. Shared by all casting ops and `refine`.
 *
 * It is the digital differential analyser of Amanatides & Woo 1987, turned to advance one axis only. The dominant axis k is the one
 * of the largest |d|; j < l are the other two. A slab is one layer of voxels on k. Because both slopes are at most 1, a ray crosses
 * one to three voxels of a slab. Positions on j and l are Q11.20 voxels in int32: 20 bits of fraction.
 *
 *   axis      largest |d|, ties to the lowest axis; a ray with d = 0 is void and adds nothing
 *   slope     floor(2^20 |d_j| / |d_k|), on the magnitude, so that mirrored rays are mirror images; l likewise
 *   entering  in the first slab n = o_k >> 20 the origin itself; later the leaving position of the slab before
 *   leaving   in the first slab o_j ± floor(dist · slope / 2^20), dist being the way to the face of the slab ahead; later one step on
 *
 * A camera outside the grid starts at the first slab inside: positions are linear sums, so skipping slabs lands on the very bits that
 * walking them would give. Nothing is clipped on j and l; voxels outside the grid are simply not visited. That is why a ray enters
 * through any face, the faces at the upper end of an axis included. Sums wrap in int32; the host has checked that they do not
 * (`grid-range.ts`). Cutting the slope costs less than 2^-20 voxel per slab: under 0.002 voxel over 2,047 slabs.
 */
import type { Vec3 } from "@skyvox/core";
import { BRICK_EDGE, type Size3 } from "./brick.ts";

/** 1 in Q11.20. */
const ONE = 1 << 20;

/** A ray under way: at slab `n`, entering at `(jIn, lIn)` and leaving at `(jOut, lOut)`, Q11.20 voxels. */
export interface Walk {
  readonly k: 0 | 1 | 2;
  readonly j: 0 | 1 | 2;
  readonly l: 0 | 1 | 2;
  /** Slabs (+1 or -1) and Q20 voxels per step. */
  readonly kStep: 1 | -1;
  readonly jStep: number;
  readonly lStep: number;
  n: number;
  jIn: number;
  lIn: number;
  jOut: number;
  lOut: number;
}

/** Sets a ray up at its first slab inside the grid, or past the grid where it has none; null for a void ray. */
export function startWalk(originQ20: Vec3, direction: Vec3, sizeVoxels: Size3): Walk | null {
  const size = direction.map(Math.abs) as [number, number, number];
  const k = size[0] >= size[1] && size[0] >= size[2] ? 0 : size[1] >= size[2] ? 1 : 2;
  if (size[k] === 0) return null;
  const j = k === 0 ? 1 : 0;
  const l = k === 2 ? 1 : 2;
  const kStep = direction[k] < 0 ? -1 : 1;
  const jSlope = slope(size[j], size[k]);
  const lSlope = slope(size[l], size[k]);
  const fraction = originQ20[k] & (ONE - 1);
  const dist = kStep > 0 ? ONE - fraction : fraction;
  const walk: Walk = {
    k,
    j,
    l,
    kStep,
    jStep: withSign(direction[j], jSlope),
    lStep: withSign(direction[l], lSlope),
    n: originQ20[k] >> 20,
    jIn: originQ20[j],
    lIn: originQ20[l],
    jOut: (originQ20[j] + withSign(direction[j], Math.floor((dist * jSlope) / ONE))) | 0,
    lOut: (originQ20[l] + withSign(direction[l], Math.floor((dist * lSlope) / ONE))) | 0,
  };
  const slabsAhead = kStep > 0 ? -walk.n : walk.n - (sizeVoxels[k] - 1);
  if (slabsAhead > 0) advance(walk, slabsAhead);
  return walk;
}

/**
 * True while the ray is in a slab of the grid and may still meet it on j and l: not past a face by more than the margin, in Q20, and
 * moving away.
 */
export function isUnderWay(walk: Walk, sizeVoxels: Size3, marginQ20 = 0): boolean {
  if (walk.n < 0 || walk.n >= sizeVoxels[walk.k]) return false;
  if (isGone(walk.jIn, walk.jStep, sizeVoxels[walk.j], marginQ20)) return false;
  return !isGone(walk.lIn, walk.lStep, sizeVoxels[walk.l], marginQ20);
}

/** Moves the ray on by `slabs` ≥ 1 slabs. */
export function advance(walk: Walk, slabs: number): void {
  // At most 2,047 steps of at most 2^20 each: the product fits int32.
  walk.jIn = (walk.jOut + walk.jStep * (slabs - 1)) | 0;
  walk.lIn = (walk.lOut + walk.lStep * (slabs - 1)) | 0;
  walk.jOut = (walk.jIn + walk.jStep) | 0;
  walk.lOut = (walk.lIn + walk.lStep) | 0;
  walk.n += walk.kStep * slabs;
}

/**
 * Writes the voxels of this slab that lie inside the grid to `out` as `x, y, z` triples, in the order the ray meets them.
 *
 * Returns how many: 0 … 3, none twice.
 */
export function slabVoxels(walk: Walk, sizeVoxels: Size3, out: Int32Array): number {
  const [j0, j1] = [walk.jIn >> 20, walk.jOut >> 20];
  const [l0, l1] = [walk.lIn >> 20, walk.lOut >> 20];
  let count = putInside(walk, j0, l0, sizeVoxels, out, 0);
  if (j0 !== j1 && l0 !== l1) {
    // Both change: the ray passes through one voxel between the two, on the side of the boundary it meets first.
    count = isJFirst(walk)
      ? putInside(walk, j1, l0, sizeVoxels, out, count)
      : putInside(walk, j0, l1, sizeVoxels, out, count);
  }
  if (j0 !== j1 || l0 !== l1) count = putInside(walk, j1, l1, sizeVoxels, out, count);
  return count;
}

/** Slabs from this one to the end of its layer of bricks, this one included: 1 … 8. The grid may end before. */
export function slabsInLayer(walk: Walk): number {
  return walk.kStep > 0 ? BRICK_EDGE - (walk.n & 7) : (walk.n & 7) + 1;
}

/**
 * Writes the bricks this ray may cross in the rest of its layer to `out` as `bx, by, bz` triples: those inside the grid among the
 * corners made of where it is now and where it leaves the layer.
 *
 * Returns how many: 0 … 4, none twice. With slopes of at most 1, eight slabs cross at most one brick boundary on j and one on l, so
 * the corners hold every brick crossed, and perhaps one that is not.
 */
export function layerBricks(walk: Walk, sizeBricks: Size3, out: Int32Array): number {
  const slabs = slabsInLayer(walk);
  const j0 = walk.jIn >> 23;
  const l0 = walk.lIn >> 23;
  const j1 = ((walk.jOut + walk.jStep * (slabs - 1)) | 0) >> 23;
  const l1 = ((walk.lOut + walk.lStep * (slabs - 1)) | 0) >> 23;
  const layer = { ...walk, n: walk.n >> 3 };
  let count = putInside(layer, j0, l0, sizeBricks, out, 0);
  if (j0 !== j1) count = putInside(layer, j1, l0, sizeBricks, out, count);
  if (l0 !== l1) count = putInside(layer, j0, l1, sizeBricks, out, count);
  if (j0 !== j1 && l0 !== l1) count = putInside(layer, j1, l1, sizeBricks, out, count);
  return count;
}

/** floor(2^20 numerator / denominator), at most 2^20: what 20 steps of restoring division give where there is no wide division. */
function slope(numerator: number, denominator: number): number {
  // Exact: the quotient is 2^-30 or more away from the next integer, and a float of this size resolves 2^-33.
  return numerator >= denominator ? ONE : Math.floor((numerator * ONE) / denominator);
}

function withSign(sign: number, magnitude: number): number {
  return sign < 0 ? -magnitude : magnitude;
}

/** True where no later slab can be inside: past a face of the outermost bricks and not coming back. */
function isGone(position: number, step: number, voxels: number, marginQ20: number): boolean {
  if (position + marginQ20 < 0) return step <= 0;
  return (position - marginQ20) >> 23 >= Math.ceil(voxels / BRICK_EDGE) && step >= 0;
}

/**
 * True where the ray crosses the next boundary on j before that on l; a tie counts as j.
 *
 * Compares way / slope of both axes crosswise. Dropping 5 bits keeps the products within 32 bits, and decides near-ties the same
 * way on every backend.
 */
function isJFirst(walk: Walk): boolean {
  const jWay = wayToBoundary(walk.jIn, walk.jStep);
  const lWay = wayToBoundary(walk.lIn, walk.lStep);
  return (jWay >> 5) * (Math.abs(walk.lStep) >> 5) <= (lWay >> 5) * (Math.abs(walk.jStep) >> 5);
}

function wayToBoundary(position: number, step: number): number {
  const fraction = position & (ONE - 1);
  return step > 0 ? ONE - fraction : fraction;
}

/** Writes `(n, atJ, atL)` as the next triple in x, y, z order if it lies inside; returns how many triples there are then. */
function putInside(walk: Walk, atJ: number, atL: number, size: Size3, out: Int32Array, count: number): number {
  if (atJ < 0 || atJ >= size[walk.j] || atL < 0 || atL >= size[walk.l]) return count;
  out[3 * count + walk.k] = walk.n;
  out[3 * count + walk.j] = atJ;
  out[3 * count + walk.l] = atL;
  return count + 1;
}
