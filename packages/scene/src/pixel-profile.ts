/**
 * How much of each pixel a disc covers, and how that follows its place: disc ⊗ Gaussian point spread ⊗ square pixel, without approximation.
 *
 * Across a row the chord of the disc is folded with spread and pixel in closed form: the integral of Φ over a pixel is a difference of
 * G(z) = z Φ(z) + φ(z). Down the columns the chords are summed at Gauss-Chebyshev nodes of the second kind, whose weights hold the
 * half-circle, so the sum over all pixels is the area of the disc. `disc.ts` does the same faster and a little less exactly.
 */
import { assert } from "@skyvox/core";
import { normalDensity, normalIntegral } from "./normal-integral.ts";

/** A disc in the picture: centre and radius in pixels; (0, 0) is the centre of the top-left pixel. */
export interface PixelDisc {
  readonly u: number;
  readonly v: number;
  readonly radiusPx: number;
}

/** The pixels a disc reaches, `[heightPx, widthPx]` row-major, from pixel (left, top) on. */
export interface PixelProfile {
  readonly left: number;
  readonly top: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Covered share of each pixel, 0 to 1. */
  readonly cover: Float64Array;
  /** How the covered share grows as the centre moves right and down, per pixel. */
  readonly coverByU: Float64Array;
  readonly coverByV: Float64Array;
}

/** Works out the profile of a disc; `spreadPx` is one sigma of the optics alone. */
export function pixelProfile(disc: PixelDisc, spreadPx: number): PixelProfile {
  const { u, v, radiusPx } = disc;
  assert(radiusPx > 0, "a disc has a radius above 0");
  assert(spreadPx > 0, "a point spread has a width above 0");
  const reach = radiusPx + REACH_SIGMAS * spreadPx + 0.5;
  const [left, top] = [Math.ceil(u - reach), Math.ceil(v - reach)];
  const widthPx = Math.floor(u + reach) - left + 1;
  const heightPx = Math.floor(v + reach) - top + 1;
  const length = widthPx * heightPx;
  const profile = {
    left,
    top,
    widthPx,
    heightPx,
    cover: new Float64Array(length),
    coverByU: new Float64Array(length),
    coverByV: new Float64Array(length),
  };
  const nodeCount = 4 + Math.ceil(4 * (radiusPx / spreadPx));
  for (let node = 1; node <= nodeCount; node++) {
    const angle = (Math.PI * node) / (nodeCount + 1);
    const halfChord = radiusPx * Math.sin(angle);
    addChord(profile, {
      u,
      v: v + radiusPx * Math.cos(angle),
      halfChord,
      weight: (halfChord * Math.PI) / (nodeCount + 1),
      spreadPx,
    });
  }
  return profile;
}

interface Chord {
  readonly u: number;
  readonly v: number;
  readonly halfChord: number;
  readonly weight: number;
  readonly spreadPx: number;
}

function addChord({ left, top, widthPx, heightPx, cover, coverByU, coverByV }: PixelProfile, chord: Chord): void {
  const { u, v, weight, spreadPx } = chord;
  const along = new Float64Array(widthPx);
  const alongByU = new Float64Array(widthPx);
  for (let x = 0; x < widthPx; x++) {
    const low = left + x - u - 0.5;
    along[x] = spreadPx * (chordPrimitive(low, chord) - chordPrimitive(low + 1, chord));
    alongByU[x] = chordShare(low, chord) - chordShare(low + 1, chord);
  }
  for (let y = 0; y < heightPx; y++) {
    const low = (top + y - v - 0.5) / spreadPx;
    const high = low + 1 / spreadPx;
    const down = weight * (normalIntegral(high) - normalIntegral(low));
    const downByV = (weight * (normalDensity(low) - normalDensity(high))) / spreadPx;
    for (let x = 0, at = y * widthPx; x < widthPx; x++, at++) {
      cover[at]! += down * along[x]!;
      coverByU[at]! += down * alongByU[x]!;
      coverByV[at]! += downByV * along[x]!;
    }
  }
}

/** Share of the chord's light at a distance from its middle. */
function chordShare(x: number, { halfChord, spreadPx }: Chord): number {
  return normalIntegral((halfChord - x) / spreadPx) - normalIntegral((-halfChord - x) / spreadPx);
}

/** Minus the primitive of {@link chordShare} over the distance, in units of the spread. */
function chordPrimitive(x: number, { halfChord, spreadPx }: Chord): number {
  return rampIntegral((halfChord - x) / spreadPx) - rampIntegral((-halfChord - x) / spreadPx);
}

/** G(z) = z Φ(z) + φ(z), whose derivative is Φ. */
function rampIntegral(z: number): number {
  return z * normalIntegral(z) + normalDensity(z);
}

/** Beyond lies 1e-7 of the light. */
const REACH_SIGMAS = 5.5;
