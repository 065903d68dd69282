/**
 * Op `register`: points of another camera, placed in this camera's picture.
 *
 * Input: points of the other camera, rows of 4 words `[u, v, weight, x]`, u and v in 1/256 of its pixels, below 2^21; and `shift`,
 * the table that tells how far a point moves, in 1/4096 pixel (`registration.ts`). `>>` rounds down.
 *   u' = u + ((bend(shift, u, v, part 0) + 8) >> 4),   v' likewise with part 1, int32 (`bend` of `rays.ts`; a table without nodes: 0)
 * A point is kept where it falls into the picture, half a pixel around the outermost pixel centres included:
 *   -128 ≤ u' < 256 · widthPx - 128, and v' likewise with heightPx. Below 0, u' and v' become 0.
 *
 * Table "registered": rows of 4 words `[u', v', weight, x]`, in order of points. It keeps the first `fusedMax`; `total` counts all
 * that fell into the picture, and `fusedOverflow` is set where they differ. It holds until the next `register`.
 */
import type { LensBend } from "../node-table.ts";
import { bend, POINT_WORDS } from "./rays.ts";
import { Rows } from "./rows.ts";

/** Returns all rows of table "registered", past any limit too. */
export function registerPoints(
  points: Uint32Array,
  shift: LensBend,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Uint32Array {
  const rows = new Rows();
  for (let p = 0; p < points.length; p += POINT_WORDS) {
    const [u, v] = [points[p]!, points[p + 1]!];
    const movedU = (u + ((bend(shift, u, v, 0) + 8) >> 4)) | 0;
    const movedV = (v + ((bend(shift, u, v, 1) + 8) >> 4)) | 0;
    if (movedU < -128 || movedU >= 256 * widthPx - 128) continue;
    if (movedV < -128 || movedV >= 256 * heightPx - 128) continue;
    rows.push(Math.max(movedU, 0), Math.max(movedV, 0), points[p + 2]!, points[p + 3]!);
  }
  return rows.toArray();
}
