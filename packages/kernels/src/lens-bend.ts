/**
 * The distortion of a lens as a table of integers: what must be added to a pixel's offset from the principal point to undo it. The
 * coarsest table that errs by at most 0.004 pixel is taken (at a node per pixel, 0.015): see `node-table.ts`.
 */
import { type Intrinsics, isUndistorted, SkyvoxError } from "@skyvox/core";
import { straighten } from "./image-samples.ts";
import { type LensBend, noBend, tabulateShift } from "./node-table.ts";

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
  const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx } = intrinsics;
  const tabulated = tabulateShift({
    widthPx,
    heightPx,
    shiftAt: (u, v) => {
      const [x, y] = straighten(intrinsics, u, v);
      return [4096 * (fxPx * x - (u - cxPx)), 4096 * (fyPx * y - (v - cyPx))];
    },
    errorPxMax: ERROR_PX_MAX,
    finestErrorPxMax: FINEST_ERROR_PX_MAX,
  });
  if (tabulated.ok) return tabulated.table;
  throw new SkyvoxError(
    "calibration",
    `Cannot tabulate lens: it errs by ${tabulated.errorPx.toPrecision(2)} px between pixels, need at most ${FINEST_ERROR_PX_MAX} px`,
  );
}

const ERROR_PX_MAX = 0.004;
/** Small pictures of wide, bent lenses have a node per pixel and no finer table. */
const FINEST_ERROR_PX_MAX = 0.015;
