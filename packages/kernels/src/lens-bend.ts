/**
 * The distortion of a lens as a table of integers, interpolated by kernels as `ray-model.ts` says.
 *
 * A node stands every 2^bendShift pixels and holds what must be added to a pixel's offset from the principal point to undo the
 * distortion, in 1/4096 pixel. The spacing is the coarsest of 32, 16, … 1 pixels whose measured error is at most 0.004 pixel (at a
 * node per pixel, 0.015). The last column and row lie on or past the edge of the image, where the lens may have folded already: their nodes continue the line
 * through the node before and the edge, so that the table is exact at the edge and asks nothing of the lens beyond it.
 */
import { type Intrinsics, isUndistorted, SkyvoxError } from "@skyvox/core";
import { straighten } from "./image-samples.ts";
import { bend } from "./ops/rays.ts";

/** The part of a ray model that undoes distortion. */
export interface LensBend {
  /** The table has a node every `2^bendShift` pixels; `[rows, columns, 2]` int32 of (du, dv) in 1/4096 pixel. Empty: no distortion. */
  readonly bendShift: number;
  readonly bendColumns: number;
  readonly bendRows: number;
  readonly bendQ12: Int32Array;
}

/** The table of a lens without distortion. */
const noBend: LensBend = { bendShift: 0, bendColumns: 0, bendRows: 0, bendQ12: new Int32Array(0) };

/** Largest error of a table, measured between its nodes. */
const ERROR_PX_MAX = 0.004;
/** The same where there is a node per pixel and no finer table: small pictures of wide, bent lenses. */
const FINEST_ERROR_PX_MAX = 0.015;
const SHIFT_MAX = 5;
/** Squares measured along each side of the image. */
const MEASURED_MAX = 48;

/**
 * Returns the table of a lens. It is made once per `intrinsics` object and shared: a camera that moves keeps its lens.
 *
 * @throws {SkyvoxError} code "calibration" when the lens folds inside the image or bends too sharply for any table.
 */
export function bendOf(intrinsics: Intrinsics): LensBend {
  const known = isUndistorted(intrinsics) ? noBend : tables.get(intrinsics);
  if (known !== undefined) return known;
  const table = tabulateBend(intrinsics);
  tables.set(intrinsics, table);
  return table;
}

const tables = new WeakMap<Intrinsics, LensBend>();

function tabulateBend(intrinsics: Intrinsics): LensBend {
  for (let shift = SHIFT_MAX; shift > 0; shift--) {
    const table = tabulate(intrinsics, shift);
    if (fitsInt32(table) && measureErrorPx(intrinsics, table) <= ERROR_PX_MAX) return table;
  }
  const finest = tabulate(intrinsics, 0);
  const errorPx = fitsInt32(finest) ? measureErrorPx(intrinsics, finest) : Number.POSITIVE_INFINITY;
  if (errorPx <= FINEST_ERROR_PX_MAX) return finest;
  throw new SkyvoxError(
    "calibration",
    `Cannot tabulate lens: it errs by ${errorPx.toPrecision(2)} px between pixels, need at most ${FINEST_ERROR_PX_MAX} px`,
  );
}

/** What to add to pixel (u, v), in 1/4096 pixel, not yet rounded. */
function trueBend(intrinsics: Intrinsics, u: number, v: number): readonly [number, number] {
  const [x, y] = straighten(intrinsics, u, v);
  return [4096 * (intrinsics.fxPx * x - (u - intrinsics.cxPx)), 4096 * (intrinsics.fyPx * y - (v - intrinsics.cyPx))];
}

function tabulate(intrinsics: Intrinsics, bendShift: number): LensBend {
  const step = 2 ** bendShift;
  const edgeU = intrinsics.widthPx - 1;
  const edgeV = intrinsics.heightPx - 1;
  const bendColumns = (edgeU >> bendShift) + 2;
  const bendRows = (edgeV >> bendShift) + 2;
  const nodes = new Float64Array(bendRows * bendColumns * 2);
  for (let row = 0; row < bendRows; row++) {
    for (let column = 0; column < bendColumns; column++) {
      const node = trueBend(intrinsics, Math.min(column * step, edgeU), Math.min(row * step, edgeV));
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

/** Moves the node at `last`, taken at the edge of the image, out to its place on the line from the node `stride` before it. */
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

/** The largest error at the centres and the sides of squares spread over the image, those at its edges included. */
function measureErrorPx(intrinsics: Intrinsics, table: LensBend): number {
  const us = measuredPlaces(intrinsics.widthPx - 1, table.bendShift);
  const vs = measuredPlaces(intrinsics.heightPx - 1, table.bendShift);
  let error = 0;
  for (const v of vs) {
    for (const u of us) {
      const [du, dv] = trueBend(intrinsics, u, v);
      error = Math.max(error, Math.abs(bend(table, 256 * u, 256 * v, 0) - du));
      error = Math.max(error, Math.abs(bend(table, 256 * u, 256 * v, 1) - dv));
    }
  }
  return error / 4096;
}

/** Nodes and middles between them along one side of the image, every so manieth square, first and last included. */
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
