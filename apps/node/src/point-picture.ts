/**
 * What is shown of a camera that gives no pictures: a dark ground with a cross at every point it saw.
 *
 * It is drawn at the size at which it is shown, so that crosses stay crosses.
 */
import { blobPoints } from "@skyvox/reconstruction";
import type { Picture } from "./shrink.ts";

const GROUND_GREY = 24;
const CROSS_GREY = 255;
/** From the middle of a cross to its ends. */
const CROSS_PX = 4;

/** Draws the weighted centres of blobs (`[count, 16]` uint32) of a picture of the given size, shrunk to at most `widthMaxPx` columns. */
export function pointPicture(
  size: { readonly widthPx: number; readonly heightPx: number },
  blobs: Uint32Array,
  widthMaxPx: number,
): Picture {
  const step = Math.max(1, Math.ceil(size.widthPx / widthMaxPx));
  const widthPx = Math.max(1, Math.floor(size.widthPx / step));
  const heightPx = Math.max(1, Math.floor(size.heightPx / step));
  const pixels = new Uint8Array(widthPx * heightPx).fill(GROUND_GREY);
  const light = (x: number, y: number): void => {
    if (x >= 0 && y >= 0 && x < widthPx && y < heightPx) pixels[y * widthPx + x] = CROSS_GREY;
  };
  const points = blobPoints(blobs);
  for (let row = 0; row < points.length; row += 4) {
    const [x, y] = [points[row]!, points[row + 1]!].map((q8) => Math.floor((q8 / 256 + 0.5) / step)) as [
      number,
      number,
    ];
    for (let at = -CROSS_PX; at <= CROSS_PX; at++) {
      light(x + at, y);
      light(x, y + at);
    }
  }
  return { widthPx, heightPx, pixels };
}
