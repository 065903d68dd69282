/** A grey picture, `[heightPx, widthPx]` uint8. */
export interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

/** A picture with the site time at which it was captured. */
export interface TimedPicture extends Picture {
  readonly captureNs: bigint;
}

/** Shrinks a picture by averaging squares of whole pixels until it is at most `widthMaxPx` wide. */
export function shrink(picture: Picture, widthMaxPx: number): Picture {
  const step = Math.max(1, Math.ceil(picture.widthPx / widthMaxPx));
  if (step === 1) return { ...picture, pixels: picture.pixels.slice() };
  const widthPx = Math.floor(picture.widthPx / step);
  const heightPx = Math.floor(picture.heightPx / step);
  const pixels = new Uint8Array(widthPx * heightPx);
  const area = step * step;
  for (let row = 0; row < heightPx; row++) {
    for (let column = 0; column < widthPx; column++) {
      let sum = 0;
      for (let y = 0; y < step; y++) {
        const start = (row * step + y) * picture.widthPx + column * step;
        for (let x = 0; x < step; x++) sum += picture.pixels[start + x]!;
      }
      pixels[row * widthPx + column] = (sum + (area >> 1)) / area;
    }
  }
  return { widthPx, heightPx, pixels };
}
