import { expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionError } from "./assert.ts";
import { factorCholesky, invertCholesky, logDeterminantCholesky, solveCholesky, solveLower } from "./cholesky.ts";

/** [[4, 12, -16], [12, 37, -43], [-16, -43, 98]] = L L^T with L = [[2], [6, 1], [-8, 5, 3]]. */
const worked = () => Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98);

test("Cholesky factor of a worked matrix is its known factor and leaves the upper triangle alone", () => {
  const a = worked();
  expect(factorCholesky(a, 3)).toBe(true);
  expect([...a]).toEqual([2, 12, -16, 6, 1, -43, -8, 5, 3]);
});

test("Cholesky solve, determinant and inverse of a worked matrix are exact", () => {
  const factor = worked();
  factorCholesky(factor, 3);
  // A [1, 2, 3] = [4 + 24 - 48, 12 + 74 - 129, -16 - 86 + 294].
  const b = Float64Array.of(-20, -43, 192);
  solveCholesky(factor, 3, b);
  expect([...b]).toEqual([1, 2, 3]);
  // det = (2 * 1 * 3)^2.
  expect(logDeterminantCholesky(factor, 3)).toBeCloseTo(Math.log(36), 14);
  const inverse = new Float64Array(9);
  invertCholesky(factor, 3, inverse);
  // Adjugate over 36: cofactors 37*98-43*43 = 1777, -(12*98-43*16) = -488, -12*43+37*16 = 76, 136, -20, 4.
  const expected = [1777, -488, 76, -488, 136, -20, 76, -20, 4].map((value) => value / 36);
  for (let i = 0; i < 9; i++) expect(inverse[i]).toBeCloseTo(expected[i] ?? Number.NaN, 10);
});

test("Cholesky half solve gives the Mahalanobis distance", () => {
  const factor = worked();
  factorCholesky(factor, 3);
  const b = Float64Array.of(2, 0, 0);
  solveLower(factor, 3, b);
  // b^T A^-1 b = 4 * 1777 / 36.
  expect(b.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo((4 * 1777) / 36, 9);
});

test("Cholesky refuses what is not positive definite", () => {
  expect(factorCholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
  expect(factorCholesky(Float64Array.of(0), 1)).toBe(false);
  expect(factorCholesky(Float64Array.of(1, 1, 1, 1), 2)).toBe(false);
  expect(factorCholesky(Float64Array.of(Number.NaN), 1)).toBe(false);
  expect(factorCholesky(Float64Array.of(Number.POSITIVE_INFINITY), 1)).toBe(false);
  expect(factorCholesky(new Float64Array(0), 0)).toBe(true);
});

test("Cholesky refuses buffers that are too short and an inverse onto its factor", () => {
  const factor = worked();
  factorCholesky(factor, 3);
  expect(() => factorCholesky(new Float64Array(3), 2)).toThrow(AssertionError);
  expect(() => solveCholesky(factor, 3, new Float64Array(2))).toThrow(AssertionError);
  expect(() => invertCholesky(factor, 3, factor)).toThrow(AssertionError);
});

test("Cholesky inverse times the matrix is the identity for random matrices up to 9 by 9", () => {
  const entry = fc.double({ min: -2, max: 2, noNaN: true });
  const matrix = fc
    .integer({ min: 1, max: 9 })
    .chain((n) => fc.tuple(fc.constant(n), fc.array(entry, { minLength: n * n, maxLength: n * n })));
  fc.assert(
    fc.property(matrix, ([n, g]) => {
      // A = G G^T + I is positive definite whatever G is.
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = i === j ? 1 : 0;
          for (let k = 0; k < n; k++) sum += (g[i * n + k] ?? 0) * (g[j * n + k] ?? 0);
          a[i * n + j] = sum;
        }
      }
      const factor = a.slice();
      const inverse = new Float64Array(n * n);
      expect(factorCholesky(factor, n)).toBe(true);
      invertCholesky(factor, n, inverse);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += (a[i * n + k] ?? 0) * (inverse[k * n + j] ?? 0);
          expect(Math.abs(sum - (i === j ? 1 : 0))).toBeLessThan(1e-10);
        }
      }
    }),
    { numRuns: 100 },
  );
});
