import { describe, expect, test } from "bun:test";
import { createPrng, factorCholesky, solveLower, type Vec3 } from "@skyvox/core";
import { ModelBank } from "./imm.ts";
import type { MotionModelName } from "./manoeuvre-models.ts";
import { predictManoeuvre } from "./manoeuvre-models.ts";

const manoeuvres = { accelerationMps2: 1, manoeuvreMps2: 12 };
const noise = (sigmaM: number): Float64Array =>
  Float64Array.of(sigmaM ** 2, 0, 0, 0, sigmaM ** 2, 0, 0, 0, sigmaM ** 2);

function begin(models: readonly MotionModelName[], position: Vec3, velocity: Vec3, sigmaM: number): ModelBank {
  const bank = new ModelBank(2, models, manoeuvres);
  const covariance = new Float64Array(72);
  for (let axis = 0; axis < 3; axis++) {
    covariance[36 + axis * 7] = sigmaM ** 2;
    covariance[36 + (axis + 3) * 7] = 4;
  }
  bank.begin(1, Float64Array.of(0, 0, 0, 0, 0, 0, ...position, ...velocity), covariance);
  return bank;
}

describe("Two models", () => {
  test("mix, foresee and weigh as the textbook's equations written out for one axis", () => {
    // Velocity lasts 4 s and acceleration 0.3 s on average; each is followed by the other.
    const dt = 0.2;
    const stays = [Math.exp(-dt / 4), Math.exp(-dt / 0.3)];
    const bank = begin(["velocity", "acceleration"], [1, 2, 3], [4, 5, 6], 0.5);
    bank.chances.set([0.7, 0.3], 2);
    // Different states, so that mixing spreads them: the acceleration model is 0.4 m east of the other and speeds up by 2 m/s².
    bank.states.set([1.4, 2, 3, 4, 5, 6, 2, 0, 0], 27);
    bank.predict(1, dt);

    const toVelocity = (stays[0] ?? 0) * 0.7 + (1 - (stays[1] ?? 0)) * 0.3;
    const toAcceleration = 1 - toVelocity;
    expect(bank.chances[2]).toBeCloseTo(toVelocity, 12);
    expect(bank.chances[3]).toBeCloseTo(toAcceleration, 12);
    const share = ((1 - (stays[0] ?? 0)) * 0.7) / toAcceleration;
    const east = share * 1 + (1 - share) * 1.4;
    // From the velocity model it takes its own acceleration of 2 m/s² for want of another.
    const x = Float64Array.of(east, 2, 3, 4, 5, 6, 2, 0, 0);
    const p = new Float64Array(81);
    for (let axis = 0; axis < 3; axis++) {
      p[axis * 10] = 0.25 + (axis === 0 ? share * (1 - share) * 0.4 ** 2 : 0);
      p[(axis + 3) * 10] = 4;
      p[(axis + 6) * 10] = 12 ** 2;
    }
    predictManoeuvre(x, p, 0, "acceleration", dt, manoeuvres);
    for (let k = 0; k < 9; k++) expect(bank.states[27 + k]).toBeCloseTo(x[k] ?? 0, 11);
    for (let k = 0; k < 81; k++) expect(bank.covariances[243 + k]).toBeCloseTo(p[k] ?? 0, 9);
  });

  test("are weighed by Bayes' rule and updated each on its own", () => {
    const bank = begin(["velocity", "acceleration"], [0, 0, 0], [0, 0, 0], 1);
    bank.chances.set([0.5, 0.5], 2);
    bank.states[27] = 2;
    // S = 1 + 1 on every axis; the detection is 1 m from the one and 1 m from the other.
    bank.update(1, Float64Array.of(1, 0, 0), noise(1), 0);
    expect([bank.chances[2], bank.chances[3]]).toEqual([0.5, 0.5]);
    expect([bank.states[18], bank.states[27]]).toEqual([0.5, 1.5]);
    // Now S = 0.5 + 1: 1.5 m from the one and 0.5 m from the other.
    bank.update(1, Float64Array.of(2, 0, 0), noise(1), 0);
    const [far, near] = [Math.exp(-(1.5 ** 2) / 3), Math.exp(-(0.5 ** 2) / 3)];
    expect(bank.chances[3]).toBeCloseTo(near / (near + far), 12);
  });

  test("give the mean and the spread of their mixture", () => {
    const bank = begin(["velocity", "acceleration"], [0, 0, 0], [0, 0, 0], 1);
    bank.chances.set([0.25, 0.75], 2);
    bank.states[27] = 4;
    const states = new Float64Array(12);
    const covariances = new Float64Array(72);
    bank.combine(1, states, covariances);
    // 0.75 · 4; 1 + 0.25 · 3² + 0.75 · 1².
    expect([states[6], covariances[36], covariances[43]]).toEqual([3, 4, 1]);
    expect(states.subarray(0, 6).every((value) => value === 0)).toBe(true);
  });

  test("take a detection that one of them foresaw and refuse one that none did", () => {
    const bank = begin(["velocity", "acceleration"], [0, 0, 0], [0, 0, 0], 1);
    bank.states[27] = 10;
    const likely = (east: number): number => bank.logLikelihood(1, Float64Array.of(east, 0, 0), noise(1), 0, 16);
    expect([likely(0), likely(10)].every(Number.isFinite)).toBe(true);
    expect(likely(-6)).toBe(Number.NEGATIVE_INFINITY);
    expect(bank.reachM(1, 0, 1, 1, 16)).toBeCloseTo(9 + 4 * Math.sqrt(2), 12);
  });
});

/** One target seen every 0.1 s: straight for 3 s, a turn of 3 g for 3 s, straight again; returns where it is and what was seen. */
function turningTarget(seed: number): { truth: Vec3; seen: Vec3 }[] {
  const prng = createPrng(seed);
  const speed = 50;
  const rate = (3 * 9.80665) / speed;
  let heading = prng.uniform(0, 2 * Math.PI);
  let [east, north] = [0, 0];
  return Array.from({ length: 90 }, (_, k) => {
    // A hundred small steps: no formula for arcs, as the model has one.
    for (let part = 0; part < 100; part++) {
      if (k >= 30 && k < 60) heading += rate * 0.001;
      east += speed * 0.001 * Math.cos(heading);
      north += speed * 0.001 * Math.sin(heading);
    }
    const truth: Vec3 = [east, north, 100];
    return { truth, seen: [east + 0.5 * prng.normal(), north + 0.5 * prng.normal(), 100 + 0.5 * prng.normal()] };
  });
}

interface Followed {
  readonly squares: number[];
  readonly nees: number[];
  readonly chances: number[][];
}

function follow(models: readonly MotionModelName[], seed: number, accelerationMps2: number): Followed {
  const bank = new ModelBank(1, models, { accelerationMps2, manoeuvreMps2: 12 });
  const states = new Float64Array(6);
  const covariances = new Float64Array(36);
  const found: Followed = { squares: [], nees: [], chances: [] };
  for (const [k, { truth, seen }] of turningTarget(seed).entries()) {
    if (k === 0) {
      for (let axis = 0; axis < 3; axis++) {
        covariances[axis * 7] = 0.25;
        covariances[(axis + 3) * 7] = 35 ** 2;
      }
      states.set(seen);
      bank.begin(0, states, covariances);
    } else {
      bank.predict(0, 0.1);
      bank.update(0, Float64Array.from(seen), noise(0.5), 0);
    }
    bank.combine(0, states, covariances);
    if (k < 5) continue;
    const error = Float64Array.from(truth, (value, axis) => (states[axis] ?? 0) - value);
    found.squares.push(error.reduce((sum, value) => sum + value * value, 0));
    const factor = Float64Array.from([0, 1, 2, 6, 7, 8, 12, 13, 14], (at) => covariances[at] ?? 0);
    expect(factorCholesky(factor, 3)).toBe(true);
    solveLower(factor, 3, error);
    found.nees.push(error.reduce((sum, value) => sum + value * value, 0));
    found.chances.push([...bank.chances]);
  }
  return found;
}

function rmsOf(all: readonly Followed[]): number {
  const squares = all.flatMap((followed) => followed.squares);
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
}

describe("Three models on targets that turn at 3 g", () => {
  const seeds = Array.from({ length: 30 }, (_, k) => k + 1);
  const all = seeds.map((seed) => follow(["velocity", "turn", "acceleration"], seed, 0.5));

  test("err at most 0.8 times as far as the best of any one model", () => {
    const singly = [
      ...[5, 7, 10, 15].map((drift) => rmsOf(seeds.map((seed) => follow(["velocity"], seed, drift)))),
      rmsOf(seeds.map((seed) => follow(["acceleration"], seed, 1))),
    ];
    expect(rmsOf(all) / Math.min(...singly)).toBeLessThanOrEqual(0.8);
  });

  test("know how far: the mean NEES lies in the 95 % band of 30 runs, and above it only where a turn begins or ends", () => {
    // 90 degrees of freedom: 65.65 and 118.14 (Abramowitz & Stegun, table 26.8), over 30.
    const steps = Array.from({ length: 85 }, (_, k) => all.reduce((sum, { nees }) => sum + (nees[k] ?? 0), 0) / 30);
    const mean = steps.reduce((sum, value) => sum + value, 0) / steps.length;
    expect(mean).toBeGreaterThanOrEqual(2.188);
    expect(mean).toBeLessThanOrEqual(3.938);
    const above = steps.flatMap((value, k) => (value > 3.938 ? [k + 5] : []));
    // The turn lasts from step 30 to 59; nothing foresees its first instants.
    expect(above.filter((step) => (step < 30 || step > 35) && (step < 60 || step > 65))).toEqual([]);
  });

  test("tell a turn from straight flight", () => {
    const mean = (from: number, to: number, model: number): number => {
      const chances = all.flatMap((followed) => followed.chances.slice(from - 5, to - 5));
      return chances.reduce((sum, chance) => sum + (chance[model] ?? 0), 0) / chances.length;
    };
    expect(mean(20, 30, 0)).toBeGreaterThan(0.6);
    expect(mean(45, 60, 1)).toBeGreaterThan(0.7);
    expect(mean(80, 90, 0)).toBeGreaterThan(0.6);
  });
});
