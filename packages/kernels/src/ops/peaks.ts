/**
 * Op `peaks`: local maxima of evidence, with the sums from which the host takes a centre finer than a voxel.
 *
 * Input: the pool after `cast`, viewsMin 1 … 32, sumMin 1 … 2^32 - 1; eligible voxels as in `voxels.ts`.
 * Table "peaks": rows of 16 words, in order of pool address:
 *   0 … 2  x, y, z       3 sum       4 view bits      5 eligible voxels of the block, the peak included
 *   6, 7  Sw = Σ sum     8, 9  Swx = Σ sum · (x_n - x)     10, 11  Swy     12, 13  Swz     14, 15  zero
 * The block is the peak and its 26 neighbours; the sums run over its eligible voxels. Sw is unsigned 64-bit, Swx, Swy and Swz are
 * signed 64-bit in two's complement, low word first. |Swx| < 18 · 2^32.
 *
 * The value of a voxel is its sum where it is eligible and 0 elsewhere, outside the grid or without a slot included. A voxel is a
 * peak where it is eligible and each neighbour has a smaller value, or the same value and a higher pool address: of a plateau's
 * neighbours one wins. The table keeps the first `peaksMax` rows; `total` counts all, `peaksOverflow` is set where they differ.
 */
import type { Size3 } from "./brick.ts";
import { high32, low32, Rows } from "./rows.ts";
import type { Pool } from "./select.ts";
import { type Evidence, eligibleVoxels, type PoolVoxel } from "./voxels.ts";

/** Words in a row of table "peaks". */
export const PEAK_WORDS = 16;

/** Finds all peaks. Returns all rows of table "peaks", past any limit too. */
export function findPeaks(pool: Pool, evidence: Evidence, sizeVoxels: Size3): Uint32Array {
  const eligible = new Map<number, PoolVoxel>();
  for (const voxel of eligibleVoxels(pool, evidence, sizeVoxels)) {
    eligible.set(placeKey(voxel.x, voxel.y, voxel.z), voxel);
  }
  const rows = new Rows();
  for (const voxel of eligible.values()) {
    const block = blockAround(eligible, voxel);
    if (!block.some((neighbour) => beats(neighbour, voxel))) rows.push(...peakRow(voxel, block));
  }
  return rows.toArray();
}

/** Names a place in the grid; places one step outside have a key too, and it is nobody else's. */
function placeKey(x: number, y: number, z: number): number {
  return ((x + 1) * 4096 + (y + 1)) * 4096 + (z + 1);
}

/** The eligible voxels among a voxel and its 26 neighbours. */
function blockAround(eligible: ReadonlyMap<number, PoolVoxel>, { x, y, z }: PoolVoxel): PoolVoxel[] {
  const block: PoolVoxel[] = [];
  for (let dx = -1; dx <= 1; dx++) {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dz = -1; dz <= 1; dz++) {
        const voxel = eligible.get(placeKey(x + dx, y + dy, z + dz));
        if (voxel !== undefined) block.push(voxel);
      }
    }
  }
  return block;
}

function beats(neighbour: PoolVoxel, voxel: PoolVoxel): boolean {
  return neighbour.sum > voxel.sum || (neighbour.sum === voxel.sum && neighbour.address < voxel.address);
}

function peakRow(peak: PoolVoxel, block: readonly PoolVoxel[]): number[] {
  let [sw, swx, swy, swz] = [0, 0, 0, 0];
  for (const voxel of block) {
    sw += voxel.sum;
    swx += voxel.sum * (voxel.x - peak.x);
    swy += voxel.sum * (voxel.y - peak.y);
    swz += voxel.sum * (voxel.z - peak.z);
  }
  const sums = [sw, swx, swy, swz].flatMap((sum) => [low32(sum), high32(sum)]);
  return [peak.x, peak.y, peak.z, peak.sum, peak.viewBits, block.length, ...sums, 0, 0];
}
