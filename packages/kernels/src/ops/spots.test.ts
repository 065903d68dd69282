import { describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import type { SpotParams } from "../camera-spec.ts";
import { findSpots, SPOT_WORDS } from "./spots.ts";

/** Deviations of a picture, E by `[x, y]`, and 64 for W everywhere. */
function fieldOf(
  widthPx: number,
  heightPx: number,
  deviations: readonly (readonly [x: number, y: number, e: number])[],
) {
  const deviationQ4 = new Int16Array(widthPx * heightPx);
  for (const [x, y, e] of deviations) deviationQ4[y * widthPx + x] = e;
  return { deviationQ4, noiseQ8: new Uint16Array(widthPx * heightPx).fill(64) };
}

/** Rows with signed words. */
function spotsOf(field: ReturnType<typeof fieldOf>, widthPx: number, params: Partial<SpotParams> = {}): number[][] {
  const { rows } = findSpots(field, widthPx, { snrMinQ4: 256, perTileMax: 1024, ...params });
  const words = [...rows].map((word) => word | 0);
  return Array.from({ length: words.length / SPOT_WORDS }, (_, i) => words.slice(SPOT_WORDS * i, SPOT_WORDS * (i + 1)));
}

/** `[x, y]` of rows. */
function placesOf(rows: readonly number[][]): number[][] {
  return rows.map(([place]) => [place! & 0xffff, place! >>> 16]);
}

/** The border of the 9 by 9 square around (4, 4), in raster order. */
const RING: readonly (readonly [number, number])[] = Array.from({ length: 81 }, (_, i) => i)
  .map((i) => [i % 9, Math.floor(i / 9)] as const)
  .filter(([x, y]) => x === 0 || x === 8 || y === 0 || y === 8);

describe("A spot", () => {
  test("of one pixel has the numbers worked by hand", () => {
    // F = 4 · 160, N = 64, D = 44 · 64 / 16 = 176, score = floor(640² / 176 = 2327.3).
    expect(spotsOf(fieldOf(9, 9, [[4, 4, 160]]), 9)).toEqual([
      [4 | (4 << 16), 640, 320, 320, 320, 320, 64, 2327, 160, 0, 0, 0],
    ]);
  });

  test("beside light of half its strength leans there", () => {
    // F at (5, 4) is 4 · 80 + 2 · 160, at (4, 3) and (4, 5) 2 · 160 + 80; 800² / 176 = 3636.4.
    expect(
      spotsOf(
        fieldOf(9, 9, [
          [4, 4, 160],
          [5, 4, 80],
        ]),
        9,
      ),
    ).toEqual([[4 | (4 << 16), 800, 320, 640, 400, 400, 64, 3636, 240, 80, 0, 0]]);
    const [row] = spotsOf(
      fieldOf(9, 9, [
        [4, 4, 160],
        [3, 5, 48],
        [4, 3, 16],
      ]),
      9,
    );
    expect(row!.slice(8)).toEqual([224, -48, 32, 0]);
  });

  test("of shadow is one too, its filtered values negative, its weights not", () => {
    expect(
      spotsOf(
        fieldOf(9, 9, [
          [4, 4, -160],
          [5, 4, -80],
        ]),
        9,
      ),
    ).toEqual([[4 | (4 << 16), -800, -320, -640, -400, -400, 64, 3636, 240, 80, 0, 0]]);
  });

  test("is measured from its ring: a brighter sky makes no difference", () => {
    const bright = fieldOf(9, 9, [[4, 4, 160]]);
    bright.deviationQ4.forEach((e, i) => {
      bright.deviationQ4[i] = e + 16;
    });
    expect(spotsOf(bright, 9)).toEqual(spotsOf(fieldOf(9, 9, [[4, 4, 160]]), 9));
  });

  test("has the noise of its ring where that is more", () => {
    // ±160 in turn: R1 = 0, R2 = 32 · 25,600, N = 25,600, D = 70,400; F = 4 · 4000, 16,000² / 70,400 = 3636.4.
    const field = fieldOf(9, 9, [[4, 4, 4000], ...RING.map(([x, y], i) => [x, y, i % 2 === 0 ? 160 : -160] as const)]);
    expect(spotsOf(field, 9)[0]!.slice(0, 8)).toEqual([4 | (4 << 16), 16_000, 8000, 8000, 8000, 8000, 25_600, 3636]);
    field.noiseQ8.fill(30_000);
    expect(spotsOf(field, 9)[0]!.slice(6, 8)).toEqual([30_000, Math.floor(16_000 ** 2 / ((44 * 30_000) >> 4))]);
  });

  test("clamps its ring, rounds down, and saturates", () => {
    // R1 = 1023, R2 = 1,046,529: N = (1,046,529 - 32,704) >> 5 = 31,682, F = 4 · 4000 - 511.
    const one = spotsOf(
      fieldOf(9, 9, [
        [4, 4, 4000],
        [0, 0, 4080],
      ]),
      9,
    );
    expect(one[0]!.slice(0, 7)).toEqual([4 | (4 << 16), 15_489, 7489, 7489, 7489, 7489, 31_682]);
    // R1 = -1: its half and its 32nd are -1 too, so every pixel around counts one more.
    const [row] = spotsOf(
      fieldOf(9, 9, [
        [4, 4, 160],
        [0, 4, -1],
      ]),
      9,
    );
    expect([row![1], row![8]]).toEqual([641, 160 + 9]);
    // 16 · 4080 + 32,736 / 2 = 81,648, of which 65,535 count; all of the ring alike, so N = W.
    const inner = [3, 4, 5].flatMap((y) => [3, 4, 5].map((x) => [x, y, 4080] as const));
    const most = spotsOf(fieldOf(9, 9, [...inner, ...RING.map(([x, y]) => [x, y, -4080] as const)]), 9);
    expect([most[0]![1], most[0]![7]]).toEqual([81_648, Math.floor(65_535 ** 2 / 176)]);
  });

  test("needs the score asked for", () => {
    const field = fieldOf(9, 9, [[4, 4, 160]]);
    expect(spotsOf(field, 9, { snrMinQ4: 2327 })).toHaveLength(1);
    expect(spotsOf(field, 9, { snrMinQ4: 2328 })).toEqual([]);
  });

  test("stands at least 4 pixels from every edge", () => {
    const placesBeside = (x: number, y: number) => placesOf(spotsOf(fieldOf(13, 13, [[x, y, 160]]), 13));
    for (const [x, y] of [
      [4, 6],
      [8, 6],
      [6, 4],
      [6, 8],
    ] as const)
      expect(placesBeside(x, y)).toEqual([[x, y]]);
    // Of a point one further out, the last place that counts still sees some light; of one two further out, none does.
    expect([placesBeside(3, 6), placesBeside(9, 6)]).toEqual([[[4, 6]], [[8, 6]]]);
    expect([placesBeside(6, 3), placesBeside(6, 9)]).toEqual([[[6, 4]], [[6, 8]]]);
    for (const [x, y] of [
      [2, 6],
      [10, 6],
      [6, 2],
      [6, 10],
    ] as const)
      expect(placesBeside(x, y)).toEqual([]);
    expect(spotsOf(fieldOf(8, 20, [[4, 9, 160]]), 8)).toEqual([]);
    expect(spotsOf(fieldOf(3, 1, [[1, 0, 160]]), 3)).toEqual([]);
  });

  test("is the first of equal neighbours", () => {
    const pairs = [
      [6, 5],
      [4, 6],
      [5, 6],
      [6, 6],
    ] as const;
    for (const [x, y] of pairs) {
      const rows = spotsOf(
        fieldOf(12, 12, [
          [5, 5, 160],
          [x, y, 160],
        ]),
        12,
        { snrMinQ4: 2000 },
      );
      expect(placesOf(rows)).toEqual([[5, 5]]);
    }
  });
});

describe("Spots", () => {
  // Scores follow from strength: 80, 160, 240 in tile (0, 0), 100 in tile (1, 0), 90 and 120 in tile (0, 1).
  const POINTS = [
    [20, 20, 80],
    [40, 20, 160],
    [10, 50, 240],
    [80, 10, 100],
    [30, 70, 120],
    [50, 70, 90],
  ] as const;
  const field = fieldOf(100, 80, POINTS);

  test("come by tile of 64 by 64, then by place", () => {
    expect(placesOf(spotsOf(field, 100))).toEqual([
      [20, 20],
      [40, 20],
      [10, 50],
      [80, 10],
      [30, 70],
      [50, 70],
    ]);
  });

  test("are the strongest of their tile where it holds too many, still in order of place", () => {
    const find = (perTileMax: number) => findSpots(field, 100, { snrMinQ4: 256, perTileMax });
    expect(placesOf(spotsOf(field, 100, { perTileMax: 2 }))).toEqual([
      [40, 20],
      [10, 50],
      [80, 10],
      [30, 70],
      [50, 70],
    ]);
    expect(placesOf(spotsOf(field, 100, { perTileMax: 1 }))).toEqual([
      [10, 50],
      [80, 10],
      [30, 70],
    ]);
    expect([3, 2, 1].map((perTileMax) => find(perTileMax).isCapped)).toEqual([false, true, true]);
  });

  test("of equal strength stay by place", () => {
    const equal = fieldOf(60, 60, [
      [40, 10, 160],
      [10, 30, 160],
      [30, 30, 160],
    ]);
    expect(placesOf(spotsOf(equal, 60, { perTileMax: 2 }))).toEqual([
      [40, 10],
      [10, 30],
    ]);
  });

  test("equal a search with every sum written out", () => {
    const prng = createPrng(41);
    for (let picture = 0; picture < 6; picture++) {
      const [widthPx, heightPx] = [70 + prng.int(9), 17];
      const noisy = fieldOf(widthPx, heightPx, []);
      const spread = 1 + prng.int(picture < 3 ? 9 : 4080);
      noisy.deviationQ4.forEach((_, i) => {
        noisy.deviationQ4[i] = prng.int(2 * spread + 1) - spread;
        noisy.noiseQ8[i] = 16 + prng.int(300);
      });
      const scored = searchedSpots(noisy, widthPx, 40);
      expect(spotsOf(noisy, widthPx, { snrMinQ4: 40 }).map((row) => [row[0], row[7]])).toEqual(scored);
    }
  });
});

/** `[place word, score]` of all spots, by tile: the specification in numbers that do not wrap, sums taken in other orders. */
function searchedSpots({ deviationQ4, noiseQ8 }: ReturnType<typeof fieldOf>, widthPx: number, snrMinQ4: number) {
  const heightPx = deviationQ4.length / widthPx;
  const scoreAt = (x: number, y: number): number => {
    if (x < 4 || y < 4 || x >= widthPx - 4 || y >= heightPx - 4) return 0;
    const at = (dx: number, dy: number) => deviationQ4[(y + dy) * widthPx + x + dx]!;
    const ring: number[] = [];
    for (let i = -4; i < 4; i++) ring.push(at(i, -4), at(4, i), at(-i, 4), at(-4, -i));
    const clamped = ring.map((e) => Math.max(-1023, Math.min(1023, e)));
    const r1 = clamped.reduce((sum, e) => sum + e, 0);
    const r2 = clamped.reduce((sum, e) => sum + e * e, 0);
    const cross = 2 * (at(0, -1) + at(0, 1) + at(-1, 0) + at(1, 0));
    const corners = at(-1, -1) + at(1, -1) + at(-1, 1) + at(1, 1);
    const filtered = 4 * at(0, 0) + cross + corners - Math.floor(r1 / 2);
    const ringVariance = Math.floor((r2 - Math.floor((r1 * r1) / 32)) / 32);
    const noise = Math.min(65_535, Math.max(noiseQ8[y * widthPx + x]!, ringVariance));
    return Math.floor(Math.min(Math.abs(filtered), 65_535) ** 2 / Math.max(1, Math.floor((44 * noise) / 16)));
  };
  const spots: { tile: number; place: number; row: number[] }[] = [];
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const score = scoreAt(x, y);
      const before = [scoreAt(x - 1, y - 1), scoreAt(x, y - 1), scoreAt(x + 1, y - 1), scoreAt(x - 1, y)];
      const after = [scoreAt(x + 1, y), scoreAt(x - 1, y + 1), scoreAt(x, y + 1), scoreAt(x + 1, y + 1)];
      const isSpot = before.every((other) => other < score) && after.every((other) => other <= score);
      const tile = Math.floor(y / 64) * 1000 + Math.floor(x / 64);
      if (isSpot && score >= snrMinQ4) spots.push({ tile, place: y * widthPx + x, row: [x | (y << 16), score] });
    }
  }
  return spots.sort((a, b) => a.tile - b.tile || a.place - b.place).map(({ row }) => row);
}
