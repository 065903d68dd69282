import { expect, test } from "bun:test";
import {
  cameraId,
  createPrng,
  factorCholesky,
  type Intrinsics,
  invertCholesky,
  lookAt,
  mat3FromQuaternion,
  multiply3,
  type Pose,
  type Prng,
  project,
  quaternionFromAxisAngle,
  solveCholesky,
  type Vec3,
} from "@skyvox/core";
import { predict } from "../motion-model.ts";
import { BearingPool } from "./bearing-pool.ts";
import { JointUpdate } from "./bearing-update.ts";
import { viewFromPoints } from "./bearing-view.ts";

const lens: Intrinsics = {
  widthPx: 1920,
  heightPx: 1080,
  fxPx: 1500,
  fyPx: 1480,
  cxPx: 955,
  cyPx: 545,
  distortion: [-0.12, 0.04, 0.001, -0.0008, 0.002],
};
const straightLens: Intrinsics = { ...lens, distortion: [0, 0, 0, 0, 0] };

function poseAt(cameraInEnuM: Vec3, targetEnuM: Vec3 = [0, 0, 40], sigmas: Partial<Pose> = {}): Pose {
  return { ...lookAt({ cameraInEnuM, targetEnuM }), ...sigmas };
}

interface Seen {
  readonly pose: Pose;
  readonly intrinsics: Intrinsics;
  readonly uv: readonly [number, number];
  readonly covariancePx2: readonly [number, number, number];
  readonly lagS?: number;
  readonly timeSigmaS?: number;
}

function addSeen(update: JointUpdate, seen: Seen, camera: number): void {
  const { pose, intrinsics, uv, covariancePx2 } = seen;
  const points = [{ u: uv[0], v: uv[1], covariancePx2 }];
  const view = viewFromPoints({ camera: cameraId("c"), captureNs: 0n, timeSigmaNs: 0, pose, intrinsics, points });
  const source = {
    camera,
    originEnuM: pose.cameraInEnuM,
    angleSigmaRad: pose.angleSigmaRad,
    positionSigmaM: pose.positionSigmaM,
    lagS: seen.lagS ?? 0,
    timeSigmaS: seen.timeSigmaS ?? 0,
  };
  update.add(source, view.bearings, 0);
}

function poolWith(state: readonly number[], variances: readonly number[], cameraCount: number): BearingPool {
  const pool = new BearingPool(1, cameraCount);
  pool.take();
  pool.states.set(state);
  for (const [i, variance] of variances.entries()) pool.covariances[i * 7] = variance;
  return pool;
}

/** Least squares over pixels, through core's `project`, with differences in place of derivatives; information form. */
function leastSquares(state: readonly number[], variances: readonly number[], seen: readonly Seen[]) {
  const residuals = (x: readonly number[]): number[] =>
    seen.flatMap(({ pose, intrinsics, uv, covariancePx2: [uu, uv2, vv], lagS = 0 }) => {
      const at: Vec3 = [0, 1, 2].map((i) => x[i]! + lagS * x[i + 3]!) as [number, number, number];
      const [u, v] = project(intrinsics, pose, at) ?? [Number.NaN, Number.NaN];
      const first = (u - uv[0]) / Math.sqrt(uu);
      const second = (v - uv[1] - (uv2 / uu) * (u - uv[0])) / Math.sqrt(vv - (uv2 * uv2) / uu);
      return [first, second];
    });
  const x = [...state];
  const information = new Float64Array(36);
  for (let round = 0; round < 30; round++) {
    const r = residuals(x);
    const slopes = x.map((_, i) => {
      const step = 1e-4;
      const up = residuals(x.map((value, j) => (i === j ? value + step : value)));
      const down = residuals(x.map((value, j) => (i === j ? value - step : value)));
      return up.map((value, k) => (value - down[k]!) / (2 * step));
    });
    const right = new Float64Array(6);
    for (let i = 0; i < 6; i++) {
      right[i] = (state[i]! - x[i]!) / variances[i]!;
      for (let k = 0; k < r.length; k++) right[i]! -= slopes[i]![k]! * r[k]!;
      for (let j = 0; j < 6; j++) {
        information[i * 6 + j] = i === j ? 1 / variances[i]! : 0;
        for (let k = 0; k < r.length; k++) information[i * 6 + j]! += slopes[i]![k]! * slopes[j]![k]!;
      }
    }
    factorCholesky(information, 6);
    solveCholesky(information, 6, right);
    for (let i = 0; i < 6; i++) x[i]! += right[i]!;
  }
  const covariance = new Float64Array(36);
  invertCholesky(information, 6, covariance);
  return { x, covariance };
}

const origins: readonly Vec3[] = [
  [-60, -50, 2],
  [70, -45, 4],
  [40, 65, 3],
  [-55, 50, 6],
];

test("Joint update agrees with least squares over the pixels, covariance and all", () => {
  const truth: Vec3 = [6, -4, 45];
  const random = createPrng(3);
  const state = [3, -1, 41, 4, -2, 1];
  const variances = [25, 25, 16, 9, 9, 4];
  const seen = origins.map((origin, index): Seen => {
    const pose = poseAt(origin);
    const lagS = 0.01 * index;
    const [u, v] = project(lens, pose, [truth[0] + lagS * 5, truth[1], truth[2]]) ?? [0, 0];
    return {
      pose,
      intrinsics: lens,
      uv: [u + 0.5 * random.normal(), v + 0.5 * random.normal()],
      covariancePx2: [0.25, 0.05, 0.4],
      lagS,
    };
  });
  const pool = poolWith(state, variances, 4);
  const update = new JointUpdate();
  for (const [index, one] of seen.entries()) addSeen(update, one, index);
  expect(update.apply(pool, 0)).toBe(true);
  const { x, covariance } = leastSquares(state, variances, seen);
  for (let i = 0; i < 6; i++) {
    expect(Math.abs(pool.states[i]! - x[i]!)).toBeLessThan(0.02 * Math.sqrt(covariance[i * 7]!));
    for (let j = 0; j < 6; j++) {
      const scale = Math.sqrt(covariance[i * 7]! * covariance[j * 7]!);
      expect(Math.abs(pool.covariances[i * 6 + j]! - covariance[i * 6 + j]!)).toBeLessThan(0.01 * scale);
    }
  }
});

test("Joint update is the same in any order of the cameras, to rounding", () => {
  const run = (order: readonly number[]): Float64Array => {
    const pool = poolWith([3, -1, 41, 4, -2, 1], [25, 25, 16, 9, 9, 4], 4);
    const update = new JointUpdate();
    for (const index of order) {
      const pose = poseAt(origins[index]!, undefined, { angleSigmaRad: 1e-3, positionSigmaM: 0.05 });
      const uv = project(lens, pose, [4, -2, 43]) ?? [0, 0];
      addSeen(update, { pose, intrinsics: lens, uv, covariancePx2: [0.25, 0, 0.25] }, index);
    }
    update.apply(pool, 0);
    return Float64Array.from([...pool.states, ...pool.covariances, ...pool.cross]);
  };
  const [first, second] = [run([0, 1, 2, 3]), run([3, 1, 0, 2])];
  for (let k = 0; k < first.length; k++) expect(first[k]).toBeCloseTo(second[k]!, 9);
});

test("A single bearing tells two coordinates and leaves the third as it was", () => {
  // Camera in the origin looking north: the bearing is the axis, range 100 m known to ± 20 m.
  const pose = poseAt([0, 0, 0], [0, 100, 0]);
  const pool = poolWith([0.01, 100, 0, 0, 0, 0], [4, 400, 4, 1, 1, 1], 1);
  const update = new JointUpdate();
  addSeen(update, { pose, intrinsics: straightLens, uv: [955, 545], covariancePx2: [1, 0, 1] }, 0);
  expect(update.apply(pool, 0)).toBe(true);
  expect(pool.states[1]).toBeCloseTo(100, 3);
  expect(pool.covariances[7]).toBeCloseTo(400, 3);
  // One pixel is 1/1500 rad, 0.0667 m: 1 / (1/4 + 1500²/10⁴) m².
  expect(pool.covariances[0]).toBeCloseTo(1 / (0.25 + 225), 5);
});

test("The doubt of the capture time counts along the motion only", () => {
  const pose = poseAt([0, 0, 0], [0, 100, 0]);
  const spread = (timeSigmaS: number): number[] => {
    const pool = poolWith([0, 100, 0, 20, 0, 0], [4, 1e-6, 4, 1e-9, 1e-9, 1e-9], 1);
    const update = new JointUpdate();
    addSeen(update, { pose, intrinsics: straightLens, uv: [955, 545], covariancePx2: [1, 0, 1], timeSigmaS }, 0);
    update.apply(pool, 0);
    return [pool.covariances[0]!, pool.covariances[14]!];
  };
  const [along, across] = spread(0.05);
  // 20 m/s · 0.05 s = 1 m along x, beside one pixel of 0.0667 m; across only one pixel of 0.0676 m.
  expect(along).toBeCloseTo(1 / (1 / 4 + 1 / (1 + (100 / 1500) ** 2)), 4);
  expect(across).toBeCloseTo(1 / (1 / 4 + (1480 / 100) ** 2), 6);
});

test("A target behind a camera leaves the track alone", () => {
  const pool = poolWith([0, -100, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], 1);
  const update = new JointUpdate();
  const pose = poseAt([0, 0, 0], [0, 100, 0]);
  addSeen(update, { pose, intrinsics: straightLens, uv: [955, 545], covariancePx2: [1, 0, 1] }, 0);
  expect(update.apply(pool, 0)).toBe(false);
  expect([...pool.states.subarray(0, 3)]).toEqual([0, -100, 0]);
});

test("Blame is how much the misfit falls without a bearing", () => {
  const pool = poolWith([0, 0, 40, 0, 0, 0], [4, 4, 4, 1, 1, 1], 4);
  const seen = origins.map((origin, index): Seen => {
    const pose = poseAt(origin, undefined, { angleSigmaRad: 1e-3, positionSigmaM: 0.02 });
    const [u, v] = project(straightLens, pose, [0.5, -0.5, 40.5]) ?? [0, 0];
    return { pose, intrinsics: straightLens, uv: [u + (index === 2 ? 9 : 0), v], covariancePx2: [1, 0.2, 2] };
  });
  const measure = (without: number): JointUpdate => {
    const update = new JointUpdate();
    for (const [index, one] of seen.entries()) addSeen(update, one, index);
    if (without >= 0) update.drop(without);
    update.measure(pool, 0);
    return update;
  };
  const whole = measure(-1);
  whole.weigh();
  for (let place = 0; place < 4; place++) {
    expect(whole.blame[place]).toBeCloseTo(whole.squared - measure(place).squared, 6);
  }
  expect([0, 1, 2, 3].reduce((worst, place) => (whole.blame[place]! > whole.blame[worst]! ? place : worst), 0)).toBe(2);
});

/** Follows one target by four cameras whose poses are off by the same amount all along; returns the error and its covariance. */
function follow(random: Prng, steps: number): { readonly error: Float64Array; readonly covariance: Float64Array } {
  const [angleSigmaRad, positionSigmaM, pixelSigmaPx, dt, drift] = [2e-3, 0.05, 0.5, 0.1, 2];
  const cameras = origins.map((origin) => {
    const believed = poseAt(origin, undefined, { angleSigmaRad, positionSigmaM });
    const axis: Vec3 = [random.normal(), random.normal(), random.normal()];
    const turn = mat3FromQuaternion(quaternionFromAxisAngle(axis, angleSigmaRad * Math.hypot(...axis)));
    const off = (i: number): number => believed.cameraInEnuM[i]! + positionSigmaM * random.normal();
    const actual: Pose = {
      ...believed,
      cameraInEnuM: [off(0), off(1), off(2)],
      cameraFromEnu: multiply3(turn, believed.cameraFromEnu),
    };
    return { believed, actual };
  });
  const truth = [0, 0, 40, 5 * random.normal(), 5 * random.normal(), random.normal()];
  const sigmas = [1, 1, 1, 5, 5, 5];
  const pool = poolWith(
    truth.map((value, i) => value + sigmas[i]! * random.normal()),
    sigmas.map((sigma) => sigma * sigma),
    4,
  );
  const update = new JointUpdate();
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < 3; i++) {
      // The exact draw of white acceleration over dt.
      const [a, b] = [random.normal(), random.normal()];
      truth[i]! += dt * truth[i + 3]! + drift * Math.sqrt(dt ** 3 / 3) * a;
      truth[i + 3]! += drift * Math.sqrt(dt) * ((Math.sqrt(3) / 2) * a + 0.5 * b);
    }
    predict(pool.states, pool.covariances, 0, { elapsedS: dt, accelerationMps2: drift });
    pool.moveCross(0, dt);
    update.clear();
    for (const [index, { believed, actual }] of cameras.entries()) {
      const seen = project(straightLens, actual, [truth[0]!, truth[1]!, truth[2]!]);
      if (seen === null) continue;
      const uv = [seen[0] + pixelSigmaPx * random.normal(), seen[1] + pixelSigmaPx * random.normal()] as const;
      const variance = pixelSigmaPx * pixelSigmaPx;
      addSeen(update, { pose: believed, intrinsics: straightLens, uv, covariancePx2: [variance, 0, variance] }, index);
    }
    expect(update.apply(pool, 0)).toBe(true);
  }
  return {
    error: Float64Array.from(truth, (value, i) => value - pool.states[i]!),
    covariance: pool.covariances.slice(),
  };
}

test("A filter under lasting pose errors stays consistent: mean NEES of 200 runs of 40 steps lies in its 95 % band", () => {
  const random = createPrng(11);
  let sum = 0;
  for (let run = 0; run < 200; run++) {
    const { error, covariance } = follow(random, 40);
    const solved = error.slice();
    factorCholesky(covariance, 6);
    solveCholesky(covariance, 6, solved);
    for (let i = 0; i < 6; i++) sum += error[i]! * solved[i]!;
  }
  // The sum of 200 chi-square values of 6 degrees of freedom has variance 2400.
  expect(Math.abs(sum / 200 - 6)).toBeLessThan((1.96 * Math.sqrt(2400)) / 200);
});
