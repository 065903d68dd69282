import { expect, test } from "bun:test";
import fc from "fast-check";
import { BLOB_WORDS, labelBlobs } from "./blobs.ts";
import { STILL } from "./gaussian.ts";

/** Rows of table "motion" from a picture: digits are differences, other signs are still. */
function drawn(...lines: string[]): Uint32Array {
  const rows: number[] = [];
  for (const [y, line] of lines.entries()) {
    for (const [x, sign] of [...line].entries()) if (sign >= "1" && sign <= "9") rows.push(x | (y << 16), Number(sign));
  }
  return Uint32Array.from(rows);
}

function blobRows(table: Uint32Array): number[][] {
  return Array.from({ length: table.length / BLOB_WORDS }, (_, i) => [
    ...table.subarray(i * BLOB_WORDS, (i + 1) * BLOB_WORDS),
  ]);
}

test("Blobs join pixels that touch by a side or a corner", () => {
  const rows = blobRows(labelBlobs(drawn("12..", "..3.", "....", "4..."), { pixelsMin: 1 }));
  // First: (0,0) 1, (1,0) 2, (2,1) 3: Sx = 3, Sy = 1, Sw = 6, Swx = 0 + 2 + 6 = 8, Swy = 3. Second: (0,3) 4.
  expect(rows).toEqual([
    [3, 0, 2 | (1 << 16), 3, 3, 0, 1, 0, 6, 0, 8, 0, 3, 0, 0, 0],
    [1, 3 << 16, 3 << 16, 4, 0, 0, 3, 0, 4, 0, 0, 0, 12, 0, 0, 0],
  ]);
});

test("Blobs count the pixels that stand still, which weigh as much as others", () => {
  const rows = drawn("12..", "..3.", "....", "4...").map((word, i) =>
    i === 3 || i === 5 || i === 7 ? word | STILL : word,
  );
  expect(blobRows(labelBlobs(rows, { pixelsMin: 1 })).map((row) => [row[3], row[8], row[14]])).toEqual([
    [3, 6, 2],
    [4, 4, 1],
  ]);
});

test("Blobs come in order of their first pixel, not of their leftmost", () => {
  const rows = blobRows(labelBlobs(drawn("...1..1", "1.....1", "1......", ".11...."), { pixelsMin: 1 }));
  expect(rows.map((row) => [row[0], row[1]! & 0xffff])).toEqual([
    [1, 3],
    [2, 6],
    [4, 0],
  ]);
});

test("Blobs join arms that meet only in the last row", () => {
  const rows = blobRows(labelBlobs(drawn("1.1.1", "1.1.1", ".1.1."), { pixelsMin: 8 }));
  expect(rows.map((row) => row[0])).toEqual([8]);
  expect(labelBlobs(drawn("1.1.1", "1.1.1", ".1.1."), { pixelsMin: 9 })).toHaveLength(0);
});

test("Blobs do not join the end of a row with the start of the next", () => {
  expect(labelBlobs(drawn("..1", "...", "1.."), { pixelsMin: 1 }).length / BLOB_WORDS).toBe(2);
  expect(labelBlobs(drawn("..1", "1.."), { pixelsMin: 1 }).length / BLOB_WORDS).toBe(2);
});

test("Blobs carry sums past 32 bits", () => {
  // A row of 8,192 pixels of 255 at y = 8,191, 65 of them deep: Swx = 255 · 65 · Σ x = 255 · 65 · 33,550,336 = 556,096,819,200.
  const rows = new Uint32Array(2 * 65 * 8192);
  for (let i = 0; i < 65 * 8192; i++) rows.set([(i % 8192) | ((8127 + Math.floor(i / 8192)) << 16), 255], 2 * i);
  const [row] = blobRows(labelBlobs(rows, { pixelsMin: 1 }));
  const expected = 556_096_819_200n;
  expect([BigInt(row![10]!), BigInt(row![11]!)]).toEqual([expected & 0xffff_ffffn, expected >> 32n]);
  expect(row![0]).toBe(65 * 8192);
});

test("Blobs equal repeated spreading of the lowest label", () => {
  const picture = fc.array(fc.array(fc.nat(3), { minLength: 9, maxLength: 9 }), { minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(picture, (lines) => {
      const rows = blobRows(
        labelBlobs(drawn(...lines.map((line) => line.map((v) => (v < 2 ? "." : v)).join(""))), { pixelsMin: 1 }),
      );
      const labels = spreadLabels(lines.map((line) => line.map((v) => v >= 2)));
      const counts = [...new Set(labels.flat().filter((label) => label >= 0))].sort((a, b) => a - b);
      expect(rows.map((row) => row[0]!)).toEqual(
        counts.map((label) => labels.flat().filter((l) => l === label).length),
      );
      expect(rows.map((row) => row[4]!)).toEqual(
        counts.map((label) =>
          labels.flatMap((line) => line.map((l, x) => (l === label ? x : 0))).reduce((a, b) => a + b),
        ),
      );
    }),
    { numRuns: 60, seed: 3 },
  );
});

/** Gives every set pixel the lowest raster index it is connected to: each takes its neighbours' lowest until nothing changes. */
function spreadLabels(picture: boolean[][]): number[][] {
  const labels = picture.map((line, y) => line.map((isSet, x) => (isSet ? y * line.length + x : -1)));
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const [y, line] of labels.entries()) {
      for (const [x, label] of line.entries()) {
        if (label < 0) continue;
        const block = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => labels[y + dy]?.[x + dx] ?? -1));
        const lowest = Math.min(...block.filter((l) => l >= 0));
        if (lowest < label) hasChanged = true;
        line[x] = lowest;
      }
    }
  }
  return labels;
}
