/**
 * Where several bearings meet, and how well: weighted least squares in information form.
 *
 * A ray from o along the unit vector r says nothing along itself and, across, that the target lies on it to within sigma:
 * information (I - r rᵀ) / sigma². Summed over views its inverse is the covariance, and the weighted meeting point solves
 * (Σ (I - r rᵀ) / sigma²) x = Σ (I - r rᵀ) o / sigma². Numbers are float64, lengths metres, local east-north-up.
 */
import { assert, dot, inverse3, type Mat3, subtract, transform3, type Vec3 } from "@skyvox/core";

/** A ray with the sigma of its lateral doubt at the target. */
export interface Bearing {
  readonly originEnuM: Vec3;
  /** Unit vector. */
  readonly direction: Vec3;
  readonly sigmaM: number;
}

/** A place known roughly before any bearing, the same on every axis: it keeps nearly parallel rays solvable. */
export interface Prior {
  readonly positionEnuM: Vec3;
  readonly sigmaM: number;
}

/** The meeting point of bearings and its covariance `[3, 3]` in square metres, symmetric and positive definite. */
export interface Meeting {
  readonly positionEnuM: Vec3;
  readonly covarianceM2: Mat3;
}

/** Finds the point that bearings and prior agree on best. */
export function meetBearings(bearings: readonly Bearing[], prior: Prior): Meeting {
  const base = 1 / (prior.sigmaM * prior.sigmaM);
  let [xx, yy, zz] = [base, base, base];
  let [xy, xz, yz] = [0, 0, 0];
  let [bx, by, bz] = [0, 0, 0];
  for (const { originEnuM, direction, sigmaM } of bearings) {
    assert(sigmaM > 0, "a bearing has a doubt of more than 0 m");
    const w = 1 / (sigmaM * sigmaM);
    const [x, y, z] = direction;
    xx += w * (1 - x * x);
    yy += w * (1 - y * y);
    zz += w * (1 - z * z);
    xy -= w * x * y;
    xz -= w * x * z;
    yz -= w * y * z;
    // Relative to the prior's place, so that coordinates far from the origin cost no digits.
    const [ox, oy, oz] = across(subtract(originEnuM, prior.positionEnuM), direction);
    bx += w * ox;
    by += w * oy;
    bz += w * oz;
  }
  const covarianceM2 = inverse3([xx, xy, xz, xy, yy, yz, xz, yz, zz]);
  assert(covarianceM2 !== null, "bearings and prior fix a point");
  const [dx, dy, dz] = transform3(covarianceM2, [bx, by, bz]);
  const [px, py, pz] = prior.positionEnuM;
  return { positionEnuM: [px + dx, py + dy, pz + dz], covarianceM2 };
}

/** Returns the squared distance of a point from a bearing in units of its sigma: a chi-square value of 2 degrees of freedom. */
export function squaredResidual(bearing: Bearing, pointEnuM: Vec3): number {
  const offset = across(subtract(pointEnuM, bearing.originEnuM), bearing.direction);
  return dot(offset, offset) / (bearing.sigmaM * bearing.sigmaM);
}

/**
 * Approximates the value that a chi-square variable exceeds once in a thousand times (Wilson & Hilferty 1931; within 4 % from one
 * degree of freedom on).
 */
export function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + NORMAL_QUANTILE_999 * Math.sqrt(spread)) ** 3;
}

/** The part of a vector across a unit direction. */
function across(vector: Vec3, direction: Vec3): Vec3 {
  const along = dot(vector, direction);
  return [vector[0] - along * direction[0], vector[1] - along * direction[1], vector[2] - along * direction[2]];
}

const NORMAL_QUANTILE_999 = 3.0902;
