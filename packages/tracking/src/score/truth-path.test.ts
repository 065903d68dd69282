import { expect, test } from "bun:test";
import type { Vec3 } from "@skyvox/core";
import { pathsThrough } from "./truth-path.ts";

const sample = (timeS: number, positionEnuM: Vec3, name = "a") => ({ timeS, name, positionEnuM });

test("Path goes through its samples and follows constant acceleration in between", () => {
  // x = t²: the parabola through three samples is the motion itself, and the cubic with its slopes too.
  const { at, startS, endS } = pathsThrough([0, 1, 2, 3].map((t) => sample(t, [t * t, 2 * t, 7])));
  expect([startS, endS]).toEqual([0, 3]);
  expect(at(2)).toEqual([{ name: "a", positionEnuM: [4, 4, 7] }]);
  const [x, y, z] = at(1.5)[0]!.positionEnuM;
  expect(x).toBeCloseTo(2.25, 12);
  expect(y).toBeCloseTo(3, 12);
  expect(z).toBeCloseTo(7, 12);
});

test("Path of uneven samples follows constant acceleration too", () => {
  const { at } = pathsThrough([0, 1, 1.5, 2.5].map((t) => sample(t, [t * t, 0, 0])));
  expect(at(1.2)[0]!.positionEnuM[0]).toBeCloseTo(1.44, 12);
});

test("Path ends with its samples and is not drawn over a hole", () => {
  const { at } = pathsThrough([0, 1, 2, 6, 7, 8].map((t) => sample(t, [t, 0, 0])));
  expect(at(-0.001)).toEqual([]);
  expect(at(8.001)).toEqual([]);
  expect(at(4)).toEqual([]);
  expect(at(6)[0]!.positionEnuM[0]).toBe(6);
  // The slope at 2 must not reach over the hole: straight samples stay straight.
  expect(at(1.5)[0]!.positionEnuM[0]).toBeCloseTo(1.5, 12);
});

test("Paths are told apart by name, samples come in any order, and of two at one time the first counts", () => {
  const { at } = pathsThrough([
    sample(1, [1, 0, 0]),
    sample(0, [0, 0, 0]),
    sample(0, [9, 9, 9], "b"),
    sample(1, [5, 5, 5]),
  ]);
  expect(at(1)).toEqual([{ name: "a", positionEnuM: [1, 0, 0] }]);
  expect(
    at(0)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["a", "b"]);
});
