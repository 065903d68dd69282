/**
 * The normal equations of a bundle adjustment and their solution by the Schur complement.
 *
 * Unknowns come in two kinds: a few hundred `dense` ones of the cameras and the thousands of control
 * points of the path, which touch only their neighbours. With H = [[C, Eᵀ], [E, P]], P banded: factor P = L Lᵀ, Y = L⁻¹ E, solve
 * (C - Yᵀ Y) x = …, then back-substitute (Triggs et al. 2000, "Bundle Adjustment: A Modern Synthesis", section 6). What fills the equations
 * is in `bundle-terms.ts`.
 */
import { factorCholesky, solveCholesky } from "@skyvox/core";
import { factorBanded, solveBandedLower, solveBandedUpper } from "./banded-cholesky.ts";
import type { BundleProblem } from "./bundle-problem.ts";
import { SPLINE_SUPPORT } from "./path-spline.ts";

/** Half bandwidth of the path's equations: four neighbouring control points of three numbers. */
export const PATH_BAND = SPLINE_SUPPORT * 3 - 1;

/** The places of a problem's unknowns among the dense ones; -1 for what is held. */
export interface DenseLayout {
  readonly count: number;
  /** Per camera `[step length]`. */
  readonly cameras: readonly Int32Array[];
}

/** Numbers the unknowns of a problem. */
export function layOut(problem: BundleProblem): DenseLayout {
  let count = 0;
  const cameras = problem.cameras.map(({ free }) => Int32Array.from(free, (flag) => (flag === 1 ? count++ : -1)));
  return { count, cameras };
}

/** Normal equations H x = -g; lower triangles only. */
export class BundleSystem {
  readonly denseCount: number;
  readonly pathCount: number;
  /** `[dense, dense]` row-major. */
  readonly dense: Float64Array;
  /** `[dense, path]` row-major. */
  readonly cross: Float64Array;
  /** Lower band of the path's part, as `banded-cholesky.ts` has it. */
  readonly band: Float64Array;
  readonly denseGradient: Float64Array;
  readonly pathGradient: Float64Array;
  readonly #schur: Float64Array;
  readonly #reduced: Float64Array;
  readonly #factor: Float64Array;

  /** Allocates equations for so many unknowns; a path that is held has none. */
  constructor(denseCount: number, pathCount: number) {
    this.denseCount = denseCount;
    this.pathCount = pathCount;
    this.dense = new Float64Array(denseCount * denseCount);
    this.cross = new Float64Array(denseCount * pathCount);
    this.band = new Float64Array(pathCount * (PATH_BAND + 1));
    this.denseGradient = new Float64Array(denseCount);
    this.pathGradient = new Float64Array(pathCount);
    this.#schur = new Float64Array(this.dense.length);
    this.#reduced = new Float64Array(this.cross.length);
    this.#factor = new Float64Array(this.band.length);
  }

  /** Sets all equations to zero. */
  clear(): void {
    this.dense.fill(0);
    this.cross.fill(0);
    this.band.fill(0);
    this.denseGradient.fill(0);
    this.pathGradient.fill(0);
  }

  /**
   * Solves (H + damping · diag H) x = -g.
   *
   * @returns false where the damped matrix is not positive definite; the steps are then of no use.
   */
  solve(damping: number, denseStep: Float64Array, pathStep: Float64Array): boolean {
    if (!this.#reduce(damping)) return false;
    const { denseCount: m, pathCount: n } = this;
    for (let i = 0; i < n; i++) pathStep[i] = -this.pathGradient[i]!;
    solveBandedLower(this.#factor, n, PATH_BAND, pathStep, 0);
    for (let row = 0; row < m; row++) {
      let sum = -this.denseGradient[row]!;
      for (let i = 0; i < n; i++) sum -= this.#reduced[row * n + i]! * pathStep[i]!;
      denseStep[row] = sum;
    }
    if (!factorCholesky(this.#schur, m)) return false;
    solveCholesky(this.#schur, m, denseStep);
    for (let row = 0; row < m; row++) {
      const step = denseStep[row]!;
      if (step === 0) continue;
      for (let i = 0; i < n; i++) pathStep[i]! -= this.#reduced[row * n + i]! * step;
    }
    solveBandedUpper(this.#factor, n, PATH_BAND, pathStep);
    return true;
  }

  /** Returns the `[dense, dense]` information of the dense unknowns once the path is integrated out, lower triangle, or null. */
  information(damping: number): Float64Array | null {
    return this.#reduce(damping) ? this.#schur.slice() : null;
  }

  /** Factors the path's part, whitens the cross part by it and forms the Schur complement. */
  #reduce(damping: number): boolean {
    const { denseCount: m, pathCount: n } = this;
    const reduced = this.#reduced;
    this.#factor.set(this.band);
    for (let i = 0; i < n; i++) this.#factor[i * (PATH_BAND + 1) + PATH_BAND]! *= 1 + damping;
    if (!factorBanded(this.#factor, n, PATH_BAND)) return false;
    reduced.set(this.cross);
    for (let row = 0; row < m; row++) solveBandedLower(this.#factor, n, PATH_BAND, reduced, row * n);
    for (let row = 0; row < m; row++) {
      for (let column = 0; column <= row; column++) {
        let sum = this.dense[row * m + column]!;
        if (row === column) sum = sum * (1 + damping) + DIAGONAL_FLOOR;
        for (let i = 0; i < n; i++) sum -= reduced[row * n + i]! * reduced[column * n + i]!;
        this.#schur[row * m + column] = sum;
      }
    }
    return true;
  }
}

/** Keeps an unknown that nothing speaks of where it is. */
const DIAGONAL_FLOOR = 1e-12;
