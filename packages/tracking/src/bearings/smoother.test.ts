import { expect, test } from "bun:test";
import {
  AssertionError,
  createPrng,
  distance,
  factorCholesky,
  invertCholesky,
  nsFromSeconds,
  solveCholesky,
  type Vec3,
} from "@skyvox/core";
import { neesOf } from "../../test/bearing-nees.ts";
import { DriftingTarget, ringOfCameras, viewOf } from "../../test/bearing-scene.ts";
import { predict } from "../motion-model.ts";
import { BearingTracker } from "./bearing-tracker.ts";
import { type FilteredStep, smoothPath } from "./smoother.ts";

const [dt, drift, sigmaM, count] = [0.2, 3, 0.5, 6];

/** A covariance of position and velocity of one axis after `dt` of white acceleration. */
const wander = [(drift * drift * dt ** 3) / 3, (drift * drift * dt * dt) / 2, drift * drift * dt] as const;

/** A Kalman filter of three positions measured at once, by the textbook, one axis as all. */
function filtered(measured: readonly Vec3[]): FilteredStep[] {
  const state = new Float64Array(6);
  const covariance = new Float64Array(36);
  for (let i = 0; i < 6; i++) covariance[i * 7] = 25;
  return measured.map((z, k) => {
    if (k > 0) predict(state, covariance, 0, { elapsedS: dt, accelerationMps2: drift });
    for (let axis = 0; axis < 3; axis++) {
      const [p, q, r] = [covariance[axis * 7]!, covariance[axis * 6 + axis + 3]!, covariance[(axis + 3) * 7]!];
      const s = p + sigmaM * sigmaM;
      const apart = z[axis]! - state[axis]!;
      state[axis]! += (p / s) * apart;
      state[axis + 3]! += (q / s) * apart;
      covariance[axis * 7] = p - (p * p) / s;
      covariance[axis * 6 + axis + 3] = q - (p * q) / s;
      covariance[(axis + 3) * 6 + axis] = q - (p * q) / s;
      covariance[(axis + 3) * 7] = r - (q * q) / s;
    }
    const timeNs = nsFromSeconds(1 + k * dt);
    return { timeNs, state: state.slice(), covariance: covariance.slice(), cross: new Float64Array(18) };
  });
}

/** All states of one axis at once by least squares over prior, motion and measurements. */
function batch(measured: readonly number[]): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const n = 2 * count;
  const information = new Float64Array(n * n);
  const mean = new Float64Array(n);
  const add = (i: number, j: number, value: number): void => {
    information[i * n + j]! += value;
  };
  add(0, 0, 1 / 25);
  add(1, 1, 1 / 25);
  const [a, b, c] = wander;
  const determinant = a * c - b * b;
  // Residual (p' - p - dt v, v' - v) with the inverse of the wander.
  const inverse = [c / determinant, -b / determinant, -b / determinant, a / determinant];
  const slopes = [
    [-1, -dt, 1, 0],
    [0, -1, 0, 1],
  ];
  for (let k = 0; k < count; k++) {
    add(2 * k, 2 * k, 1 / sigmaM ** 2);
    mean[2 * k]! += measured[k]! / sigmaM ** 2;
    if (k + 1 === count) break;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        let sum = 0;
        for (let r = 0; r < 2; r++)
          for (let s = 0; s < 2; s++) sum += slopes[r]![i]! * inverse[r * 2 + s]! * slopes[s]![j]!;
        add(2 * k + i, 2 * k + j, sum);
      }
    }
  }
  const covariance = new Float64Array(n * n);
  factorCholesky(information, n);
  solveCholesky(information, n, mean);
  invertCholesky(information, n, covariance);
  return { mean, covariance };
}

test("Smoothed states and covariances are those of least squares over the whole path", () => {
  const random = createPrng(41);
  const measured = Array.from({ length: count }, (_, k): Vec3 => [k + random.normal(), random.normal(), 2 * k]);
  const steps = smoothPath(filtered(measured), { accelerationMps2: drift });
  for (let axis = 0; axis < 3; axis++) {
    const { mean, covariance } = batch(measured.map((z) => z[axis]!));
    for (const [k, { state, covariance: smoothed }] of steps.entries()) {
      const at = (i: number, j: number): number => covariance[(2 * k + i) * 2 * count + 2 * k + j]!;
      expect(state[axis]).toBeCloseTo(mean[2 * k]!, 9);
      expect(state[axis + 3]).toBeCloseTo(mean[2 * k + 1]!, 9);
      expect(smoothed[axis * 7]).toBeCloseTo(at(0, 0), 9);
      expect(smoothed[axis * 6 + axis + 3]).toBeCloseTo(at(0, 1), 9);
      expect(smoothed[(axis + 3) * 7]).toBeCloseTo(at(1, 1), 9);
    }
  }
});

test("Looking back halves the error of a path under lasting pose errors, and stays honest about it", () => {
  let nees = 0;
  const squared = { filtered: 0, smoothed: 0 };
  const runs = 60;
  for (let run = 0; run < runs; run++) {
    const random = createPrng(700 + run);
    const cameras = ringOfCameras(random, { count: 4, radiusM: 60, angleSigmaRad: 2e-4, positionSigmaM: 0.005 });
    const target = new DriftingTarget([0, 0, 30], [3 * random.normal(), 3 * random.normal(), 0], 4);
    const tracker = new BearingTracker(
      cameras.map(({ id }) => id),
      { accelerationMps2: 4, targetsPerM3: 1e-6 },
    );
    const steps: FilteredStep[] = [];
    const truth: Vec3[] = [];
    for (let frame = 0; frame < 24; frame++) {
      const timeS = 1 + frame * 0.1;
      if (frame > 0) target.move(random, 0.1);
      const seen = { pixelSigmaPx: 3, detectionProbability: 0.95, falseCount: 0 };
      const views = cameras.map((camera) => viewOf(random, camera, timeS, [[...target.at]], seen));
      const [track] = tracker.step(nsFromSeconds(timeS), views);
      const step = track === undefined ? null : tracker.estimate(track.id);
      if (step === null) continue;
      steps.push(step);
      truth.push([...target.at]);
    }
    expect(steps.length).toBeGreaterThan(20);
    const smoothed = smoothPath(steps, { accelerationMps2: 4 });
    const middle = 10;
    const place = ({ state }: { readonly state: Float64Array }): Vec3 => [state[0]!, state[1]!, state[2]!];
    squared.filtered += distance(place(steps[middle]!), truth[middle]!) ** 2;
    squared.smoothed += distance(place(smoothed[middle]!), truth[middle]!) ** 2;
    nees += neesOf(
      { positionEnuM: place(smoothed[middle]!), covariance: smoothed[middle]!.covariance },
      truth[middle]!,
    );
  }
  expect(squared.smoothed).toBeLessThan(0.6 * squared.filtered);
  // The sum of chi-square values of 3 degrees of freedom has variance 6 each.
  expect(Math.abs(nees / runs - 3)).toBeLessThan((1.96 * Math.sqrt(6 * runs)) / runs);
});

test("Steps that go backwards assert, and no steps are no path", () => {
  const steps = filtered([
    [0, 0, 0],
    [1, 0, 0],
  ]);
  expect(() => smoothPath(steps.toReversed(), { accelerationMps2: drift })).toThrow(AssertionError);
  expect(smoothPath([], { accelerationMps2: drift })).toEqual([]);
});
