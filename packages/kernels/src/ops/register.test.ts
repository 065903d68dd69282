import { describe, expect, test } from "bun:test";
import { noBend } from "../node-table.ts";
import { registerPoints } from "./register.ts";

const PICTURE = { widthPx: 32, heightPx: 24 } as const;

/** Two by two nodes 32 pixels apart, all with one shift, or with the shifts given, in 1/4096 pixel. */
function shiftOf(...shifts: readonly (readonly [du: number, dv: number])[]) {
  const nodes = shifts.length === 1 ? [0, 1, 2, 3].map(() => shifts[0]!) : shifts;
  return { bendShift: 5, bendColumns: 2, bendRows: 2, bendQ12: Int32Array.from(nodes.flat()) };
}

/** `[u', v']` of points with weight 1. */
function moved(
  points: readonly (readonly [u: number, v: number])[],
  shift: typeof noBend,
  picture = PICTURE as { widthPx: number; heightPx: number },
) {
  const rows = registerPoints(Uint32Array.from(points.flatMap(([u, v]) => [u, v, 1, 0])), shift, picture);
  return Array.from({ length: rows.length / 4 }, (_, i) => [rows[4 * i], rows[4 * i + 1]]);
}

describe("A registered point", () => {
  test("stays where it is without a table, with its weight and its fourth word", () => {
    const points = Uint32Array.of(300, 512, 4_000_000_000, 77, 0, 0, 0, 2 ** 32 - 1);
    expect(registerPoints(points, noBend, PICTURE)).toEqual(points);
    expect(registerPoints(new Uint32Array(0), noBend, PICTURE)).toHaveLength(0);
  });

  test("moves by what its table says, between nodes too", () => {
    // 2.5 pixels are 640 of 1/256; -1 pixel is -256.
    expect(moved([[1000, 1000]], shiftOf([2.5 * 4096, -4096]))).toEqual([[1640, 744]]);
    // From 0 at the left to 8 pixels at the right, from 0 above to 4 below: at (16, 8) a half and a quarter.
    const slanted = shiftOf([0, 0], [8 * 4096, 0], [0, 4 * 4096], [8 * 4096, 4 * 4096]);
    expect(moved([[16 * 256, 8 * 256]], slanted)).toEqual([[20 * 256, 9 * 256]]);
    // Past the last node the last square goes by its place in the next: 40 pixels are 8 past the node, a quarter.
    expect(moved([[40 * 256, 8 * 256]], slanted, { widthPx: 99, heightPx: 99 })).toEqual([[42 * 256, 9 * 256]]);
  });

  test("is rounded to 1/256 pixel, half up", () => {
    const steps = [7, 8, -8, -9, 24, -24, -25].map((q12) => moved([[1000, 1000]], shiftOf([q12, 0]))[0]![0]! - 1000);
    expect(steps).toEqual([0, 1, 0, -1, 2, -1, -2]);
  });

  test("is kept up to half a pixel around the outermost pixel centres, and not past", () => {
    const left = shiftOf([-4096, 0]);
    expect(
      moved(
        [
          [128, 0],
          [127, 0],
          [256, 0],
        ],
        left,
      ),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const right = shiftOf([4096, 0]);
    expect(
      moved(
        [
          [256 * 31 - 129, 0],
          [256 * 31 - 128, 0],
        ],
        right,
      ),
    ).toEqual([[256 * 32 - 129, 0]]);
    const up = shiftOf([0, -4096]);
    expect(
      moved(
        [
          [0, 128],
          [0, 127],
        ],
        up,
      ),
    ).toEqual([[0, 0]]);
    const down = shiftOf([0, 4096]);
    expect(
      moved(
        [
          [0, 256 * 23 - 129],
          [0, 256 * 23 - 128],
        ],
        down,
      ),
    ).toEqual([[0, 256 * 24 - 129]]);
  });

  test("keeps its place in the order of points", () => {
    expect(
      moved(
        [
          [5, 5],
          [256 * 40, 5],
          [3, 3],
        ],
        noBend,
      ),
    ).toEqual([
      [5, 5],
      [3, 3],
    ]);
  });
});
