import { expect, test } from "bun:test";
import { TRAIL_S, Trail } from "./trail.ts";

test("A trail keeps ten seconds and no more, however many positions come", () => {
  const trail = new Trail();
  for (let i = 0; i <= 60 * 100; i++) trail.push(i / 60, [i, 2 * i, 3 * i]);
  expect(trail.timeS(trail.count - 1)).toBe(100);
  expect(trail.axisM(trail.count - 1, 2)).toBe(18_000);
  expect(trail.timeS(0)).toBeGreaterThanOrEqual(100 - TRAIL_S);
  expect(trail.timeS(0)).toBeLessThan(100 - TRAIL_S + 0.2);
  expect(trail.count).toBeLessThanOrEqual(130);
});

test("A trail always ends where the track is now, also between two kept samples", () => {
  const trail = new Trail();
  trail.push(0, [0, 0, 0]);
  trail.push(0.1, [1, 0, 0]);
  trail.push(0.12, [1.2, 0, 0]);
  expect(trail.count).toBe(3);
  trail.push(0.13, [1.3, 0, 0]);
  expect(trail.count).toBe(3);
  expect(trail.axisM(2, 0)).toBe(1.3);
});

test("A trail says where the track was at a time between two samples", () => {
  const trail = new Trail();
  trail.push(10, [0, 10, 0]);
  trail.push(11, [4, 10, 2]);
  trail.push(12, [4, 30, 2]);
  expect(trail.positionAt(10.25)).toEqual([1, 10, 0.5]);
  expect(trail.positionAt(11)).toEqual([4, 10, 2]);
  expect(trail.positionAt(11.5)).toEqual([4, 20, 2]);
  expect(trail.positionAt(12)).toEqual([4, 30, 2]);
});

test("A trail does not guess outside what it saw", () => {
  const trail = new Trail();
  expect(trail.positionAt(0)).toBeNull();
  trail.push(5, [1, 2, 3]);
  expect(trail.positionAt(5)).toEqual([1, 2, 3]);
  expect(trail.positionAt(4.99)).toBeNull();
  expect(trail.positionAt(5.01)).toBeNull();
});
