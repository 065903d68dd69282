import { expect, test } from "bun:test";
import { createPrng, factorCholesky, solveLower } from "@skyvox/core";
import { update } from "./kalman.ts";
import { predict } from "./motion-model.ts";

function isotropic(position: number, cross: number, velocity: number): Float64Array {
  const p = new Float64Array(36);
  for (let axis = 0; axis < 3; axis++) {
    p[axis * 7] = position;
    p[(axis + 3) * 7] = velocity;
    p[axis * 6 + axis + 3] = cross;
    p[(axis + 3) * 6 + axis] = cross;
  }
  return p;
}

test("Prediction moves each axis as worked by hand", () => {
  const x = Float64Array.of(1, 2, 3, 1, 0, -2);
  const p = isotropic(1, 0.5, 1);
  // dt = 2, q = 3: 1 + 2 (2 · 0.5) + 4 · 1 + 3 · 8/3 = 15; 0.5 + 2 + 3 · 4/2 = 8.5; 1 + 3 · 2 = 7.
  predict(x, p, 0, { elapsedS: 2, accelerationMps2: Math.sqrt(3) });
  expect([...x]).toEqual([3, 2, -1, 1, 0, -2]);
  const wanted = isotropic(15, 8.5, 7);
  for (let k = 0; k < 36; k++) expect(p[k]).toBeCloseTo(wanted[k] ?? Number.NaN, 12);
});

test("Prediction over no time changes nothing", () => {
  const x = Float64Array.of(1, 2, 3, 4, 5, 6);
  const p = isotropic(2, 1, 3);
  predict(x, p, 0, { elapsedS: 0, accelerationMps2: 5 });
  expect([...x]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(p).toEqual(isotropic(2, 1, 3));
});

test("Update of slot 1 by measurement 1 is as worked by hand and leaves slot 0 alone", () => {
  const x = new Float64Array(12);
  const p = new Float64Array(72);
  p.set(isotropic(15, 8.5, 7), 36);
  const positions = Float64Array.of(0, 0, 0, 2, -4, 6);
  const noise = new Float64Array(18);
  noise.set([15, 0, 0, 0, 15, 0, 0, 0, 15], 9);
  // K = [15, 8.5] / 30 per axis; position 15 / 2, cross 8.5 / 2, velocity 7 - 8.5² / 30.
  update(x, p, 1, positions, noise, 1);
  const wantedX = [1, -2, 3, (2 * 8.5) / 30, (-4 * 8.5) / 30, (6 * 8.5) / 30];
  for (let k = 0; k < 6; k++) expect(x[6 + k]).toBeCloseTo(wantedX[k] ?? Number.NaN, 12);
  const wanted = isotropic(7.5, 4.25, 7 - (8.5 * 8.5) / 30);
  for (let k = 0; k < 36; k++) expect(p[36 + k]).toBeCloseTo(wanted[k] ?? Number.NaN, 12);
  expect(x.subarray(0, 6).every((value) => value === 0)).toBe(true);
  expect(p.subarray(0, 36).every((value) => value === 0)).toBe(true);
});

test("Update with a correlated measurement equals the information form", () => {
  const x = new Float64Array(6);
  const p = isotropic(2, 0, 1);
  // P⁻¹ + R⁻¹ with P = 2 I and R = [[2, 1], [1, 2]] in the e-n block is [[a, b], [b, a]]:
  const a = 1 / 2 + 2 / 3;
  const b = -1 / 3;
  const determinant = a * a - b * b;
  update(x, p, 0, Float64Array.of(3, 0, 0), Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 1), 0);
  expect(p[0]).toBeCloseTo(a / determinant, 12);
  expect(p[1]).toBeCloseTo(-b / determinant, 12);
  // x⁺ = P⁺ R⁻¹ z with R⁻¹ z = [2, -1, 0].
  expect(x[0]).toBeCloseTo((2 * a + b) / determinant, 12);
  expect(x[1]).toBeCloseTo((-2 * b - a) / determinant, 12);
});

test("Filter stays symmetric, positive definite and consistent: mean NEES of 200 seeded runs lies in its 99 % band", () => {
  const prng = createPrng(20260731);
  const dt = 0.1;
  const accelerationMps2 = 2;
  const sigmaM = 0.5;
  const runs = 200;
  let sum = 0;
  for (let run = 0; run < runs; run++) {
    const truth = new Float64Array(6);
    const x = new Float64Array(6);
    const p = isotropic(sigmaM ** 2, 0, 100);
    for (let axis = 0; axis < 3; axis++) {
      truth[axis + 3] = 10 * prng.normal();
      x[axis] = sigmaM * prng.normal();
    }
    const noise = Float64Array.of(sigmaM ** 2, 0, 0, 0, sigmaM ** 2, 0, 0, 0, sigmaM ** 2);
    for (let k = 0; k < 30; k++) {
      const q = accelerationMps2 ** 2;
      const z = new Float64Array(3);
      for (let axis = 0; axis < 3; axis++) {
        // Cholesky factor of q [[dt³/3, dt²/2], [dt²/2, dt]].
        const first = prng.normal();
        const second = prng.normal();
        const drift = Math.sqrt((q * dt ** 3) / 3) * first;
        truth[axis] = (truth[axis] ?? 0) + dt * (truth[axis + 3] ?? 0) + drift;
        truth[axis + 3] = (truth[axis + 3] ?? 0) + Math.sqrt(q * dt) * ((Math.sqrt(3) / 2) * first + second / 2);
        z[axis] = (truth[axis] ?? 0) + sigmaM * prng.normal();
      }
      predict(x, p, 0, { elapsedS: dt, accelerationMps2 });
      update(x, p, 0, z, noise, 0);
    }
    const error = truth.map((value, k) => value - (x[k] ?? 0));
    for (let i = 0; i < 6; i++) for (let j = 0; j < 6; j++) expect(p[i * 6 + j]).toBe(p[j * 6 + i] ?? Number.NaN);
    expect(factorCholesky(p, 6)).toBe(true);
    solveLower(p, 6, error);
    sum += error.reduce((total, value) => total + value * value, 0);
  }
  // The sum of 200 chi-square values of 6 degrees of freedom has mean 1200 and variance 2400.
  expect(Math.abs(sum / runs - 6)).toBeLessThan((2.576 * Math.sqrt(2400)) / runs);
});
