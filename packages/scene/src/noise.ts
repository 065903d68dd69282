import { assert, type Prng } from "@skyvox/core";

/**
 * Makes noisy copies of a background: `[count]` images of `[heightPx, widthPx]` uint8.
 *
 * `background` is in 1/256 grey levels. The noise of each pixel is a sum of eight uniform integers (sigma `noiseSigma`, near normal, never past
 * 4.9 sigma): integers only, so every machine makes the same bytes. All rows draw from one table of 2^18 values, each from its own
 * random place, which is what makes the start fast; neighbouring pixels, rows and copies are uncorrelated.
 */
export function createNoisyCopies(options: {
  readonly background: Uint16Array;
  readonly widthPx: number;
  readonly noiseSigma: number;
  readonly count: number;
  readonly prng: Prng;
}): Uint8Array[] {
  const { background, widthPx, noiseSigma, count, prng } = options;
  assert(widthPx <= TABLE_LENGTH, "a row is not longer than the noise table");
  assert(noiseSigma >= 0 && noiseSigma <= NOISE_SIGMA_MAX, `noiseSigma is in 0..${NOISE_SIGMA_MAX}`);
  // A row of length to spare behind the last start: no row has to wrap.
  const table = tabulateNoise(TABLE_LENGTH + widthPx, noiseSigma, prng);
  const heightPx = background.length / widthPx;
  return Array.from({ length: count }, () => {
    const copy = new Uint8Array(background.length);
    for (let row = 0; row < heightPx; row++) {
      addNoise(background, copy, row * widthPx, widthPx, table, prng.int(TABLE_LENGTH));
    }
    return copy;
  });
}

function addNoise(
  background: Uint16Array,
  copy: Uint8Array,
  start: number,
  widthPx: number,
  table: Int16Array,
  tableStart: number,
): void {
  for (let x = 0; x < widthPx; x++) {
    const grey = (background[start + x]! + table[tableStart + x]! + 128) >> 8;
    copy[start + x] = Math.min(255, Math.max(0, grey));
  }
}

/** Noise in 1/256 grey levels. Four words give eight uniform 16-bit integers, whose sum has sigma 65536 sqrt(8 / 12). */
function tabulateNoise(length: number, noiseSigma: number, prng: Prng): Int16Array {
  const table = new Int16Array(length);
  const factor = (noiseSigma * 256) / (65536 * Math.sqrt(8 / 12));
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let word = 0; word < 4; word++) {
      const bits = prng.uint32();
      sum += (bits & 0xffff) + (bits >>> 16);
    }
    // The mean of a uniform 16-bit integer is 32767.5.
    table[i] = Math.round((sum - 8 * 32767.5) * factor);
  }
  return table;
}

const TABLE_LENGTH = 2 ** 18;
/** 4.9 sigma of this is what an int16 of 1/256 grey levels holds. */
const NOISE_SIGMA_MAX = 25;
