import { expect, test } from "bun:test";
import { nextCellShift } from "./cell-shift.ts";

const shifts = { min: 2, max: 5 };

test("Cells grow past their limit and shrink again once few are left, without flickering between", () => {
  expect(nextCellShift(3, shifts, 2049, 2048)).toBe(4);
  expect(nextCellShift(3, shifts, 2048, 2048)).toBe(3);
  // 256 cells would become about 1024 of half the edge, half of the limit: not yet.
  expect(nextCellShift(3, shifts, 256, 2048)).toBe(3);
  expect(nextCellShift(3, shifts, 255, 2048)).toBe(2);
});

test("Cells stay between the smallest and the largest size", () => {
  expect(nextCellShift(5, shifts, 9999, 2048)).toBe(5);
  expect(nextCellShift(2, shifts, 0, 2048)).toBe(2);
});
