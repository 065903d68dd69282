/** Pictures that motion is measured on: sensor noise of four grey levels, and small bright targets that stand elsewhere in each. */
import { createPrng } from "@skyvox/core";

/** Share of the pixels that differ from the background in each picture: 0.2 %, as where many small targets fly. */
export const MOVING_SHARE = 0.002;

/** Draws `count` pictures `[heightPx, widthPx]` uint8 from a seed. */
export function motionFrames(options: {
  seed: number;
  count: number;
  widthPx: number;
  heightPx: number;
}): Uint8Array[] {
  const { seed, count, widthPx, heightPx } = options;
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => {
    const pixels = new Uint8Array(widthPx * heightPx);
    // One draw gives two bits of noise to 16 pixels.
    for (let i = 0; i < pixels.length; ) {
      const word = prng.uint32();
      const end = Math.min(i + 16, pixels.length);
      for (let shift = 0; i < end; shift += 2) pixels[i++] = 100 + ((word >>> shift) & 3);
    }
    const targets = Math.ceil((MOVING_SHARE * pixels.length) / TARGET_PIXELS);
    for (let target = 0; target < targets; target++) {
      const corner = prng.int(heightPx - 4) * widthPx + prng.int(widthPx - 4);
      for (let row = 0; row < 5; row++) pixels.fill(220, corner + row * widthPx, corner + row * widthPx + 5);
    }
    return pixels;
  });
}

const TARGET_PIXELS = 25;
