/**
 * Spots as cells and blobs: points too faint for the threshold cast rays and give bearings like any motion.
 *
 * A spot on or beside a blob is the blob's own light and adds nothing. Of the others each becomes a cell at its sub-pixel centre, which
 * holds no moving pixel of its own, and a blob of the nine pixels it was filtered from.
 */
import { spotCentre } from "@skyvox/kernels";

const SPOT_WORDS = 12;
const BLOB_WORDS = 16;
/** Pixels between a spot and a blob that are one thing. */
const BESIDE_PX = 2;

/** Adds the spots of a frame to its cells and blobs (tables `cells`, `blobs` and `spots` of `@skyvox/kernels`). */
export function withSpots(
  cells: Uint32Array,
  blobs: Uint32Array,
  spots: Uint32Array,
): { readonly cells: Uint32Array; readonly blobs: Uint32Array } {
  const addedCells: number[] = [];
  const addedBlobs: number[] = [];
  for (let row = 0; row < spots.length; row += SPOT_WORDS) {
    const x = spots[row]! & 0xffff;
    const y = spots[row]! >>> 16;
    if (isBesideBlob(x, y, blobs)) continue;
    const centre = spotCentre(spots.subarray(row, row + SPOT_WORDS));
    const [u, v] = [Math.round(centre.u * 256), Math.round(centre.v * 256)];
    // Sw is in 1/16 grey level.
    const weight = Math.max(1, spots[row + 8]! >>> 4);
    addedCells.push(u, v, weight, 0);
    addedBlobs.push(...spotBlob(x, y, u, v, weight));
  }
  return { cells: joined(cells, addedCells), blobs: joined(blobs, addedBlobs) };
}

function isBesideBlob(x: number, y: number, blobs: Uint32Array): boolean {
  for (let row = 0; row < blobs.length; row += BLOB_WORDS) {
    const low = blobs[row + 1]!;
    const high = blobs[row + 2]!;
    const isInX = x + BESIDE_PX >= (low & 0xffff) && x - BESIDE_PX <= (high & 0xffff);
    if (isInX && y + BESIDE_PX >= low >>> 16 && y - BESIDE_PX <= high >>> 16) return true;
  }
  return false;
}

/** A row of table `blobs`. Its weight counts in 1/256, so that the weighted sums hold a centre in 1/256 pixel. */
function spotBlob(x: number, y: number, u: number, v: number, weight: number): number[] {
  const [sx, sy] = [9 * x, 9 * y];
  const sums = [sx, sy, 256 * weight, u * weight, v * weight].flatMap((sum) => [sum >>> 0, Math.floor(sum / 2 ** 32)]);
  return [9, (x - 1) | ((y - 1) << 16), (x + 1) | ((y + 1) << 16), Math.min(255, weight), ...sums, 0, 0];
}

function joined(rows: Uint32Array, added: readonly number[]): Uint32Array {
  const all = new Uint32Array(rows.length + added.length);
  all.set(rows);
  all.set(added, rows.length);
  return all;
}
