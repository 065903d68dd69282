/**
 * Op `blobs`: connected motion, with the sums from which the host derives centre, size and brightness.
 *
 * Input: the stored rows of table "motion" (what passed `motionMax` is not seen), pixelsMin ≥ 1.
 * Table "blobs": rows of 16 words, ordered by each blob's first pixel in raster order:
 *   0 pixel count n          1 minX | minY << 16      2 maxX | maxY << 16      3 largest difference
 *   4, 5  Sx = Σ x           6, 7  Sy = Σ y           8, 9  Sw = Σ difference
 *   10, 11  Swx = Σ difference · x                    12, 13  Swy = Σ difference · y
 *   14 count of still pixels                          15 zero
 * A difference is the low 8 bits of its word, "still" is bit 8.
 * Two pixels are connected where |Δx| ≤ 1 and |Δy| ≤ 1. Sums are unsigned 64-bit, low word first; x and y count from the corner of
 * the picture. A picture of 8192 by 8192 moving pixels has Swx < 2^26 · 2^8 · 2^13 = 2^47, exact in float64 too.
 * Blobs of fewer than pixelsMin pixels give no row. The table keeps the first `blobsMax` rows; `total` counts all, and
 * `blobsOverflow` is set where they differ.
 */
import { STILL } from "./gaussian.ts";
import { high32, low32, Rows } from "./rows.ts";

/** Words in a row of table "blobs". */
export const BLOB_WORDS = 16;

/** Labels rows of table "motion". Returns all rows of table "blobs", past any limit too. */
export function labelBlobs(motion: Uint32Array, params: { readonly pixelsMin: number }): Uint32Array {
  const unvisited = new Map<number, number>();
  for (let i = 0; i < motion.length; i += 2) unvisited.set(motion[i]!, motion[i + 1]!);
  const rows = new Rows();
  // The list is in raster order, so the first pixel met of a blob is its first pixel.
  for (let i = 0; i < motion.length; i += 2) {
    if (!unvisited.has(motion[i]!)) continue;
    const row = sumBlob(floodFill(unvisited, motion[i]!));
    if (row[0]! >= params.pixelsMin) rows.push(...row);
  }
  return rows.toArray();
}

/** Takes the blob that holds `first` out of the map and returns its rows of table "motion". */
function floodFill(unvisited: Map<number, number>, first: number): [number, number][] {
  const blob: [number, number][] = [];
  const front: number[] = [first];
  for (let place = front.pop(); place !== undefined; place = front.pop()) {
    const word = unvisited.get(place);
    if (word === undefined) continue;
    unvisited.delete(place);
    blob.push([place, word]);
    const x = place & 0xffff;
    const y = place >>> 16;
    for (let nextY = Math.max(0, y - 1); nextY <= Math.min(0xffff, y + 1); nextY++) {
      for (let nextX = Math.max(0, x - 1); nextX <= Math.min(0xffff, x + 1); nextX++) {
        front.push((nextX | (nextY << 16)) >>> 0);
      }
    }
  }
  return blob;
}

function sumBlob(blob: readonly [number, number][]): number[] {
  let [minX, minY, maxX, maxY, differenceMax, stillCount] = [0xffff, 0xffff, 0, 0, 0, 0];
  let [sx, sy, sw, swx, swy] = [0, 0, 0, 0, 0];
  for (const [place, word] of blob) {
    const difference = word & 255;
    const x = place & 0xffff;
    const y = place >>> 16;
    minX = Math.min(minX, x);
    minY = Math.min(minY, y);
    maxX = Math.max(maxX, x);
    maxY = Math.max(maxY, y);
    differenceMax = Math.max(differenceMax, difference);
    if ((word & STILL) !== 0) stillCount += 1;
    sx += x;
    sy += y;
    sw += difference;
    swx += difference * x;
    swy += difference * y;
  }
  const sums = [sx, sy, sw, swx, swy].flatMap((sum) => [low32(sum), high32(sum)]);
  return [blob.length, minX | (minY << 16), maxX | (maxY << 16), differenceMax, ...sums, stillCount, 0];
}
