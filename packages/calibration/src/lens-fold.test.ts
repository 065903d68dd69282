import { expect, test } from "bun:test";
import { distort } from "@skyvox/core";
import { foldsImage, oneToOneLens } from "./lens-fold.ts";

const pinhole = { widthPx: 1920, heightPx: 1080, fxPx: 900, fyPx: 900, cxPx: 959.5, cyPx: 539.5 };

test("A lens folds its image where the radius stops growing before the corner", () => {
  // r (1 + k1 r²) is greatest at r = 1 / √(-3 k1), where it is 2/3 of that: 0.86 for -0.2, 1.25 for -0.095. The corner is at 1.223.
  expect(foldsImage({ ...pinhole, distortion: [-0.2, 0, 0, 0, 0] })).toBe(true);
  expect(foldsImage({ ...pinhole, distortion: [-0.095, 0, 0, 0, 0] })).toBe(false);
  expect(foldsImage({ ...pinhole, distortion: [0, 0, 0, 0, 0] })).toBe(false);
});

test("A lens that folds at the corners is bent back there, and where views lie shows what it showed", () => {
  const lens = { ...pinhole, fxPx: 866, fyPx: 884, distortion: [-0.299, 0.116, 0, 0, -0.0208] } as const;
  const seen = [500, 700, 859].map((u) => [u, 400] as const);
  const mended = oneToOneLens(lens, seen);
  expect([foldsImage(lens), foldsImage(mended)]).toEqual([true, false]);
  for (let r = 0; r <= 0.55; r += 0.05) {
    const [was, is] = [distort(lens, r, 0), distort(mended, r, 0)];
    expect(Math.abs(was[0] - is[0]) * lens.fxPx).toBeLessThan(0.1);
  }
  expect(oneToOneLens(mended, seen)).toBe(mended);
});

test("A lens that folds without its last term too stays as it is", () => {
  const lens = { ...pinhole, distortion: [-0.2, 0, 0, 0, 0.001] } as const;
  expect(oneToOneLens(lens, [[1000, 500]])).toBe(lens);
});
