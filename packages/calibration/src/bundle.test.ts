import { expect, test } from "bun:test";
import { createPrng, project, type Vec3 } from "@skyvox/core";
import { type MadeCamera, type MadeFlight, makeFlight } from "../test/made-flight.ts";
import { defaultBundleOptions, solveBundle } from "./bundle.ts";
import { type BundleCamera, type BundleProblem, freeParts } from "./bundle-problem.ts";
import { BundleSystem, layOut } from "./bundle-system.ts";
import { addTerms, TermScratch } from "./bundle-terms.ts";
import { captureTimeS, centreOf, copyCameraState, intrinsicsOf, moveCameraState, poseOf } from "./camera-state.ts";
import { createPathSpline, positionAt } from "./path-spline.ts";

/** A problem with everything free, near but not at the truth. */
function disturbed(flight: MadeFlight, seed: number): BundleProblem {
  const prng = createPrng(seed);
  const cameras = flight.cameras.map((camera: MadeCamera): BundleCamera => {
    const state = copyCameraState(camera.state);
    const step = new Float64Array(state.values.length);
    for (let i = 0; i < 3; i++) step[i] = 0.002 * prng.normal();
    for (let i = 3; i < 6; i++) step[i] = 0.05 * prng.normal();
    for (let i = 6; i < 10; i++) step[i] = 3 * prng.normal();
    for (let i = 16; i < step.length; i++) step[i] = 0.004 * prng.normal();
    moveCameraState(state, step);
    const free = freeParts(state, ["pose", "lens", "lineTime", "clock"]);
    const priors = [
      { places: [6, 7], factors: [1, -1], wanted: 2, sigma: 5 },
      { places: [15], factors: [1], wanted: 2e-5, sigma: 1e-5 },
    ];
    return { state, views: camera.views, sigmaPx: 1, worth: 0.5, free, priors };
  });
  const path = { ...flight.path, control: flight.path.control.map((value) => value + 0.05 * prng.normal()) };
  return { cameras, path, pathFree: true, jerkSigma: 10, control: flight.control };
}

test("The equations of a bundle hold the derivatives that finite differences find", () => {
  const problem = disturbed(makeFlight({ seed: 3, cameraCount: 2, seconds: 4, rateHz: 5, noisePx: 1 }), 4);
  const layout = layOut(problem);
  const system = new BundleSystem(layout.count, problem.path.control.length);
  const scratch = new TermScratch();
  addTerms(problem, layout, system, scratch);
  const costAt = (move: (h: number) => void, h: number) => {
    move(h);
    const cost = addTerms(problem, layout, null, scratch);
    move(-h);
    return cost;
  };
  const slopeOf = (move: (h: number) => void, h: number) => (costAt(move, h) - costAt(move, -h)) / (2 * h);
  for (const [index, { state }] of problem.cameras.entries()) {
    for (const [i, place] of layout.cameras[index]!.entries()) {
      // Turns, metres, pixels, distortion, line time and seconds want steps of their own size.
      const h = i < 3 ? 1e-6 : i < 6 ? 1e-4 : i < 10 ? 1e-3 : i < 15 ? 1e-6 : i === 15 ? 1e-9 : 1e-6;
      const move = (by: number) => {
        const step = new Float64Array(state.values.length);
        step[i] = by;
        moveCameraState(state, step);
      };
      const wanted = slopeOf(move, h);
      expect(Math.abs(system.denseGradient[place]! - wanted)).toBeLessThan(1e-4 * Math.abs(wanted) + 2e-3);
    }
  }
  for (let i = 0; i < problem.path.control.length; i++) {
    const move = (by: number) => {
      problem.path.control[i]! += by;
    };
    const wanted = slopeOf(move, 1e-4);
    expect(Math.abs(system.pathGradient[i]! - wanted)).toBeLessThan(1e-5 * Math.abs(wanted) + 1e-4);
  }
});

test("The Schur complement gives the step of the whole system", () => {
  const problem = disturbed(makeFlight({ seed: 5, cameraCount: 2, seconds: 4, rateHz: 5, noisePx: 1 }), 6);
  const layout = layOut(problem);
  const m = layout.count;
  const n = problem.path.control.length;
  const system = new BundleSystem(m, n);
  addTerms(problem, layout, system, new TermScratch());
  const dense = new Float64Array(m);
  const path = new Float64Array(n);
  expect(system.solve(0.01, dense, path)).toBe(true);
  // Row by row: (H + 0.01 diag H) x + g = 0, with H put together from its three parts.
  const x = [...dense, ...path];
  const entry = (row: number, column: number): number => {
    if (row < column) return entry(column, row);
    const scale = row === column ? 1.01 : 1;
    if (row < m) return scale * system.dense[row * m + column]!;
    if (column < m) return system.cross[column * n + row - m]!;
    const at = column - row + 11;
    return at < 0 ? 0 : scale * system.band[(row - m) * 12 + at]!;
  };
  for (let row = 0; row < m + n; row++) {
    let sum = row < m ? system.denseGradient[row]! : system.pathGradient[row - m]!;
    let size = Math.abs(sum);
    for (let column = 0; column < m + n; column++) {
      const term = entry(row, column) * x[column]!;
      sum += term;
      size += Math.abs(term);
    }
    expect(Math.abs(sum)).toBeLessThan(1e-9 * size + 1e-9);
  }
});

test("A bundle adjustment finds cameras, clocks and path again", () => {
  const flight = makeFlight({ seed: 7, cameraCount: 4, seconds: 40, rateHz: 20, noisePx: 0.5 });
  const problem = disturbed(flight, 8);
  const result = solveBundle(problem, { ...defaultBundleOptions, iterationsMax: 60 });
  expect(result.converged).toBe(true);
  expect(result.cost).toBeLessThan(result.startCost / 5);
  for (const [index, { state }] of problem.cameras.entries()) {
    const truth = flight.cameras[index]!.state;
    const off = centreOf(state).map((value, axis) => value - centreOf(truth)[axis]!);
    expect(Math.hypot(...off)).toBeLessThan(0.3);
    expect(Math.abs(state.values[6]! / truth.values[6]! - 1)).toBeLessThan(0.005);
    const middle = flight.cameras[index]!.views.nominalS[10]!;
    expect(Math.abs(captureTimeS(state, middle, 540) - captureTimeS(truth, middle, 540))).toBeLessThan(0.004);
  }
});

test("One view in three that is wrong does not move the result far", () => {
  const flight = makeFlight({ seed: 9, cameraCount: 4, seconds: 40, rateHz: 20, noisePx: 0.5, outlierShare: 0.3 });
  const problem = disturbed(flight, 10);
  solveBundle(problem);
  for (const [index, { state }] of problem.cameras.entries()) {
    const off = centreOf(state).map((value, axis) => value - centreOf(flight.cameras[index]!.state)[axis]!);
    expect(Math.hypot(...off)).toBeLessThan(0.5);
  }
});

test("A path is found from control alone, and goes straight over a gap", () => {
  const path = createPathSpline({ fromS: 0, toS: 10, stepS: 0.5 });
  const timesS = Float64Array.from({ length: 41 }, (_, i) => i * 0.25).filter((timeS) => timeS < 4 || timeS > 6);
  const line = (timeS: number): Vec3 => [3 * timeS, 5 - timeS, 20];
  const positionsM = Float64Array.from([...timesS].flatMap(line));
  solveBundle({ cameras: [], path, pathFree: true, jerkSigma: 10, control: { timesS, positionsM, sigmaM: 0.02 } });
  for (const timeS of [0.1, 3, 5, 9.9]) {
    const found = positionAt(path, timeS);
    for (let axis = 0; axis < 3; axis++) expect(found[axis]!).toBeCloseTo(line(timeS)[axis]!, 6);
  }
});

test("Made flights are what the camera model of core sees", () => {
  const flight = makeFlight({ seed: 11, cameraCount: 2, seconds: 5, rateHz: 10, noisePx: 0 });
  for (const { state, views } of flight.cameras) {
    const lens = intrinsicsOf(state, { widthPx: 1920, heightPx: 1080 });
    for (let i = 0; i < views.nominalS.length; i++) {
      const point = positionAt(flight.path, captureTimeS(state, views.nominalS[i]!, views.vPx[i]!));
      const seen = project(lens, { ...poseOf(state), positionSigmaM: 0, angleSigmaRad: 0 }, point)!;
      expect(seen[0]).toBeCloseTo(views.uPx[i]!, 6);
      expect(seen[1]).toBeCloseTo(views.vPx[i]!, 6);
    }
  }
});
