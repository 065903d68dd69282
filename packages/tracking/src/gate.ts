/**
 * The gate: may this detection belong to that track?
 *
 * With S = position covariance of the track + covariance of the detection and v their distance, v' S⁻¹ v of a true pair follows a
 * chi-square law of 3 degrees of freedom. The gate keeps what lies under that law's quantile. The same inverse gives ln N(v; 0, S),
 * the likelihood that association and score are made of.
 */
import { assert } from "@skyvox/core";

/**
 * Finds the value below which a chi-square variable of `degrees` degrees of freedom lies with `probability`, to 1e-10 relative.
 *
 * By bisection on the series of the regularised lower incomplete gamma function (Abramowitz & Stegun 6.5.29).
 */
export function chiSquareQuantile(probability: number, degrees: number): number {
  assert(probability >= 0 && probability < 1, "probability lies in [0, 1)");
  assert(
    Number.isInteger(degrees) && degrees >= 1 && degrees <= 100,
    "degrees of freedom are an integer from 1 to 100",
  );
  let low = 0;
  let high = degrees + 10;
  while (chiSquareProbability(high, degrees) < probability && high < QUANTILE_MAX) high *= 2;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (chiSquareProbability(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(a, x) = xᵃ e⁻ˣ / Γ(a+1) · (1 + x/(a+1) + x²/((a+1)(a+2)) + …) at a = degrees/2, x = value/2: all terms positive. */
function chiSquareProbability(value: number, degrees: number): number {
  const a = degrees / 2;
  const x = value / 2;
  if (x === 0) return 0;
  // ln Γ(a + 1) by Γ(1) = 1, Γ(1/2) = √π and Γ(z + 1) = z Γ(z).
  let lnGamma = degrees % 2 === 0 ? 0 : Math.log(Math.PI) / 2;
  for (let z = degrees % 2 === 0 ? 1 : 0.5; z < a + 1; z++) lnGamma += Math.log(z);
  let term = 1;
  let sum = 1;
  for (let n = 1; n < SERIES_TERMS_MAX && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.min(1, Math.exp(a * Math.log(x) - x - lnGamma) * sum);
}

const QUANTILE_MAX = 2000;
const SERIES_TERMS_MAX = 10_000;
const BISECTIONS = 80;

/**
 * The inverse of one symmetric 3 by 3 covariance and its determinant, kept in an object that is used again for every pair.
 *
 * Filled by `invert`; `xx … zz` are the six distinct entries of the inverse.
 */
export interface InverseCovariance {
  xx: number;
  xy: number;
  xz: number;
  yy: number;
  yz: number;
  zz: number;
  determinant: number;
}

/** Makes an empty inverse for `invert` to fill. */
export function newInverseCovariance(): InverseCovariance {
  return { xx: 0, xy: 0, xz: 0, yy: 0, yz: 0, zz: 0, determinant: 0 };
}

/**
 * Inverts the symmetric matrix `[[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]`, in square metres, by cofactors.
 *
 * @throws {AssertionError} when it is not positive definite: a covariance came in broken.
 */
export function invert(
  into: InverseCovariance,
  xx: number,
  xy: number,
  xz: number,
  yy: number,
  yz: number,
  zz: number,
): void {
  const cofactorXx = yy * zz - yz * yz;
  const cofactorXy = xz * yz - xy * zz;
  const cofactorXz = xy * yz - xz * yy;
  const determinant = xx * cofactorXx + xy * cofactorXy + xz * cofactorXz;
  assert(xx > 0 && cofactorXx > 0 && determinant > 0, "an innovation covariance is positive definite");
  const s = 1 / determinant;
  into.xx = cofactorXx * s;
  into.xy = cofactorXy * s;
  into.xz = cofactorXz * s;
  into.yy = (xx * zz - xz * xz) * s;
  into.yz = (xy * xz - xx * yz) * s;
  into.zz = (xx * yy - xy * xy) * s;
  into.determinant = determinant;
}

/** Inverts the position block of state `slot` (of `[count, size, size]`) plus the covariance of detection `index` (of `[count, 9]`). */
export function invertInnovation(
  into: InverseCovariance,
  covariances: Float64Array,
  slot: number,
  noise: Float64Array,
  index: number,
  size: 6 | 9 = 6,
): void {
  const p = slot * size * size;
  const r = index * 9;
  invert(
    into,
    covariances[p]! + noise[r]!,
    covariances[p + 1]! + noise[r + 1]!,
    covariances[p + 2]! + noise[r + 2]!,
    covariances[p + size + 1]! + noise[r + 4]!,
    covariances[p + size + 2]! + noise[r + 5]!,
    covariances[p + 2 * size + 2]! + noise[r + 8]!,
  );
}

/** Returns v' S⁻¹ v, the squared Mahalanobis distance, without unit. */
export function squaredDistance(inverse: InverseCovariance, x: number, y: number, z: number): number {
  return (
    x * (inverse.xx * x + 2 * (inverse.xy * y + inverse.xz * z)) +
    y * (inverse.yy * y + 2 * inverse.yz * z) +
    inverse.zz * z * z
  );
}

/** Returns ln N(v; 0, S) per cubic metre from the squared distance of v. */
export function logLikelihood(inverse: InverseCovariance, squared: number): number {
  return -0.5 * (squared + Math.log(inverse.determinant)) - LOG_NORMALISER_3;
}

const LOG_NORMALISER_3 = 1.5 * Math.log(2 * Math.PI);
