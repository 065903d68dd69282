/**
 * Cholesky factors of symmetric positive definite band matrices: the normal equations of a path whose instants depend on few control points.
 *
 * Only the lower band is stored, by rows: `band[row * (width + 1) + (column - row + width)]` for `row - width <= column <= row`, so the
 * diagonal is the last entry of its row. Cost n · width². Golub & Van Loan, Matrix Computations, 4th ed., section 4.3.5.
 */
import { assert } from "@skyvox/core";

/**
 * Replaces the lower band by its Cholesky factor.
 *
 * @returns false where the matrix is not positive definite (or not finite); `band` is then half overwritten.
 */
export function factorBanded(band: Float64Array, n: number, width: number): boolean {
  assert(band.length >= n * (width + 1), "band holds n rows of width + 1 values");
  const stride = width + 1;
  for (let row = 0; row < n; row++) {
    const first = row > width ? row - width : 0;
    const rowAt = row * stride + width - row;
    for (let column = first; column <= row; column++) {
      const columnAt = column * stride + width - column;
      const from = Math.max(first, column - width);
      let sum = band[rowAt + column]!;
      for (let k = from; k < column; k++) sum -= band[rowAt + k]! * band[columnAt + k]!;
      if (column < row) {
        band[rowAt + column] = sum / band[columnAt + column]!;
      } else {
        if (!(sum > 0) || sum === Number.POSITIVE_INFINITY) return false;
        band[rowAt + row] = Math.sqrt(sum);
      }
    }
  }
  return true;
}

/** Solves L y = b in place for the n values of `b` from `at` on, starting where b has its first value that is not zero. */
export function solveBandedLower(factor: Float64Array, n: number, width: number, b: Float64Array, at: number): void {
  assert(b.length >= at + n, "b holds n values");
  const stride = width + 1;
  let start = 0;
  while (start < n && b[at + start] === 0) start += 1;
  for (let row = start; row < n; row++) {
    const rowAt = row * stride + width - row;
    let sum = b[at + row]!;
    for (let k = row - width > start ? row - width : start; k < row; k++) sum -= factor[rowAt + k]! * b[at + k]!;
    b[at + row] = sum / factor[rowAt + row]!;
  }
}

/** Solves Lᵀ x = y in place for the first n values of `b`. */
export function solveBandedUpper(factor: Float64Array, n: number, width: number, b: Float64Array): void {
  assert(b.length >= n, "b holds n values");
  const stride = width + 1;
  for (let row = n - 1; row >= 0; row--) {
    const rowAt = row * stride + width - row;
    const value = b[row]! / factor[rowAt + row]!;
    b[row] = value;
    for (let k = row > width ? row - width : 0; k < row; k++) b[k]! -= factor[rowAt + k]! * value;
  }
}
