import { expect, test } from "bun:test";
import { withSpots } from "./spot-points.ts";

/** A symmetric spot at a pixel: score and sums as a point centred there leaves them, 90 grey levels in all. */
const spot = (x: number, y: number): number[] => [x | (y << 16), 5000, 3000, 3000, 3000, 3000, 64, 900, 1440, 0, 0, 0];
const blobAt = (x: number, y: number): number[] => [
  1,
  x | (y << 16),
  x | (y << 16),
  80,
  ...[x, 0, y, 0, 80, 0, 80 * x, 0, 80 * y, 0],
  0,
  0,
];

test("A spot becomes a cell at its centre and a blob of nine pixels around it", () => {
  const { cells, blobs } = withSpots(new Uint32Array(0), new Uint32Array(0), Uint32Array.from(spot(30, 20)));
  expect([...cells]).toEqual([30 * 256, 20 * 256, 90, 0]);
  expect(blobs[0]).toBe(9);
  expect([blobs[1], blobs[2]]).toEqual([29 | (19 << 16), 31 | (21 << 16)]);
  // Plain and weighted mean: the pixel itself.
  expect([blobs[4]! / 9, blobs[6]! / 9]).toEqual([30, 20]);
  expect([blobs[10]! / blobs[8]!, blobs[12]! / blobs[8]!]).toEqual([30, 20]);
});

test("A spot within two pixels of a blob adds nothing, one three pixels off does", () => {
  const beside = (x: number) =>
    withSpots(Uint32Array.of(1, 2, 3, 4), Uint32Array.from(blobAt(30, 20)), Uint32Array.from(spot(x, 20)));
  expect([...beside(32).cells]).toEqual([1, 2, 3, 4]);
  expect(beside(33).cells).toHaveLength(8);
  expect(beside(33).blobs).toHaveLength(32);
});
