/**
 * Lenses that are one to one over their image. Past some radius a polynomial may come back, and two directions meet in one pixel; views
 * seldom reach the corners, where nothing then holds the last term.
 */
import { type Intrinsics, undistort } from "@skyvox/core";

/** Places looked at along each side. */
const SIDE = 33;
/** Steps in which the last radial term is taken back. */
const STEPS = 40;
/** Radii at which the other terms are fitted. */
const RADII = 64;

/** Returns whether some pixel of the image has no direction of its own, as seen from a lattice of them that holds the corners. */
export function foldsImage(lens: Intrinsics): boolean {
  for (let i = 0; i < SIDE * SIDE; i++) {
    const u = ((i % SIDE) / (SIDE - 1)) * (lens.widthPx - 1);
    const v = (Math.floor(i / SIDE) / (SIDE - 1)) * (lens.heightPx - 1);
    if (directionOf(lens, u, v) === null) return true;
  }
  return false;
}

/**
 * Returns the lens nearest to one that folds which does not: the last radial term is taken back as little as will do, and the other two
 * make up for it as well as they can where the pixels lie that were seen. A lens that folds without that term too is returned as it is.
 *
 * @param seenPx pixels `u, v` of views.
 */
export function oneToOneLens(lens: Intrinsics, seenPx: Iterable<readonly [number, number]>): Intrinsics {
  if (!foldsImage(lens)) return lens;
  let radius = 0;
  for (const [u, v] of seenPx) {
    const straight = directionOf(lens, u, v);
    if (straight !== null) radius = Math.max(radius, Math.hypot(...straight));
  }
  const [k1, k2, p1, p2, k3] = lens.distortion;
  for (let step = 1; step <= STEPS; step++) {
    const kept = k3 * (1 - step / STEPS);
    const [d1, d2] = madeUp(k3 - kept, radius);
    const candidate: Intrinsics = { ...lens, distortion: [k1 + d1, k2 + d2, p1, p2, kept] };
    if (!foldsImage(candidate)) return candidate;
  }
  return lens;
}

/** The normalised image coordinates that a pixel sees, or null where the lens has none for it. */
function directionOf(lens: Intrinsics, u: number, v: number): readonly [number, number] | null {
  return undistort(lens, (u - lens.cxPx) / lens.fxPx, (v - lens.cyPx) / lens.fyPx);
}

/** What is added to k1 and k2: least squares of `d1 r³ + d2 r⁵ ≈ missing r⁷` over the radii up to one. */
function madeUp(missing: number, radiusMax: number): readonly [number, number] {
  let [aa, ab, bb, ac, bc] = [0, 0, 0, 0, 0];
  for (let i = 1; i <= RADII; i++) {
    const r = (radiusMax * i) / RADII;
    const [a, b, c] = [r ** 3, r ** 5, missing * r ** 7];
    aa += a * a;
    ab += a * b;
    bb += b * b;
    ac += a * c;
    bc += b * c;
  }
  const determinant = aa * bb - ab * ab;
  return determinant > 0 ? [(ac * bb - bc * ab) / determinant, (bc * aa - ac * ab) / determinant] : [0, 0];
}
