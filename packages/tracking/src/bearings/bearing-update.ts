/**
 * One track, measured by several cameras at once: a joint, iterated update from bearings. Nothing is triangulated.
 *
 * A bearing d is measured in the plane that touches the unit sphere at d, by two axes e₁, e₂ across it: a point at δ from the camera
 * appears there at e·δ / d·δ, so the measured value is zero and the derivatives are closed: (e - (e·δ/d·δ) d) / d·δ. A camera that
 * captured `lagS` after the estimate's time saw the point where it will be by then.
 *
 * Noise of one bearing: its own covariance, and the target's angular velocity times the sigma of the capture time. The pose error of
 * its camera lasts, so it is not noise: it is considered (see `bearing-pool.ts`). With e = truth - estimate, H the derivatives, G = s [e₁ e₂]ᵀ
 * how the pose error shows, C = cov(e, b):
 *   S = H P Hᵀ + H C Gᵀ + G Cᵀ Hᵀ + G Gᵀ + R,   K = (P Hᵀ + C Gᵀ) S⁻¹,   P⁺ = P - K S Kᵀ,   C⁺ = C - K (H C + G)
 * With sigma 0 for all poses this is the information form Σ Hᵀ R⁻¹ H to the last digits; S is what scores and gates are made of. It
 * has two rows per camera, so one Cholesky factor of at most 64 rows does it. Linearised again about the result (Gauss-Newton; Bell &
 * Cathey 1993) until the point moves less than the curvature of the map matters. Allocates nothing after construction.
 */
import { assert, factorCholesky, logDeterminantCholesky, solveLower } from "@skyvox/core";
import type { BearingPool } from "./bearing-pool.ts";
import { poseSigma, writeTangent } from "./tangent.ts";

/** Bearings of one joint update at most; a group of more cameras is taken in several. */
export const JOINT_VIEWS_MAX = 32;

/** The pose a bearing was measured from, and when. */
export interface BearingSource {
  /** Index of the camera in the pool. */
  readonly camera: number;
  readonly originEnuM: readonly [number, number, number];
  readonly angleSigmaRad: number;
  readonly positionSigmaM: number;
  /** Capture time less the time of the estimate, seconds. */
  readonly lagS: number;
  readonly timeSigmaS: number;
}

/** Holds the bearings of one update and the arrays it is computed in. */
export class JointUpdate {
  count = 0;
  /** ν' S⁻¹ ν of the last solution at the prior, chi-square of 2 `count` degrees of freedom for a true match. */
  squared = 0;
  /** ln N(ν; 0, S) of the last solution at the prior, per steradian for each bearing. */
  logLikelihood = 0;
  /** `[count]`: how much `squared` falls without a bearing; written by `weigh`. */
  readonly blame: Float64Array = new Float64Array(JOINT_VIEWS_MAX);

  readonly #sources: BearingSource[] = [];
  /** `[count, 12]`: direction, two axes across it, then the covariance `11 12 22` along these. */
  readonly #frames = new Float64Array(JOINT_VIEWS_MAX * 12);
  /** `[2 count, 6]`: H, the derivatives by position and velocity. */
  readonly #slopes = new Float64Array(ROWS_MAX * 6);
  /** `[2 count, 3]`: G. */
  readonly #poseSlopes = new Float64Array(ROWS_MAX * 3);
  readonly #innovation = new Float64Array(ROWS_MAX);
  readonly #whitened = new Float64Array(ROWS_MAX);
  readonly #innovationCovariance = new Float64Array(ROWS_MAX * ROWS_MAX);
  /** `[2 count, 6]`: rows of (P Hᵀ + C Gᵀ)ᵀ, then of K after solving; and of (C Gᵀ)ᵀ. */
  readonly #gain = new Float64Array(ROWS_MAX * 6);
  readonly #reach = new Float64Array(ROWS_MAX * 6);
  readonly #poseReach = new Float64Array(ROWS_MAX * 6);
  readonly #at = new Float64Array(6);
  readonly #moved = new Float64Array(6);
  #poseProduct = new Float64Array(0);

  /** Begins a new update. */
  clear(): void {
    this.count = 0;
    this.#sources.length = 0;
  }

  /** Adds row `index` of `rows` (see `BearingView`) as measured from a source; every source is of another camera. */
  add(source: BearingSource, rows: Float64Array, index: number): void {
    assert(this.count < JOINT_VIEWS_MAX, "a joint update has at most 32 bearings");
    this.#sources.push(source);
    writeTangent(this.#frames, this.count * 12, rows, index * 9);
    this.count++;
  }

  /** Takes the bearing out that stands at a place; the order of the others stays. */
  drop(place: number): void {
    this.#sources.splice(place, 1);
    this.#frames.copyWithin(place * 12, (place + 1) * 12, this.count * 12);
    this.count--;
  }

  /**
   * Updates a track with the bearings added; `squared` and `logLikelihood` tell how well they fitted before.
   *
   * @returns false where a point lies behind its camera or the covariance is broken; the track is then left alone.
   */
  apply(pool: BearingPool, slot: number): boolean {
    if (!this.measure(pool, slot)) return false;
    const { squared, logLikelihood } = this;
    for (let round = 1; ; round++) {
      const movedM = this.#move(pool, slot);
      if (round === ROUNDS_MAX || !this.#isCurved(movedM)) break;
      for (let i = 0; i < 6; i++) this.#at[i] = this.#moved[i]!;
      if (!this.#linearise(pool, slot)) return false;
    }
    this.squared = squared;
    this.logLikelihood = logLikelihood;
    this.#write(pool, slot);
    return true;
  }

  /** Sets `squared` and `logLikelihood` without changing the track. @returns false as `apply`. */
  measure(pool: BearingPool, slot: number): boolean {
    for (let i = 0; i < 6; i++) this.#at[i] = pool.states[slot * 6 + i]!;
    return this.#linearise(pool, slot);
  }

  /**
   * Writes to `blame` how much `squared` would fall without each bearing: with w = S⁻¹ ν, w_cᵀ ((S⁻¹)_cc)⁻¹ w_c. Follows `measure`.
   */
  weigh(): void {
    const n = 2 * this.count;
    const factor = this.#innovationCovariance;
    const [first, second] = [new Float64Array(n), new Float64Array(n)];
    for (let place = 0; place < this.count; place++) {
      first.fill(0);
      second.fill(0);
      first[2 * place] = 1;
      second[2 * place + 1] = 1;
      solveLower(factor, n, first);
      solveLower(factor, n, second);
      let [aa, ab, bb, wa, wb] = [0, 0, 0, 0, 0];
      for (let k = 2 * place; k < n; k++) {
        aa += first[k]! * first[k]!;
        ab += first[k]! * second[k]!;
        bb += second[k]! * second[k]!;
        wa += first[k]! * this.#whitened[k]!;
        wb += second[k]! * this.#whitened[k]!;
      }
      this.blame[place] = (bb * wa * wa - 2 * ab * wa * wb + aa * wb * wb) / (aa * bb - ab * ab);
    }
  }

  /** Fills slopes, innovation, S and its factor at `#at`. */
  #linearise(pool: BearingPool, slot: number): boolean {
    for (let place = 0; place < this.count; place++) {
      if (!this.#project(pool, slot, place)) return false;
    }
    this.#reachOut(pool, slot);
    this.#fillInnovationCovariance();
    const n = 2 * this.count;
    if (!factorCholesky(this.#innovationCovariance, n)) return false;
    this.#whitened.set(this.#innovation);
    solveLower(this.#innovationCovariance, n, this.#whitened);
    this.squared = 0;
    for (let k = 0; k < n; k++) this.squared += this.#whitened[k]! * this.#whitened[k]!;
    this.logLikelihood =
      -0.5 * (this.squared + logDeterminantCholesky(this.#innovationCovariance, n)) - this.count * LOG_TWO_PI;
    return Number.isFinite(this.squared);
  }

  /** Derivatives and innovation of one bearing at `#at`, the innovation as seen from the prior. */
  #project(pool: BearingPool, slot: number, place: number): boolean {
    const { originEnuM, lagS, angleSigmaRad, positionSigmaM } = this.#sources[place]!;
    const at = this.#at;
    const f = place * 12;
    const frames = this.#frames;
    const x = at[0]! + lagS * at[3]! - originEnuM[0];
    const y = at[1]! + lagS * at[4]! - originEnuM[1];
    const z = at[2]! + lagS * at[5]! - originEnuM[2];
    const ahead = frames[f]! * x + frames[f + 1]! * y + frames[f + 2]! * z;
    if (!(ahead > AHEAD_M_MIN)) return false;
    const sigma = poseSigma(angleSigmaRad, positionSigmaM, ahead);
    for (let axis = 0; axis < 2; axis++) {
      const e = f + 3 + 3 * axis;
      const row = 2 * place + axis;
      const seen = (frames[e]! * x + frames[e + 1]! * y + frames[e + 2]! * z) / ahead;
      let back = 0;
      for (let i = 0; i < 3; i++) {
        const slope = (frames[e + i]! - seen * frames[f + i]!) / ahead;
        this.#slopes[row * 6 + i] = slope;
        this.#slopes[row * 6 + 3 + i] = lagS * slope;
        this.#poseSlopes[row * 3 + i] = sigma * frames[e + i]!;
        const apart = pool.states[slot * 6 + i]! - at[i]! + lagS * (pool.states[slot * 6 + i + 3]! - at[i + 3]!);
        back += slope * apart;
      }
      this.#innovation[row] = -seen - back;
    }
    return true;
  }

  /** Fills `#reach` with (P Hᵀ + C Gᵀ)ᵀ and `#poseReach` with (C Gᵀ)ᵀ. */
  #reachOut(pool: BearingPool, slot: number): void {
    const { covariances, cross } = pool;
    const slopes = this.#slopes;
    const width = 3 * pool.cameraCount;
    for (let row = 0; row < 2 * this.count; row++) {
      const h = row * 6;
      const g = row * 3;
      const column = 3 * this.#sources[row >> 1]!.camera;
      for (let i = 0; i < 6; i++) {
        const p = slot * 36 + i * 6;
        const c = (slot * 6 + i) * width + column;
        let state = 0;
        for (let k = 0; k < 6; k++) state += covariances[p + k]! * slopes[h + k]!;
        let pose = 0;
        for (let k = 0; k < 3; k++) pose += cross[c + k]! * this.#poseSlopes[g + k]!;
        this.#reach[h + i] = state + pose;
        this.#poseReach[h + i] = pose;
      }
    }
  }

  /** S: H P Hᵀ + H C Gᵀ from one side, G Cᵀ Hᵀ from the other, and what belongs to one bearing alone. */
  #fillInnovationCovariance(): void {
    const n = 2 * this.count;
    const slopes = this.#slopes;
    const reach = this.#reach;
    const poseReach = this.#poseReach;
    for (let row = 0; row < n; row++) {
      const r = row * 6;
      for (let column = 0; column <= row; column++) {
        const c = column * 6;
        let sum = 0;
        for (let k = 0; k < 6; k++) sum += slopes[r + k]! * reach[c + k]! + slopes[c + k]! * poseReach[r + k]!;
        this.#innovationCovariance[row * n + column] = sum;
      }
      for (let column = row & ~1; column <= row; column++) {
        let sum = this.#noise(row, column);
        for (let k = 0; k < 3; k++) sum += this.#poseSlopes[row * 3 + k]! * this.#poseSlopes[column * 3 + k]!;
        this.#innovationCovariance[row * n + column]! += sum;
      }
    }
  }

  /** R of one bearing: its own doubt, and how far the target turns in one sigma of the capture time. */
  #noise(row: number, column: number): number {
    const { timeSigmaS } = this.#sources[row >> 1]!;
    const own = this.#frames[(row >> 1) * 12 + 9 + (row & 1) + (column & 1)]!;
    if (timeSigmaS === 0) return own;
    let turnRow = 0;
    let turnColumn = 0;
    for (let k = 0; k < 3; k++) {
      turnRow += this.#slopes[row * 6 + k]! * this.#at[3 + k]!;
      turnColumn += this.#slopes[column * 6 + k]! * this.#at[3 + k]!;
    }
    return own + turnRow * turnColumn * timeSigmaS * timeSigmaS;
  }

  /** Solves for K and writes the state it leads to from the prior; returns how far that is from `#at`. */
  #move(pool: BearingPool, slot: number): number {
    const n = 2 * this.count;
    const factor = this.#innovationCovariance;
    const gain = this.#gain;
    // K' = S⁻¹ reach, all six columns at once: forward, then back.
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < 6; i++) {
        let sum = this.#reach[row * 6 + i]!;
        for (let k = 0; k < row; k++) sum -= factor[row * n + k]! * gain[k * 6 + i]!;
        gain[row * 6 + i] = sum / factor[row * n + row]!;
      }
    }
    for (let row = n - 1; row >= 0; row--) {
      for (let i = 0; i < 6; i++) {
        let sum = gain[row * 6 + i]!;
        for (let k = row + 1; k < n; k++) sum -= factor[k * n + row]! * gain[k * 6 + i]!;
        gain[row * 6 + i] = sum / factor[row * n + row]!;
      }
    }
    let squared = 0;
    for (let i = 0; i < 6; i++) {
      let sum = pool.states[slot * 6 + i]!;
      for (let row = 0; row < n; row++) sum += gain[row * 6 + i]! * this.#innovation[row]!;
      if (i < 3) squared += (sum - this.#at[i]!) * (sum - this.#at[i]!);
      this.#moved[i] = sum;
    }
    return Math.sqrt(squared);
  }

  /** True where a move is so long that the map bends over it by a noticeable share of a bearing's sigma. */
  #isCurved(movedM: number): boolean {
    for (let place = 0; place < this.count; place++) {
      const row = 2 * place;
      let squared = 0;
      for (let k = 0; k < 3; k++) squared += this.#slopes[row * 6 + k]! * this.#slopes[row * 6 + k]!;
      const sigma = Math.sqrt(Math.min(this.#noise(row, row), this.#noise(row + 1, row + 1)));
      if (movedM * movedM * squared > CURVED_SHARE * sigma) return true;
    }
    return false;
  }

  /** P⁺ = P - K reach, mirrored; C⁺ = C - K (H C + G). */
  #write(pool: BearingPool, slot: number): void {
    const n = 2 * this.count;
    const gain = this.#gain;
    for (let i = 0; i < 6; i++) {
      pool.states[slot * 6 + i] = this.#moved[i]!;
      for (let j = i; j < 6; j++) {
        let sum = pool.covariances[slot * 36 + i * 6 + j]!;
        for (let row = 0; row < n; row++) {
          const product =
            gain[row * 6 + i]! * this.#reach[row * 6 + j]! + gain[row * 6 + j]! * this.#reach[row * 6 + i]!;
          sum -= 0.5 * product;
        }
        pool.covariances[slot * 36 + i * 6 + j] = sum;
        pool.covariances[slot * 36 + j * 6 + i] = sum;
      }
    }
    this.#writeCross(pool, slot);
  }

  #writeCross(pool: BearingPool, slot: number): void {
    const n = 2 * this.count;
    const width = 3 * pool.cameraCount;
    const { cross } = pool;
    const slopes = this.#slopes;
    if (this.#poseProduct.length < ROWS_MAX * width) this.#poseProduct = new Float64Array(ROWS_MAX * width);
    const product = this.#poseProduct;
    const c = slot * 6 * width;
    // H C + G first, from the old C.
    for (let row = 0; row < n; row++) {
      const m = row * width;
      product.fill(0, m, m + width);
      for (let k = 0; k < 6; k++) {
        const slope = slopes[row * 6 + k]!;
        const from = c + k * width;
        if (slope !== 0) for (let j = 0; j < width; j++) product[m + j]! += slope * cross[from + j]!;
      }
      const own = m + 3 * this.#sources[row >> 1]!.camera;
      for (let k = 0; k < 3; k++) product[own + k]! += this.#poseSlopes[row * 3 + k]!;
    }
    for (let i = 0; i < 6; i++) {
      const into = c + i * width;
      for (let row = 0; row < n; row++) {
        const gain = this.#gain[row * 6 + i]!;
        const m = row * width;
        for (let j = 0; j < width; j++) cross[into + j]! -= gain * product[m + j]!;
      }
    }
  }
}

const ROWS_MAX = 2 * JOINT_VIEWS_MAX;
const ROUNDS_MAX = 5;
/** Nearer than this a point has no bearing worth the name. */
const AHEAD_M_MIN = 0.1;
/** The square of the angle moved, as a share of a bearing's sigma, from which on it is linearised again. */
const CURVED_SHARE = 0.02;
const LOG_TWO_PI = Math.log(2 * Math.PI);
