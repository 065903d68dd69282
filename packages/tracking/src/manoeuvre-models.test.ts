import { expect, test } from "bun:test";
import { predictManoeuvre } from "./manoeuvre-models.ts";

const manoeuvres = { accelerationMps2: 3, manoeuvreMps2: 4 };

function diagonal(...variances: readonly number[]): Float64Array {
  const p = new Float64Array(81);
  for (let k = 0; k < 9; k++) p[k * 10] = variances[Math.floor(k / 3)] ?? 0;
  return p;
}

/** Position, velocity and acceleration of axis 0: [pp, pv, pa, vv, va, aa]. */
function eastOf(p: Float64Array): (number | undefined)[] {
  return [p[0], p[3], p[6], p[30], p[33], p[60]];
}

function expectClose(found: readonly (number | undefined)[], wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  for (const [k, value] of wanted.entries()) expect(found[k]).toBeCloseTo(value, 10);
}

test("Velocity model drops acceleration and moves as worked by hand", () => {
  const x = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
  const p = diagonal(1, 2, 5);
  predictManoeuvre(x, p, 0, "velocity", 2, manoeuvres);
  expect([...x]).toEqual([9, 12, 15, 4, 5, 6, 0, 0, 0]);
  // q = 9: 1 + 4 · 2 + 9 · 8/3, 2 · 2 + 9 · 4/2, 2 + 9 · 2.
  expectClose(eastOf(p), [33, 22, 0, 20, 0, 0]);
});

test("Acceleration model moves as worked by hand", () => {
  const x = Float64Array.of(1, 0, 0, 4, 0, 0, 6, 0, 0);
  const p = diagonal(1, 2, 5);
  predictManoeuvre(x, p, 0, "acceleration", 2, manoeuvres);
  expect([x[0], x[3], x[6]]).toEqual([1 + 8 + 12, 4 + 12, 6]);
  // F = [[1, 2, 2], [0, 1, 2], [0, 0, 1]]; jerk of (1.5 · 4)² = 36 over 2 s.
  const q = 36;
  expectClose(eastOf(p), [
    1 + 4 * 2 + 4 * 5 + (q * 32) / 20,
    2 * 2 + 2 * 2 * 5 + (q * 16) / 8,
    2 * 5 + (q * 8) / 6,
    2 + 4 * 5 + (q * 8) / 3,
    2 * 5 + (q * 4) / 2,
    5 + q * 2,
  ]);
});

test("Turn model flies an exact circle in any plane and keeps the speed", () => {
  const radiusM = 40;
  const rate = 0.5;
  // A circle spanned by two unit vectors at right angles.
  const first = [2 / 3, 2 / 3, 1 / 3];
  const second = [-2 / 3, 1 / 3, 2 / 3];
  const at = (timeS: number): number[] => {
    const [cosine, sine] = [Math.cos(rate * timeS), Math.sin(rate * timeS)];
    const mix = (a: number, b: number): number[] => [0, 1, 2].map((k) => a * (first[k] ?? 0) + b * (second[k] ?? 0));
    return [
      ...mix(radiusM * cosine, radiusM * sine),
      ...mix(-radiusM * rate * sine, radiusM * rate * cosine),
      ...mix(-radiusM * rate ** 2 * cosine, -radiusM * rate ** 2 * sine),
    ];
  };
  const x = Float64Array.from(at(0));
  const p = diagonal(1, 1, 1);
  predictManoeuvre(x, p, 0, "turn", 1.5, manoeuvres);
  expectClose([...x], at(1.5));
});

test("Turn model that flies straight moves like one of constant acceleration without any", () => {
  const x = Float64Array.of(0, 0, 0, 10, 0, 0, 0, 0, 0);
  predictManoeuvre(x, diagonal(1, 1, 0), 0, "turn", 3, manoeuvres);
  expectClose([...x], [30, 0, 0, 10, 0, 0, 0, 0, 0]);
});

test("Turn model takes acceleration along the path for an error, the more the surer that is", () => {
  const x = Float64Array.of(0, 0, 0, 10, 0, 0, 2, 3, 0);
  const p = diagonal(1, 0, 4);
  predictManoeuvre(x, p, 0, "turn", 0, manoeuvres);
  // v · a = 20 with variance 100 · 4 + (0.06 · 4)² · 100: the part 400 / 405.76 of a along v goes.
  const variance = 400 + 100 * (0.06 * 4) ** 2;
  expectClose([x[6], x[7], p[60]], [2 - (40 * 20) / variance, 3, 4 - 1600 / variance]);
});

test("Models leave other rows alone and keep covariances symmetric", () => {
  const x = new Float64Array(18).fill(1);
  const p = new Float64Array(162);
  p.set(diagonal(1, 1, 1), 81);
  predictManoeuvre(x, p, 1, "acceleration", 0.5, manoeuvres);
  predictManoeuvre(x, p, 1, "turn", 0.5, manoeuvres);
  expect([...x.subarray(0, 9)]).toEqual(Array(9).fill(1));
  expect(p.subarray(0, 81).every((value) => value === 0)).toBe(true);
  for (let i = 0; i < 9; i++)
    for (let j = 0; j < i; j++) expect(p[81 + i * 9 + j]).toBeCloseTo(p[81 + j * 9 + i] ?? 0, 12);
});
