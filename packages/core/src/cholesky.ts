/**
 * Cholesky factors of small symmetric positive definite matrices: A = L L^T, in place on `[n, n]` row-major Float64Array.
 *
 * Only the lower triangle (with the diagonal) is read and written; what stands above the diagonal is left alone. Meant for the
 * covariances and normal equations of a tracker or a calibration (n up to a few hundred); no pivoting, no blocking.
 * Golub & Van Loan, Matrix Computations, 4th ed., section 4.2.
 */
import { assert } from "./assert.ts";

/**
 * Replaces the lower triangle of a symmetric matrix by its Cholesky factor L.
 *
 * @returns false where the matrix is not positive definite (or not finite); `a` is then half overwritten.
 */
export function factorCholesky(a: Float64Array, n: number): boolean {
  assert(a.length >= n * n, "a holds n * n values");
  for (let column = 0; column < n; column++) {
    const diagonalIndex = column * n + column;
    let pivot = a[diagonalIndex]!;
    for (let k = 0; k < column; k++) pivot -= a[column * n + k]! * a[column * n + k]!;
    if (!(pivot > 0) || pivot === Number.POSITIVE_INFINITY) return false;
    const diagonal = Math.sqrt(pivot);
    a[diagonalIndex] = diagonal;
    for (let row = column + 1; row < n; row++) {
      let sum = a[row * n + column]!;
      for (let k = 0; k < column; k++) sum -= a[row * n + k]! * a[column * n + k]!;
      a[row * n + column] = sum / diagonal;
    }
  }
  return true;
}

/** Solves A x = b in place of `b` (length n), given the factor of A. */
export function solveCholesky(factor: Float64Array, n: number, b: Float64Array): void {
  solveLower(factor, n, b);
  for (let row = n - 1; row >= 0; row--) {
    let sum = b[row]!;
    for (let k = row + 1; k < n; k++) sum -= factor[k * n + row]! * b[k]!;
    b[row] = sum / factor[row * n + row]!;
  }
}

/**
 * Solves L y = b in place of `b` (length n): the first half of {@link solveCholesky}.
 *
 * The squared length of y is the Mahalanobis distance b^T A^-1 b.
 */
export function solveLower(factor: Float64Array, n: number, b: Float64Array): void {
  assert(factor.length >= n * n, "factor holds n * n values");
  assert(b.length >= n, "b holds n values");
  for (let row = 0; row < n; row++) {
    let sum = b[row]!;
    for (let k = 0; k < row; k++) sum -= factor[row * n + k]! * b[k]!;
    b[row] = sum / factor[row * n + row]!;
  }
}

/** Returns the natural logarithm of the determinant of A, given its factor. */
export function logDeterminantCholesky(factor: Float64Array, n: number): number {
  assert(factor.length >= n * n, "factor holds n * n values");
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.log(factor[i * n + i]!);
  return 2 * sum;
}

/** Writes the whole symmetric inverse of A to `out` (`[n, n]`, not the factor itself), given the factor of A. */
export function invertCholesky(factor: Float64Array, n: number, out: Float64Array): void {
  assert(out.length >= n * n, "out holds n * n values");
  assert(out !== factor, "out is not the factor");
  invertLower(factor, n, out);
  // A^-1 = M^T M with M = L^-1. Entry (row, column) needs rows of M from max(row, column) on, so going down and
  // writing the lower triangle first never reads an entry that was replaced.
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let k = row; k < n; k++) sum += out[k * n + row]! * out[k * n + column]!;
      out[row * n + column] = sum;
    }
  }
  for (let row = 0; row < n; row++) {
    for (let column = row + 1; column < n; column++) out[row * n + column] = out[column * n + row]!;
  }
}

/** Writes L^-1 to the lower triangle of `out`. */
function invertLower(factor: Float64Array, n: number, out: Float64Array): void {
  assert(factor.length >= n * n, "factor holds n * n values");
  for (let column = 0; column < n; column++) {
    out[column * n + column] = 1 / factor[column * n + column]!;
    for (let row = column + 1; row < n; row++) {
      let sum = 0;
      for (let k = column; k < row; k++) sum -= factor[row * n + k]! * out[k * n + column]!;
      out[row * n + column] = sum / factor[row * n + row]!;
    }
  }
}
