import { expect, test } from "bun:test";
import { decode } from "fast-png";
import { encodePng } from "./png.ts";
import { shrink } from "./shrink.ts";

test("A picture survives PNG to the last grey level", async () => {
  const pixels = Uint8Array.from({ length: 7 * 5 }, (_, index) => (index * 37) & 255);
  const decoded = decode(await encodePng({ widthPx: 7, heightPx: 5, pixels }));
  expect([decoded.width, decoded.height, decoded.channels, decoded.depth]).toEqual([7, 5, 1, 8]);
  expect([...decoded.data]).toEqual([...pixels]);
});

test("Shrinking averages whole squares and leaves the odd edge out", () => {
  const pixels = Uint8Array.of(10, 20, 99, 30, 40, 99, 0, 0, 0);
  expect(shrink({ widthPx: 3, heightPx: 3, pixels }, 2)).toEqual({
    widthPx: 1,
    heightPx: 1,
    pixels: Uint8Array.of(25),
  });
});

test("Shrinking a picture that fits copies it", () => {
  const pixels = Uint8Array.of(1, 2);
  const same = shrink({ widthPx: 2, heightPx: 1, pixels }, 480);
  expect(same.pixels).toEqual(pixels);
  expect(same.pixels).not.toBe(pixels);
});
