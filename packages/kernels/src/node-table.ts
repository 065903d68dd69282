/**
 * Shifts of a picture as a table of integers, interpolated by kernels as `ray-model.ts` says.
 *
 * A node stands every 2^bendShift pixels and holds how far its pixel moves, in 1/4096 pixel. The spacing is the coarsest of 32, 16, …
 * 1 pixels that the kernels' int32 products allow and whose error, measured between the nodes, is small enough. The last column and row
 * lie on or past the edge of the picture, where a shift may have no meaning any more: their nodes continue the line through the node
 * before and the edge, so that the table is exact at the edge and asks for nothing beyond it.
 */
import { bend } from "./ops/rays.ts";

/** A table of shifts; of a ray model, the part that undoes distortion. */
export interface LensBend {
  /** The table has a node every `2^bendShift` pixels; `[rows, columns, 2]` int32 of (du, dv) in 1/4096 pixel. Empty: no shift. */
  readonly bendShift: number;
  readonly bendColumns: number;
  readonly bendRows: number;
  readonly bendQ12: Int32Array;
}

/** The table of a lens without distortion, and of a camera registered with itself. */
export const noBend: LensBend = { bendShift: 0, bendColumns: 0, bendRows: 0, bendQ12: new Int32Array(0) };

/** A shift of every pixel of a picture, and how exact its table must be. */
export interface Shift {
  readonly widthPx: number;
  readonly heightPx: number;
  /** How far pixel (u, v) moves, in 1/4096 pixel, not yet rounded. */
  shiftAt(u: number, v: number): readonly [number, number];
  /** Whether an error counts where pixel (u, v) is moved so far. */
  counts?(u: number, v: number, shift: readonly [number, number]): boolean;
  readonly errorPxMax: number;
  /** The same where there is a node per pixel and no finer table. */
  readonly finestErrorPxMax: number;
}

/** Tabulates a shift as coarsely as its error allows; where none is good enough, says how far the finest table errs, in pixels. */
export function tabulateShift(
  shift: Shift,
): { readonly ok: true; readonly table: LensBend } | { readonly ok: false; readonly errorPx: number } {
  for (let bendShift = SHIFT_MAX; bendShift > 0; bendShift--) {
    const table = tabulate(shift, bendShift);
    if (fitsInt32(table) && measureErrorPx(shift, table) <= shift.errorPxMax) return { ok: true, table };
  }
  const finest = tabulate(shift, 0);
  const errorPx = fitsInt32(finest) ? measureErrorPx(shift, finest) : Number.POSITIVE_INFINITY;
  return errorPx <= shift.finestErrorPxMax ? { ok: true, table: finest } : { ok: false, errorPx };
}

const SHIFT_MAX = 5;
/** Squares measured along each side of the picture. */
const MEASURED_MAX = 48;

function tabulate({ widthPx, heightPx, shiftAt }: Shift, bendShift: number): LensBend {
  const step = 2 ** bendShift;
  const edgeU = widthPx - 1;
  const edgeV = heightPx - 1;
  const bendColumns = (edgeU >> bendShift) + 2;
  const bendRows = (edgeV >> bendShift) + 2;
  const nodes = new Float64Array(bendRows * bendColumns * 2);
  for (let row = 0; row < bendRows; row++) {
    for (let column = 0; column < bendColumns; column++) {
      const node = shiftAt(Math.min(column * step, edgeU), Math.min(row * step, edgeV));
      nodes.set(node, 2 * (row * bendColumns + column));
    }
  }
  const stride = 2 * bendColumns;
  for (let row = 0; row < bendRows; row++) extend(nodes, (row + 1) * stride - 2, 2, step, edgeU);
  for (let column = 0; column < bendColumns; column++) {
    extend(nodes, (bendRows - 1) * stride + 2 * column, stride, step, edgeV);
  }
  return { bendShift, bendColumns, bendRows, bendQ12: Int32Array.from(nodes, Math.round) };
}

/** Moves the node at `last`, taken at the edge of the picture, out to its place on the line from the node `stride` before it. */
function extend(nodes: Float64Array, last: number, stride: number, step: number, edge: number): void {
  const inside = edge % step;
  if (inside === 0) return;
  for (const i of [last, last + 1]) {
    const before = nodes[i - stride]!;
    nodes[i] = before + ((nodes[i]! - before) * step) / inside;
  }
}

/** True where the products of the interpolation stay below 2^30. */
function fitsInt32({ bendShift, bendColumns, bendQ12 }: LensBend): boolean {
  const differenceMax = 2 ** (30 - 8 - bendShift) - 2;
  for (let i = 0; i < bendQ12.length; i++) {
    const isLastColumn = i % (2 * bendColumns) >= 2 * (bendColumns - 1);
    if (!isLastColumn && Math.abs(bendQ12[i + 2]! - bendQ12[i]!) > differenceMax) return false;
    const below = bendQ12[i + 2 * bendColumns];
    if (below !== undefined && Math.abs(below - bendQ12[i]!) > differenceMax) return false;
  }
  return true;
}

/** The largest error at the centres and the sides of squares spread over the picture, those at its edges included. */
function measureErrorPx(shift: Shift, table: LensBend): number {
  const us = measuredPlaces(shift.widthPx - 1, table.bendShift);
  const vs = measuredPlaces(shift.heightPx - 1, table.bendShift);
  let error = 0;
  for (const v of vs) {
    for (const u of us) {
      const wanted = shift.shiftAt(u, v);
      const got = [bend(table, 256 * u, 256 * v, 0), bend(table, 256 * u, 256 * v, 1)] as const;
      const isCounted = shift.counts === undefined || shift.counts(u, v, wanted) || shift.counts(u, v, got);
      if (isCounted) error = Math.max(error, Math.abs(got[0] - wanted[0]), Math.abs(got[1] - wanted[1]));
    }
  }
  return error / 4096;
}

/** Nodes and middles between them along one side of the picture, every so manieth square, first and last included. */
function measuredPlaces(edge: number, shift: number): number[] {
  const step = 2 ** shift;
  const squares = Math.ceil(edge / step);
  const stride = Math.max(1, Math.ceil(squares / MEASURED_MAX));
  const places: number[] = [];
  for (let square = 0; square < squares; square += stride) {
    const start = step * square;
    places.push(start, (start + Math.min(edge, start + step)) / 2);
  }
  const last = step * Math.max(0, squares - 1);
  places.push((last + edge) / 2, edge);
  return places;
}
