import { expect, test } from "bun:test";
import fc from "fast-check";
import { binCells } from "./cells.ts";
import { STILL } from "./gaussian.ts";

/** Rows of table "motion" from `[x, y, difference]`. */
function motion(...pixels: [number, number, number][]): Uint32Array {
  return Uint32Array.from(pixels.flatMap(([x, y, difference]) => [x | (y << 16), difference]));
}

test("Cells of one pixel give the pixel itself", () => {
  const rows = binCells(motion([3, 0, 20], [700, 5, 9]), { shift: 0, pixelsMin: 1 });
  expect([...rows]).toEqual([3 << 8, 0, 20, 1, 700 << 8, 5 << 8, 9, 1]);
});

test("Cells weigh their pixels by difference", () => {
  // Cell (1, 0) of 4 pixels: x = 4, 6 and 7 with weights 10, 20, 30; offsets 0, 2, 3: 130 / 60 = 2.1667, ·256 = 554.67 → 555.
  const rows = binCells(motion([4, 1, 10], [6, 1, 20], [7, 3, 30]), { shift: 2, pixelsMin: 1 });
  // y offsets 1, 1, 3: 120 / 60 = 2, ·256 = 512.
  expect([...rows]).toEqual([4 * 256 + 555, 512, 60, 3]);
});

test("Cells weigh what stands still like anything else", () => {
  const still = motion([4, 1, 10], [6, 1, 20 | STILL], [7, 3, 30 | STILL]);
  expect([...binCells(still, { shift: 2, pixelsMin: 1 })]).toEqual([4 * 256 + 555, 512, 60, 3]);
});

test("Cells round a half up", () => {
  // Offset 1 with weight 1 of 512: 256 / 512 = 0.5 of 1/256 pixel.
  const rows = binCells(motion([0, 0, 255], [0, 1, 255], [1, 0, 1], [1, 1, 1]), { shift: 1, pixelsMin: 1 });
  expect(rows[0]).toBe(1);
});

test("Cells come by row, then column, and small ones are dropped", () => {
  const list = motion([40, 0, 1], [0, 1, 1], [1, 1, 1], [41, 1, 1], [90, 1, 1], [0, 40, 5], [1, 40, 5]);
  const rows = binCells(list, { shift: 5, pixelsMin: 2 });
  const cells = [0, 4, 8].map((i) => [rows[i]! >> 13, rows[i + 1]! >> 13, rows[i + 3]]);
  expect(cells).toEqual([
    [0, 0, 2],
    [1, 0, 2],
    [0, 1, 2],
  ]);
  expect(rows).toHaveLength(12);
});

test("Cells keep every pixel and its weight, within the cell", () => {
  const pixel = fc.tuple(fc.nat(70), fc.nat(50), fc.integer({ min: 1, max: 255 }));
  const list = fc.uniqueArray(pixel, { selector: ([x, y]) => `${x},${y}`, maxLength: 120 });
  fc.assert(
    fc.property(list, fc.nat(5), (pixels, shift) => {
      const rows = binCells(motion(...pixels), { shift, pixelsMin: 1 });
      let [weight, count] = [0, 0];
      for (let i = 0; i < rows.length; i += 4) {
        const inside = pixels.filter(
          ([x, y]) => x >> shift === rows[i]! >> (shift + 8) && y >> shift === rows[i + 1]! >> (shift + 8),
        );
        const sum = inside.reduce((total, [, , difference]) => total + difference, 0);
        const meanX = inside.reduce((total, [x, , difference]) => total + x * difference, 0) / sum;
        expect(Math.abs(rows[i]! / 256 - meanX)).toBeLessThanOrEqual(0.5 / 256 + 1e-9);
        expect([rows[i + 2], rows[i + 3]]).toEqual([sum, inside.length]);
        weight += sum;
        count += inside.length;
      }
      expect([weight, count]).toEqual([pixels.reduce((total, p) => total + p[2], 0), pixels.length]);
    }),
    { numRuns: 100, seed: 2 },
  );
});
