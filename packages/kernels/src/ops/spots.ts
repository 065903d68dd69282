/**
 * Op `spots`: places that stand out from their background like a point of light or shadow, by a matched filter.
 *
 * Input: the deviation field E, W that the last frame left in op `motion` (`gaussian.ts`); none, and so no rows, where that frame was
 * of another mode or there was none. Parameters snrMinQ4 (1 … 2^14) and perTileMax (1 … 1024). `>>` rounds down.
 *
 * Only pixels at least 4 from every edge have a score; all others have score 0.
 *   h = [1 2 1; 2 4 2; 1 2 1], sum 16, sum of squares 36: a Gaussian of 0.71 pixel
 *   the ring is the 32 pixels at distance 4, the border of the 9 by 9 square; over it, ec = min(max(E, -1023), 1023),
 *   R1 = Σ ec,   R2 = Σ ec²                              |R1| < 2^15, R2 < 2^25
 *   F(x, y) = Σ h E - (R1 >> 1)                          16 times the ring's mean is R1 / 2
 *   N = min(65535, max(W, (R2 - (R1² >> 5)) >> 5))       the larger of the pixel's and the ring's variance, Q8
 *   D = max(1, 44 N >> 4)                                44 = 36 + 16² / 32: the variance of F is 44 N
 *   score = floor(min(|F|, 65535)² / D)                  the square of the signal-to-noise ratio, in 1/16; u32
 * A pixel is a spot where score ≥ snrMinQ4 and each of its 8 neighbours has a smaller score, or the same and a higher place
 * (place = y · widthPx + x).
 *
 * Table "spots": rows of 12 words, those of F int32:
 *   0 x | y << 16      1 F      2, 3 F at x - 1 and x + 1      4, 5 F at y - 1 and y + 1, all four with this pixel's R1
 *   6 N                7 score
 *   8 Sw = Σ w      9 Swx = Σ w dx      10 Swy = Σ w dy      11 zero
 * over the 3 by 3 pixels around, dx and dy -1 … 1, w = max(0, ±(E - (R1 >> 5))), + where F ≥ 0.
 *
 * The picture is cut into tiles of 64 by 64 pixels. Of each only the perTileMax best stay: higher score first, then lower place.
 * Rows come by tile row, tile column, then place. `total` counts what stayed, `spotsCapped` is set where a tile lost one. The table
 * keeps the first `spotsMax` rows, and `spotsOverflow` is set where there are more.
 */
import type { SpotParams } from "../camera-spec.ts";
import type { DeviationField } from "./gaussian.ts";
import { Rows } from "./rows.ts";

/** Words in a row of table "spots". */
export const SPOT_WORDS = 12;

/** Returns all rows of table "spots", past any limit too, and whether a tile had more than it may keep. */
export function findSpots(
  field: DeviationField,
  widthPx: number,
  { snrMinQ4, perTileMax }: SpotParams,
): { rows: Uint32Array; isCapped: boolean } {
  const heightPx = field.deviationQ4.length / widthPx;
  const scores = new Uint32Array(widthPx * heightPx);
  for (let y = MARGIN; y < heightPx - MARGIN; y++) {
    for (let x = MARGIN; x < widthPx - MARGIN; x++) scores[y * widthPx + x] = spotAt(field, widthPx, x, y).score;
  }
  const rows = new Rows();
  let isCapped = false;
  for (let tileY = 0; tileY < heightPx; tileY += TILE) {
    for (let tileX = 0; tileX < widthPx; tileX += TILE) {
      const places: number[] = [];
      for (let y = tileY; y < Math.min(tileY + TILE, heightPx); y++) {
        for (let x = tileX; x < Math.min(tileX + TILE, widthPx); x++) {
          const place = y * widthPx + x;
          if (scores[place]! >= snrMinQ4 && isHighest(scores, widthPx, place)) places.push(place);
        }
      }
      isCapped ||= places.length > perTileMax;
      const best = places.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, perTileMax);
      for (const place of best.sort((a, b) => a - b)) rows.push(...spotRow(field, widthPx, place));
    }
  }
  return { rows: rows.toArray(), isCapped };
}

/** Half of the 9 by 9 pixels that a score is made of. */
const MARGIN = 4;
const TILE = 64;

/** True where no neighbour has a higher score, or the same at a lower place. The place has a score, so its neighbours exist. */
function isHighest(scores: Uint32Array, widthPx: number, place: number): boolean {
  for (const step of [-widthPx - 1, -widthPx, -widthPx + 1, -1, 1, widthPx - 1, widthPx, widthPx + 1]) {
    const other = scores[place + step]!;
    if (other > scores[place]! || (other === scores[place]! && step < 0)) return false;
  }
  return true;
}

function spotRow(field: DeviationField, widthPx: number, place: number): number[] {
  const x = place % widthPx;
  const y = Math.floor(place / widthPx);
  const { r1, filtered, noise, score } = spotAt(field, widthPx, x, y);
  const beside = (dx: number, dy: number) => weightedSum(field, widthPx, x + dx, y + dy) - (r1 >> 1);
  const sign = filtered < 0 ? -1 : 1;
  let [sw, swx, swy] = [0, 0, 0];
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      const w = Math.max(0, sign * (field.deviationQ4[place + dy * widthPx + dx]! - (r1 >> 5)));
      sw += w;
      swx += w * dx;
      swy += w * dy;
    }
  }
  const around = [beside(-1, 0), beside(1, 0), beside(0, -1), beside(0, 1)];
  return [x | (y << 16), filtered, ...around, noise, score, sw, swx, swy, 0];
}

/** The filter and its score at a pixel that is at least `MARGIN` from every edge. */
function spotAt({ deviationQ4, noiseQ8 }: DeviationField, widthPx: number, x: number, y: number) {
  let [r1, r2] = [0, 0];
  for (let dy = -MARGIN; dy <= MARGIN; dy++) {
    for (let dx = -MARGIN; dx <= MARGIN; dx++) {
      if (Math.max(Math.abs(dx), Math.abs(dy)) < MARGIN) continue;
      const ec = Math.min(Math.max(deviationQ4[(y + dy) * widthPx + x + dx]!, -1023), 1023);
      r1 += ec;
      r2 += ec * ec;
    }
  }
  const filtered = weightedSum({ deviationQ4 }, widthPx, x, y) - (r1 >> 1);
  const noise = Math.min(65_535, Math.max(noiseQ8[y * widthPx + x]!, (r2 - ((r1 * r1) >> 5)) >> 5));
  const divisor = Math.max(1, (44 * noise) >> 4);
  const amplitude = Math.min(Math.abs(filtered), 65_535);
  return { r1, filtered, noise, score: Math.floor((amplitude * amplitude) / divisor) };
}

/** Σ h E over the 3 by 3 pixels around (x, y). */
function weightedSum(
  { deviationQ4 }: Pick<DeviationField, "deviationQ4">,
  widthPx: number,
  x: number,
  y: number,
): number {
  let sum = 0;
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      sum += (2 - Math.abs(dx)) * (2 - Math.abs(dy)) * deviationQ4[(y + dy) * widthPx + x + dx]!;
    }
  }
  return sum;
}
