import { expect, test } from "bun:test";
import { mat3FromQuaternion, quaternionFromAxisAngle, type Vec3 } from "@skyvox/core";
import { apply } from "./align.ts";
import { positionErrors, quantileOf } from "./position-errors.ts";
import type { TruthAt } from "./scored-run.ts";

/** A loop that no turn, shift or scale lays on itself at another time. */
const place = (t: number): Vec3 => [20 * Math.sin(t), 15 * Math.cos(2 * t) + 3 * t, 5 * Math.sin(0.7 * t)];
const truthAt: TruthAt = (timeS) => [{ name: "a", positionEnuM: place(timeS) }];
const times = Array.from({ length: 200 }, (_, k) => k / 20);
const pairsAt = (estimate: (timeS: number) => Vec3) =>
  times.map((timeS) => ({ timeS, name: "a", positionEnuM: estimate(timeS) }));

test("Errors of a known shift: all of it without alignment, none with it, and the clock stays", () => {
  const found = positionErrors(
    pairsAt((t) => {
      const [e, n, u] = place(t);
      return [e + 3, n + 4, u];
    }),
    truthAt,
    1,
  );
  expect(found.map(({ alignment, hasTimeFit }) => `${alignment} ${hasTimeFit}`)).toEqual([
    "none false",
    "none true",
    "rigid false",
    "rigid true",
    "similarity false",
    "similarity true",
  ]);
  expect(found[0]).toMatchObject({ pairCount: 200, offsetS: 0, scale: 1 });
  for (const value of [found[0]!.rmseM, found[0]!.meanM, found[0]!.medianM, found[0]!.p90M, found[0]!.maxM])
    expect(value).toBeCloseTo(5, 9);
  expect(found[2]!.rmseM).toBeLessThan(1e-9);
});

test("Errors of a known clock offset vanish with the time fit, to a ten thousandth of a second", () => {
  const [raw, fitted] = positionErrors(
    pairsAt((t) => place(t + 0.137)),
    truthAt,
    1,
  );
  expect(fitted!.offsetS).toBeCloseTo(0.137, 4);
  expect(fitted!.rmseM).toBeLessThan(0.005);
  expect(raw!.rmseM).toBeGreaterThan(2);
});

test("Errors of turn, scale and clock together vanish only with all three", () => {
  const rotation = mat3FromQuaternion(quaternionFromAxisAngle([1, 2, 3], 2));
  const found = positionErrors(
    pairsAt((t) => apply({ scale: 0.5, rotation, shiftM: [100, 50, 0] }, place(t - 0.4))),
    truthAt,
    1,
  );
  const [none, noneFitted, rigid, rigidFitted, similar, all] = found.map(({ rmseM }) => rmseM) as [...number[]] & {
    length: 6;
  };
  expect(all).toBeLessThan(0.01);
  for (const rmseM of [none, noneFitted, rigid, rigidFitted, similar]) expect(rmseM).toBeGreaterThan(0.5);
  expect(found[5]!.scale).toBeCloseTo(2, 3);
  expect(found[5]!.offsetS).toBeCloseTo(-0.4, 3);
});

test("Errors of no pairs are no errors", () => {
  expect(positionErrors([], truthAt, 1)).toEqual([]);
  expect(positionErrors([{ timeS: 0, name: "unknown", positionEnuM: [0, 0, 0] }], truthAt, 1)).toEqual([]);
});

test("A time fit does not run away from the truth", () => {
  const short: TruthAt = (timeS) => (timeS >= 0 && timeS <= 10 ? truthAt(timeS) : []);
  const wrong = pairsAt((t) => {
    const [e, n, u] = place(t);
    return [e + 50, n, u];
  });
  const [, fitted] = positionErrors(wrong, short, 20);
  expect(fitted!.pairCount).toBeGreaterThanOrEqual(100);
});

test("Quantile lies between two values by proportion", () => {
  expect(quantileOf([1, 2, 4], 0.5)).toBe(2);
  expect(quantileOf([1, 2, 4], 0.75)).toBe(3);
  expect(quantileOf([], 0.5)).toBe(0);
  expect(quantileOf([7], 0.9)).toBe(7);
});
