/**
 * A guess at one target, grown from two bearings by asking the other cameras one after another.
 *
 * The guess is a point with information Σ Eᵀ R⁻¹ E / range² of the bearings it has; R holds the bearing's own covariance and the doubt of
 * pose and time as if they were noise, which is right for one instant. Each further camera that should see the point is asked for the
 * nearest free bearing in its gate. Whether to go on is a sequential test of "target" against "two bearings that met by chance" (Wald
 * 1947): a chance meeting is dropped after three cameras say no, and most are.
 */

import type { BirthView } from "./epipolar.ts";
import { isSeen, meetSight, newSight, newSightMatch, type Sight } from "./sight.ts";
import { poseSigma, writeAxes } from "./tangent.ts";

/** What growing assumes; `gate` is a chi-square quantile of two degrees of freedom. */
export interface GrowthRules {
  readonly gate: number;
  readonly detectionProbability: number;
  readonly rangeMinM: number;
  readonly rangeMaxM: number;
}

/** One guess, used again for every pair of bearings. */
export class Growth {
  readonly point: Float64Array = new Float64Array(3);
  /** `xx xy xz yy yz zz` in square metres. */
  readonly covariance: Float64Array = new Float64Array(6);
  /** Bearing of each view, by place in the list of views, or -1. */
  readonly members: Int32Array;
  memberCount = 0;
  /** ln(how likely the bearings are from one target / from none), without the prior density of targets. */
  score = 0;

  readonly #rules: GrowthRules;
  readonly #information = new Float64Array(6);
  readonly #sight = newSight();
  readonly #match = newSightMatch();
  #found = new Int32Array(0);

  constructor(viewsMax: number, rules: GrowthRules) {
    this.members = new Int32Array(viewsMax);
    this.#rules = rules;
  }

  /** Begins at two bearings of views `p` and `q`; false where they miss each other or meet out of range. */
  seed(views: readonly BirthView[], p: number, i: number, q: number, j: number): boolean {
    const one = views[p]!;
    const two = views[q]!;
    const rowsOne = one.sky.rows;
    const rowsTwo = two.sky.rows;
    const m = i * 9;
    const n = j * 9;
    const ax = rowsOne[m]!;
    const ay = rowsOne[m + 1]!;
    const az = rowsOne[m + 2]!;
    const bx = rowsTwo[n]!;
    const by = rowsTwo[n + 1]!;
    const bz = rowsTwo[n + 2]!;
    const wx = two.originEnuM[0] - one.originEnuM[0];
    const wy = two.originEnuM[1] - one.originEnuM[1];
    const wz = two.originEnuM[2] - one.originEnuM[2];
    const cx = ay * bz - az * by;
    const cy = az * bx - ax * bz;
    const cz = ax * by - ay * bx;
    const sine2 = cx * cx + cy * cy + cz * cz;
    if (sine2 < PARALLAX_MIN * PARALLAX_MIN) return false;
    const cosine = ax * bx + ay * by + az * bz;
    const wa = wx * ax + wy * ay + wz * az;
    const wb = wx * bx + wy * by + wz * bz;
    const rangeOne = (wa - cosine * wb) / sine2;
    const rangeTwo = (cosine * wa - wb) / sine2;
    const { rangeMinM, rangeMaxM, gate, detectionProbability } = this.#rules;
    if (!(rangeOne > rangeMinM && rangeOne < rangeMaxM && rangeTwo > rangeMinM && rangeTwo < rangeMaxM)) return false;
    const varianceOne = lateralVariance(one, m, rangeOne);
    const varianceTwo = lateralVariance(two, n, rangeTwo);
    const apart = wx * cx + wy * cy + wz * cz;
    const squared = (apart * apart) / (sine2 * (varianceOne + varianceTwo));
    if (squared > gate) return false;
    const share = varianceTwo / (varianceOne + varianceTwo);
    for (let k = 0; k < 3; k++) {
      const onOne = one.originEnuM[k]! + rangeOne * rowsOne[m + k]!;
      const onTwo = two.originEnuM[k]! + rangeTwo * rowsTwo[n + k]!;
      this.point[k] = share * onOne + (1 - share) * onTwo;
    }
    this.#information.fill(0);
    this.#addAcross(ax, ay, az, 1 / varianceOne);
    this.#addAcross(bx, by, bz, 1 / varianceTwo);
    const determinant = invertSymmetric(this.#information, this.covariance);
    if (!(determinant > 0)) return false;
    this.members.fill(-1);
    this.members[p] = i;
    this.members[q] = j;
    this.memberCount = 2;
    // ∫ N N dx = (2π)^(3/2) |P|^(1/2) (2π)⁻² |R|⁻¹ e^(-χ²/2), per steradian of each bearing.
    const perSr = (varianceOne * varianceTwo) / (rangeOne * rangeOne * rangeTwo * rangeTwo);
    this.score =
      -0.5 * (LOG_TWO_PI + Math.log(determinant) + squared) -
      Math.log(perSr) +
      Math.log((detectionProbability * detectionProbability) / (one.sky.clutter[i]! * two.sky.clutter[j]!));
    return true;
  }

  /** Asks all views but those of the seed; false as soon as the guess looks like chance. */
  grow(views: readonly BirthView[]): boolean {
    let support = 0;
    const { detectionProbability } = this.#rules;
    const logMiss = Math.log1p(-detectionProbability);
    for (let place = 0; place < views.length; place++) {
      if (this.members[place]! >= 0) continue;
      const chance = this.#ask(views[place]!, place);
      if (chance < 0) continue;
      if (this.members[place]! >= 0) {
        support += Math.log(detectionProbability / chance);
        this.memberCount++;
      } else {
        support += logMiss - Math.log1p(-chance);
        this.score += logMiss;
      }
      if (support < SUPPORT_MIN) return false;
    }
    return true;
  }

  /** Looks for the point in one view; returns the chance that a false bearing lies in the gate, or -1 where the view cannot see it. */
  #ask(view: BirthView, place: number): number {
    const px = this.point[0]!;
    const py = this.point[1]!;
    const pz = this.point[2]!;
    const { sky } = view;
    if (sky.view === null || !isSeen(sky.view, px, py, pz)) return -1;
    const x = px - view.originEnuM[0];
    const y = py - view.originEnuM[1];
    const z = pz - view.originEnuM[2];
    const rangeM = Math.sqrt(x * x + y * y + z * z);
    const { gate, rangeMinM, rangeMaxM } = this.#rules;
    if (!(rangeM > rangeMinM && rangeM < rangeMaxM)) return -1;
    // Most guesses have nothing near: a round gate that holds the true one answers first, as it needs no axes.
    const pose = poseSigma(view.angleSigmaRad, view.placeSigmaM, rangeM);
    const variance = acrossVariance(this.covariance, x, y, z) / (rangeM * rangeM) + pose * pose + sky.varianceMax;
    if (this.#found.length < sky.count) this.#found = new Int32Array(sky.rows.length);
    const count = sky.near(x / rangeM, y / rangeM, z / rangeM, Math.sqrt(gate * variance), this.#found);
    if (count > 0) {
      writeAxes(this.#sight.axes, 0, x / rangeM, y / rangeM, z / rangeM);
      spreadPoint(this.#sight, this.covariance, rangeM, pose);
      this.#take(view, place, count);
    }
    return Math.min(CHANCE_MAX, Math.PI * gate * variance * sky.clutterMean);
  }

  /** Takes the nearest of the bearings found, if it is free and in the gate. */
  #take(view: BirthView, place: number, count: number): void {
    const { sky } = view;
    const match = this.#match;
    let best = -1;
    let least = this.#rules.gate;
    for (let k = 0; k < count; k++) {
      const index = this.#found[k]!;
      if (sky.owner[index] !== 0) continue;
      meetSight(match, this.#sight, sky.rows, index);
      if (match.squared > least) continue;
      least = match.squared;
      best = index;
    }
    if (best < 0) return;
    meetSight(match, this.#sight, sky.rows, best);
    this.members[place] = best;
    this.score += match.logLikelihood + Math.log(this.#rules.detectionProbability / sky.clutter[best]!);
    this.#learn(view, best, this.#sight.rangeM);
  }

  /** Takes the bearing that `#match` measured into point and covariance; its doubt as the same on both axes. */
  #learn(view: BirthView, index: number, rangeM: number): void {
    const { axes } = this.#sight;
    const weight = 1 / lateralVariance(view, index * 9, rangeM);
    this.#addAcross(axes[0]!, axes[1]!, axes[2]!, weight);
    invertSymmetric(this.#information, this.covariance);
    const a = this.#match.a * rangeM * weight;
    const b = this.#match.b * rangeM * weight;
    const rx = a * axes[3]! + b * axes[6]!;
    const ry = a * axes[4]! + b * axes[7]!;
    const rz = a * axes[5]! + b * axes[8]!;
    const c = this.covariance;
    this.point[0]! += c[0]! * rx + c[1]! * ry + c[2]! * rz;
    this.point[1]! += c[1]! * rx + c[3]! * ry + c[4]! * rz;
    this.point[2]! += c[2]! * rx + c[4]! * ry + c[5]! * rz;
  }

  /** Adds weight (I - d dᵀ) to the information. */
  #addAcross(x: number, y: number, z: number, weight: number): void {
    const i = this.#information;
    i[0]! += weight * (1 - x * x);
    i[1]! -= weight * x * y;
    i[2]! -= weight * x * z;
    i[3]! += weight * (1 - y * y);
    i[4]! -= weight * y * z;
    i[5]! += weight * (1 - z * z);
  }
}

/** The variance across a bearing at a range, square metres, mean of both axes. */
function lateralVariance(view: BirthView, at: number, rangeM: number): number {
  const { rows } = view.sky;
  const own = 0.5 * (rows[at + 3]! + rows[at + 6]! + rows[at + 8]!);
  const angle = own + view.angleSigmaRad * view.angleSigmaRad;
  return angle * rangeM * rangeM + view.placeSigmaM * view.placeSigmaM;
}

/** The sum of the two variances across a direction (of any length), square metres: no single one is larger. */
function acrossVariance(p: Float64Array, x: number, y: number, z: number): number {
  const along = x * (p[0]! * x + 2 * (p[1]! * y + p[2]! * z)) + y * (p[3]! * y + 2 * p[4]! * z) + p[5]! * z * z;
  return p[0]! + p[3]! + p[5]! - along / (x * x + y * y + z * z);
}

/** E P Eᵀ / range² + the doubt of the pose, along the axes of a sight. */
function spreadPoint(sight: Sight, p: Float64Array, rangeM: number, sigma: number): void {
  const e = sight.axes;
  const scale = 1 / (rangeM * rangeM);
  const ax = e[3]!;
  const ay = e[4]!;
  const az = e[5]!;
  const bx = e[6]!;
  const by = e[7]!;
  const bz = e[8]!;
  const px = p[0]! * ax + p[1]! * ay + p[2]! * az;
  const py = p[1]! * ax + p[3]! * ay + p[4]! * az;
  const pz = p[2]! * ax + p[4]! * ay + p[5]! * az;
  const qx = p[0]! * bx + p[1]! * by + p[2]! * bz;
  const qy = p[1]! * bx + p[3]! * by + p[4]! * bz;
  const qz = p[2]! * bx + p[4]! * by + p[5]! * bz;
  sight.rangeM = rangeM;
  sight.aa = scale * (ax * px + ay * py + az * pz) + sigma * sigma;
  sight.ab = scale * (bx * px + by * py + bz * pz);
  sight.bb = scale * (bx * qx + by * qy + bz * qz) + sigma * sigma;
}

/** Inverts `xx xy xz yy yz zz` by cofactors and returns the determinant. */
function invertSymmetric(m: Float64Array, into: Float64Array): number {
  const xx = m[0]!;
  const xy = m[1]!;
  const xz = m[2]!;
  const yy = m[3]!;
  const yz = m[4]!;
  const zz = m[5]!;
  const cxx = yy * zz - yz * yz;
  const cxy = xz * yz - xy * zz;
  const cxz = xy * yz - xz * yy;
  const determinant = xx * cxx + xy * cxy + xz * cxz;
  const s = 1 / determinant;
  into[0] = cxx * s;
  into[1] = cxy * s;
  into[2] = cxz * s;
  into[3] = (xx * zz - xz * xz) * s;
  into[4] = (xy * xz - xx * yz) * s;
  into[5] = (xx * yy - xy * xy) * s;
  return determinant;
}

/** Sine of the angle between two bearings below which they tell no range. */
const PARALLAX_MIN = 0.005;
/** ln of the share of true targets that may be dropped. */
const SUPPORT_MIN = Math.log(1 / 200);
const CHANCE_MAX = 0.5;
const LOG_TWO_PI = Math.log(2 * Math.PI);
