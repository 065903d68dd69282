import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { fusePoints } from "./fuse.ts";

type Point = readonly [u: number, v: number, weight: number];

/** `[u, v, weight, seenBy]` of every fused row. */
function fused(ours: readonly Point[], theirs: readonly Point[], gateQ8: number, gainQ4: number): number[][] {
  const words = (points: readonly Point[]) => Uint32Array.from(points.flatMap((point) => [...point, 9]));
  const rows = fusePoints(words(ours), words(theirs), { gateQ8, gainQ4 });
  return Array.from({ length: rows.length / 4 }, (_, i) => [...rows.subarray(4 * i, 4 * i + 4)]);
}

describe("Fusing", () => {
  test("adds the weight of what is near, times the gain, and keeps what only one camera sees", () => {
    const ours = [
      [1000, 1000, 50],
      [5000, 1000, 60],
    ] as const;
    const theirs = [
      [1100, 950, 20],
      [900, 1100, 30],
      [9000, 9000, 40],
    ] as const;
    // Within 100 on both axes: 20 + 30 at half the gain.
    expect(fused(ours, theirs, 100, 8)).toEqual([
      [1000, 1000, 75, 3],
      [5000, 1000, 60, 1],
      [9000, 9000, 20, 2],
    ]);
  });

  test("takes the gate on each axis, its edge included", () => {
    const isJoined = (u: number, v: number) => fused([[1000, 1000, 1]], [[u, v, 16]], 64, 16).length === 1;
    expect([isJoined(1064, 936), isJoined(936, 1064), isJoined(1065, 1000), isJoined(1000, 935)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(fused([[7, 7, 1]], [[7, 7, 16]], 0, 16)).toEqual([[7, 7, 17, 3]]);
  });

  test("lets a point of the other camera count for every point near it", () => {
    expect(
      fused(
        [
          [0, 0, 1],
          [10, 0, 2],
        ],
        [[5, 0, 32]],
        5,
        16,
      ),
    ).toEqual([
      [0, 0, 33, 3],
      [10, 0, 34, 3],
    ]);
  });

  test("leaves out what the gain makes nothing of, and says that it was near", () => {
    expect(
      fused(
        [[0, 0, 5]],
        [
          [1, 1, 15],
          [900, 0, 15],
          [900, 0, 16],
        ],
        9,
        1,
      ),
    ).toEqual([
      [0, 0, 5, 3],
      [900, 0, 1, 2],
    ]);
    expect(fused([[0, 0, 5]], [[900, 0, 1000]], 9, 0)).toEqual([[0, 0, 5, 1]]);
  });

  test("bounds what the other camera counts, and every weight", () => {
    const all = 2 ** 32 - 1;
    // 2^20 · 255 / 16 = 16,711,680, however much more there is.
    expect(fused([[0, 0, 1]], [[0, 0, 2 ** 20 + 1]], 0, 255)).toEqual([[0, 0, 16_711_681, 3]]);
    expect(
      fused(
        [[0, 0, 1]],
        [
          [0, 0, all],
          [0, 0, all],
        ],
        0,
        255,
      ),
    ).toEqual([[0, 0, 16_711_681, 3]]);
    expect(
      fused(
        [[0, 0, all - 1]],
        [
          [0, 0, 1],
          [0, 0, 1],
        ],
        0,
        16,
      ),
    ).toEqual([[0, 0, all, 3]]);
    expect(fused([[0, 0, all - 1]], [[0, 0, 1]], 0, 16)).toEqual([[0, 0, all, 3]]);
    expect(fused([], [[0, 0, all]], 0, 255)).toEqual([[0, 0, 16_711_680, 2]]);
  });

  test("without points or without the other camera gives what there is", () => {
    expect(fused([], [], 9, 16)).toEqual([]);
    expect(fused([[3, 4, 5]], [], 9, 16)).toEqual([[3, 4, 5, 1]]);
    expect(fused([], [[3, 4, 5]], 9, 16)).toEqual([[3, 4, 5, 2]]);
  });

  test("never takes weight from a point, whatever the other camera sees", () => {
    const coordinate = fc.integer({ min: 0, max: 40 });
    const weight = fc.oneof(fc.integer({ min: 0, max: 99 }), fc.constantFrom(2 ** 20, 2 ** 31, 2 ** 32 - 1));
    const points = fc.array(fc.tuple(coordinate, coordinate, weight), { maxLength: 20 });
    const gain = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(points, points, gain, (ours, theirs, gainQ4) => {
        const rows = fused(ours, theirs, 4, gainQ4);
        const kept = ours.map(([u, v, least], i) => {
          const [rowU, rowV, rowWeight, seenBy] = rows[i]!;
          return rowU === u && rowV === v && rowWeight! >= least && (seenBy! & 1) === 1;
        });
        expect(kept).toEqual(ours.map(() => true));
        expect(rows.slice(ours.length).every(([, , , seenBy]) => seenBy === 2)).toBe(true);
      }),
    );
  });
});
