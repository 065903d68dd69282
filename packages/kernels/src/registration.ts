/**
 * How the picture of one camera lies over the picture of another beside it, as a table of shifts for op `register`.
 *
 * A pixel of the first camera is straightened, taken out to the plane across its optical axis at the distance of the targets, and seen
 * from there through the lens of the other camera: with ideal lenses, the homography of that plane. A target twice as far or at half
 * the distance is off by baseline · focal length · |1 / range - 1 / true range| pixels, which the gate of op `fuse` must cover.
 *
 * Directions that the lens model of the other camera folds back into its picture are led straight on from where it folds, so that what
 * lies outside stays outside.
 */
import {
  add,
  assert,
  distort,
  type Intrinsics,
  isBeforeFold,
  type Pose,
  SkyvoxError,
  subtract,
  transform3,
  transformTransposed3,
  type Vec3,
} from "@skyvox/core";
import { samplesOf, straighten } from "./image-samples.ts";
import { type LensBend, tabulateShift } from "./node-table.ts";

/** A camera as far as it decides where things appear in its picture. */
export interface Optics {
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
}

/**
 * Tabulates how far each pixel of camera `from` moves to be in the picture of camera `to`.
 *
 * Exact to 0.02 pixel where it falls into that picture. Made on the host, once per pair.
 *
 * @param options.rangeM distance of the targets along the optical axis of `from`, metres.
 * @throws {SkyvoxError} code "calibration" when `to` looks away from what `from` sees, a lens folds inside its picture, or the picture
 * would be magnified too much or bent too sharply for any table.
 */
export function buildRegistration(options: {
  readonly from: Optics;
  readonly to: Optics;
  readonly rangeM: number;
}): LensBend {
  const { from, to, rangeM } = options;
  assert(rangeM > 0 && Number.isFinite(rangeM), "rangeM is positive and finite");
  // That the other lens is one to one over its own picture is what keeps the outside out.
  samplesOf(to.intrinsics);
  const { widthPx, heightPx } = from.intrinsics;
  const tabulated = tabulateShift({
    widthPx,
    heightPx,
    shiftAt: (u, v) => {
      const [seenU, seenV] = seeFromOther(from, to, rangeM, u, v);
      return [4096 * (seenU - u), 4096 * (seenV - v)];
    },
    counts: (u, v, [du, dv]) => isInPicture(to.intrinsics, u + du / 4096, v + dv / 4096),
    errorPxMax: ERROR_PX_MAX,
    finestErrorPxMax: ERROR_PX_MAX,
  });
  if (tabulated.ok) return tabulated.table;
  throw new SkyvoxError(
    "calibration",
    `Cannot register cameras: the table errs by ${tabulated.errorPx.toPrecision(2)} px, need at most ${ERROR_PX_MAX} px`,
  );
}

const ERROR_PX_MAX = 0.02;

/** Where the other camera sees what pixel (u, v) sees at that range, in its pixels. */
function seeFromOther(from: Optics, to: Optics, rangeM: number, u: number, v: number): readonly [number, number] {
  const [x, y] = straighten(from.intrinsics, u, v);
  const inFromM: Vec3 = [rangeM * x, rangeM * y, rangeM];
  const inEnuM = add(from.pose.cameraInEnuM, transformTransposed3(from.pose.cameraFromEnu, inFromM));
  const [toX, toY, toZ] = transform3(to.pose.cameraFromEnu, subtract(inEnuM, to.pose.cameraInEnuM));
  if (!(toZ > 0)) {
    throw new SkyvoxError(
      "calibration",
      `Cannot register cameras: what pixel (${Math.round(u)}, ${Math.round(v)}) sees lies behind the other camera, need cameras that look the same way`,
    );
  }
  const { fxPx, fyPx, cxPx, cyPx } = to.intrinsics;
  const [bentX, bentY] = distortOutwards(to.intrinsics, toX / toZ, toY / toZ);
  return [fxPx * bentX + cxPx, fyPx * bentY + cyPx];
}

/** Bends as the lens does up to its fold, and leads straight on from there. */
function distortOutwards(intrinsics: Intrinsics, x: number, y: number): readonly [number, number] {
  if (isBeforeFold(intrinsics, x, y)) return distort(intrinsics, x, y);
  let [low, high] = [0, 1];
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (isBeforeFold(intrinsics, middle * x, middle * y)) low = middle;
    else high = middle;
  }
  const [bentX, bentY] = distort(intrinsics, low * x, low * y);
  return [bentX + (1 - low) * x, bentY + (1 - low) * y];
}

const BISECTIONS = 40;

function isInPicture({ widthPx, heightPx }: Intrinsics, u: number, v: number): boolean {
  return u >= -1 && v >= -1 && u <= widthPx && v <= heightPx;
}
