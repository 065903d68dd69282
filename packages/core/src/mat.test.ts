import { expect, test } from "bun:test";
import {
  determinant3,
  identity3,
  inverse3,
  type Mat3,
  multiply3,
  transform3,
  transformTransposed3,
  transpose3,
} from "./mat.ts";

const m: Mat3 = [2, 0, 1, 1, 3, 2, 0, 1, 1];

test("Matrix products, transposes and determinants agree with hand-worked values", () => {
  expect(transform3(m, [1, 2, 3])).toEqual([5, 13, 5]);
  expect(transformTransposed3(m, [1, 2, 3])).toEqual(transform3(transpose3(m), [1, 2, 3]));
  expect(transformTransposed3(m, [1, 2, 3])).toEqual([4, 9, 8]);
  // 2 (3 - 2) - 0 + 1 (1 - 0).
  expect(determinant3(m)).toBe(3);
  expect(multiply3(m, identity3)).toEqual(m);
  expect(multiply3(m, transpose3(m))).toEqual([5, 4, 1, 4, 14, 5, 1, 5, 2]);
});

test("Matrix inverse undoes the matrix, and a singular one has none", () => {
  const inverse = inverse3(m) ?? identity3;
  const product = multiply3(m, inverse);
  for (const [index, value] of product.entries()) expect(value).toBeCloseTo(identity3[index] ?? Number.NaN, 14);
  expect(inverse3([1, 2, 3, 2, 4, 6, 0, 0, 1])).toBeNull();
  expect(inverse3([Number.NaN, 0, 0, 0, 1, 0, 0, 0, 1])).toBeNull();
});
