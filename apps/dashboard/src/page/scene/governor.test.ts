import { expect, test } from "bun:test";
import { Governor } from "./governor.ts";

function drawn(governor: Governor, frames: number, elapsedMs: number): number {
  let changes = 0;
  for (let i = 0; i < frames; i++) if (governor.count(elapsedMs)) changes++;
  return changes;
}

test("Fast frames keep the quality", () => {
  const governor = new Governor(1);
  expect(drawn(governor, 1_000, 33)).toBe(0);
  expect(governor.quality).toEqual({ scaleMax: 1, cubes: true });
});

test("Slow frames lower the quality step by step and stop at the last", () => {
  const governor = new Governor(2);
  expect(governor.quality).toEqual({ scaleMax: 2, cubes: true });
  expect(drawn(governor, 14, 200)).toBe(0);
  expect(drawn(governor, 1, 200)).toBe(1);
  expect(governor.quality).toEqual({ scaleMax: 1, cubes: true });
  expect(drawn(governor, 1_000, 200)).toBe(2);
  expect(governor.quality).toEqual({ scaleMax: 0.75, cubes: false });
});

test("A page that rested is not taken for a slow one", () => {
  const governor = new Governor(1);
  expect(drawn(governor, 100, 5_000)).toBe(0);
});
