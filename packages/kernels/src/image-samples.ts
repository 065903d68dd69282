import { type Intrinsics, SkyvoxError, undistort } from "@skyvox/core";

/**
 * The image of a camera as a lattice of straight directions: what the lens sees, without distortion.
 *
 * `points` is `[65, 65, 2]` float64, `(x, y)` in the plane z = 1 of the optical frame, the outermost pixels included.
 */
export interface ImageSamples {
  readonly points: Float64Array;
  /** The greatest length of `(x, y, 1)`. */
  readonly normMax: number;
  /** The greatest |x| times fx or |y| times fy: pixels from the principal point of the same image without distortion. */
  readonly offsetPxMax: number;
  /** No direction of the image is further than this from a sample, on the unit sphere. */
  readonly spacing: number;
}

const SIDE = 65;

/**
 * Samples an image; once per `intrinsics` object, since a camera that moves keeps its lens.
 *
 * @throws {SkyvoxError} code "calibration" when the lens folds inside the image.
 */
export function samplesOf(intrinsics: Intrinsics): ImageSamples {
  const known = samplesByLens.get(intrinsics);
  if (known !== undefined) return known;
  const samples = sampleImage(intrinsics);
  samplesByLens.set(intrinsics, samples);
  return samples;
}

const samplesByLens = new WeakMap<Intrinsics, ImageSamples>();

function sampleImage(intrinsics: Intrinsics): ImageSamples {
  const points = new Float64Array(SIDE * SIDE * 2);
  let normMax = 1;
  let offsetPxMax = 0;
  for (let i = 0; i < SIDE * SIDE; i++) {
    const u = ((i % SIDE) / (SIDE - 1)) * (intrinsics.widthPx - 1);
    const v = (Math.floor(i / SIDE) / (SIDE - 1)) * (intrinsics.heightPx - 1);
    const [x, y] = straighten(intrinsics, u, v);
    points.set([x, y], 2 * i);
    normMax = Math.max(normMax, Math.hypot(x, y, 1));
    offsetPxMax = Math.max(offsetPxMax, Math.abs(x) * intrinsics.fxPx, Math.abs(y) * intrinsics.fyPx);
  }
  return { points, normMax, offsetPxMax, spacing: spacingOf(points) };
}

/** Removes the distortion of a pixel. @throws {SkyvoxError} code "calibration" past the fold of the lens. */
export function straighten(intrinsics: Intrinsics, u: number, v: number): readonly [number, number] {
  const { fxPx, fyPx, cxPx, cyPx } = intrinsics;
  const straight = undistort(intrinsics, (u - cxPx) / fxPx, (v - cyPx) / fyPx);
  if (straight !== null) return straight;
  const where = `(${Math.round(u)}, ${Math.round(v)})`;
  throw new SkyvoxError(
    "calibration",
    `Cannot use lens: its distortion folds the image at pixel ${where}, need one that is one to one over the whole image`,
  );
}

/** No point of a triangle is further from its nearest corner than its longest side by √3: here, a diagonal of a cell. */
function spacingOf(points: Float64Array): number {
  const between = (a: number, b: number) =>
    Math.hypot(points[2 * a]! - points[2 * b]!, points[2 * a + 1]! - points[2 * b + 1]!);
  let diagonal = 0;
  for (let row = 1; row < SIDE; row++) {
    for (let column = 1; column < SIDE; column++) {
      const corner = row * SIDE + column;
      diagonal = Math.max(diagonal, between(corner, corner - SIDE - 1), between(corner - 1, corner - SIDE));
    }
  }
  return diagonal / Math.sqrt(3);
}
