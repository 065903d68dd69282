/**
 * How much of each pixel a small disc covers after optics and sensor: disc ⊗ Gaussian point spread ⊗ pixel.
 *
 * The pixel's box is folded into the Gaussian by adding its variance, 1/12 px²; sums over pixels stay exact to 1e-6 because the spread is
 * wide enough for the sampling. Small discs are integrated row by row with Gauss-Chebyshev nodes of the second kind, whose weights hold
 * the half-circle, so the flux is pi r² for any radius: a disc of 0.3 px dims instead of vanishing. Large ones have an edge that is straight
 * on the scale of the spread: their coverage is the normal integral of the distance to the edge.
 */
import { assert } from "@skyvox/core";

/** The pixels a disc reaches. `coverage` is `[heightPx, widthPx]` in [0, 1], row-major; it is borrowed until the next disc. */
export interface DiscPatch {
  left: number;
  top: number;
  widthPx: number;
  heightPx: number;
  coverage: Float32Array;
}

/** A disc in the image: centre in pixels (0, 0 is the centre of the top-left pixel), radius in pixels. */
export interface Disc {
  readonly u: number;
  readonly v: number;
  readonly radiusPx: number;
}

/** Makes the scratch memory for discs; it grows once to the largest disc drawn. */
export function createDiscPatch(): DiscPatch {
  return { left: 0, top: 0, widthPx: 0, heightPx: 0, coverage: new Float32Array(64 * 64) };
}

/** Writes the coverage of a disc; `spreadPx` is one sigma of the point spread without the pixel. */
export function coverDisc(disc: Disc, spreadPx: number, patch: DiscPatch): void {
  assert(disc.radiusPx > 0, "radiusPx is positive");
  const sigma = Math.sqrt(spreadPx * spreadPx + 1 / 12);
  const reach = disc.radiusPx + REACH_SIGMAS * sigma;
  patch.left = Math.ceil(disc.u - reach);
  patch.top = Math.ceil(disc.v - reach);
  patch.widthPx = Math.floor(disc.u + reach) - patch.left + 1;
  patch.heightPx = Math.floor(disc.v + reach) - patch.top + 1;
  const length = patch.widthPx * patch.heightPx;
  if (patch.coverage.length < length) patch.coverage = new Float32Array(length * 2);
  if (disc.radiusPx < STRAIGHT_EDGE_SIGMAS * sigma) coverByRows(disc, sigma, patch);
  else coverByEdge(disc, sigma, patch);
}

function coverByRows(disc: Disc, sigma: number, patch: DiscPatch): void {
  const { coverage, widthPx, heightPx, left, top } = patch;
  coverage.fill(0, 0, widthPx * heightPx);
  const nodeCount = 8 + Math.ceil(8 * (disc.radiusPx / sigma));
  for (let node = 1; node <= nodeCount; node++) {
    const angle = (Math.PI * node) / (nodeCount + 1);
    const halfChord = disc.radiusPx * Math.sin(angle);
    const nodeV = disc.v + disc.radiusPx * Math.cos(angle);
    const weight = (halfChord * Math.PI) / (nodeCount + 1) / (sigma * Math.sqrt(2 * Math.PI));
    for (let x = 0; x < widthPx; x++) {
      const offset = left + x - disc.u;
      CHORD[x] = normalCdf((halfChord - offset) / sigma) - normalCdf((-halfChord - offset) / sigma);
    }
    for (let y = 0; y < heightPx; y++) {
      const z = (top + y - nodeV) / sigma;
      const rowWeight = weight * Math.exp(-0.5 * z * z);
      const row = y * widthPx;
      for (let x = 0; x < widthPx; x++) coverage[row + x]! += rowWeight * CHORD[x]!;
    }
  }
}

function coverByEdge(disc: Disc, sigma: number, patch: DiscPatch): void {
  const { coverage, widthPx, heightPx, left, top } = patch;
  // The profile Φ((R - d) / sigma) holds pi (R² + sigma²) in all: R is chosen so that this is the area of the disc.
  const edge = Math.sqrt(disc.radiusPx * disc.radiusPx - sigma * sigma);
  const inner2 = Math.max(0, edge - REACH_SIGMAS * sigma) ** 2;
  for (let y = 0; y < heightPx; y++) {
    const dv = top + y - disc.v;
    const row = y * widthPx;
    for (let x = 0; x < widthPx; x++) {
      const du = left + x - disc.u;
      const d2 = du * du + dv * dv;
      coverage[row + x] = d2 <= inner2 ? 1 : normalCdf((edge - Math.sqrt(d2)) / sigma);
    }
  }
}

/** The normal integral by a table of step 1/64 with linear interpolation; error below 1e-5. */
function normalCdf(z: number): number {
  const position = (z + CDF_RANGE) * CDF_STEPS;
  if (position <= 0) return 0;
  if (position >= CDF_TABLE.length - 1) return 1;
  const index = Math.floor(position);
  const low = CDF_TABLE[index]!;
  return low + (CDF_TABLE[index + 1]! - low) * (position - index);
}

const REACH_SIGMAS = 4;
/** From this radius on the profile of a straight edge is within 1 % of the true one everywhere. */
const STRAIGHT_EDGE_SIGMAS = 5;
const CDF_RANGE = 6;
const CDF_STEPS = 64;
const CDF_TABLE = tabulateNormalCdf();
/** Scratch for one chord: small discs reach 9 sigma to each side, so 64 pixels serve a spread of up to 3 px. */
const CHORD = new Float64Array(64);

/** Integrates the density from the left by Simpson's rule on each step, then scales the end to 1. */
function tabulateNormalCdf(): Float64Array {
  const density = (z: number) => Math.exp(-0.5 * z * z);
  const table = new Float64Array(2 * CDF_RANGE * CDF_STEPS + 1);
  const step = 1 / CDF_STEPS;
  for (let i = 1; i < table.length; i++) {
    const z = -CDF_RANGE + (i - 1) * step;
    table[i] = table[i - 1]! + (step / 6) * (density(z) + 4 * density(z + step / 2) + density(z + step));
  }
  const total = table[table.length - 1]!;
  return table.map((value) => value / total);
}
