/**
 * What a bundle adjustment weighs: views, control positions, smoothness of the path and priors, as cost and equations.
 *
 * Each term adds its cost and, where equations are given, JᵀWJ and JᵀWr with analytic J. Terms under a loss (views and control) enter with the
 * weight of their loss at the present state, i.e. as iterated reweighting. A view that cannot be projected (behind the camera, past
 * the fold of the lens) costs what a view `LOST_SIGMAS` off costs and pulls nothing.
 */
import { assert } from "@skyvox/core";
import type { BundleCamera, BundleProblem, ControlTrack } from "./bundle-problem.ts";
import { type BundleSystem, type DenseLayout, PATH_BAND } from "./bundle-system.ts";
import {
  knotBefore,
  knotWeight,
  LENS_LENGTH,
  STEP_CENTRE,
  STEP_CLOCK,
  STEP_LENS,
  STEP_LINE_TIME,
} from "./camera-state.ts";
import { lossOf, lossWeight } from "./cauchy-loss.ts";
import { PathPlace, type PathSpline, placeOnPath, SPLINE_SUPPORT } from "./path-spline.ts";
import { ProjectionScratch, projectWithDerivatives } from "./projection.ts";

const LOST_SIGMAS = 1e3;
/** Pose, lens, line time and two knots: what one view can depend on. */
const ACTIVE_MAX = STEP_CLOCK + 2;

/** Arrays used for every view; one per solve. */
export class TermScratch {
  readonly projection = new ProjectionScratch();
  readonly onPath = new PathPlace();
  readonly places = new Int32Array(ACTIVE_MAX);
  readonly byU = new Float64Array(ACTIVE_MAX);
  readonly byV = new Float64Array(ACTIVE_MAX);
  readonly jacobianU = new Float64Array(ACTIVE_MAX);
  readonly jacobianV = new Float64Array(ACTIVE_MAX);
}

/** Adds all terms of a problem. @returns the cost: half the sum of what every observation costs. */
export function addTerms(
  problem: BundleProblem,
  layout: DenseLayout,
  system: BundleSystem | null,
  scratch: TermScratch,
): number {
  let cost = 0;
  for (const [index, camera] of problem.cameras.entries()) {
    const places = layout.cameras[index];
    assert(places !== undefined, "every camera is laid out");
    cost += addViews(problem, camera, places, system, scratch);
    cost += addPriors(camera, places, system);
  }
  if (problem.pathFree) {
    if (problem.control !== null) cost += addControl(problem.path, problem.control, system, scratch);
    cost += addSmoothness(problem.path, problem.jerkSigma, system);
  }
  return cost / 2;
}

function addViews(
  problem: BundleProblem,
  camera: BundleCamera,
  places: Int32Array,
  system: BundleSystem | null,
  scratch: TermScratch,
): number {
  const { views, state, worth } = camera;
  const inverseVariance = 1 / (camera.sigmaPx * camera.sigmaPx);
  const { projection, onPath } = scratch;
  let cost = 0;
  for (let i = 0; i < views.nominalS.length; i++) {
    const row = views.vPx[i]!;
    const nominalS = views.nominalS[i]!;
    const knot = knotBefore(state.knotsS, nominalS);
    const share = knotWeight(state.knotsS, knot, nominalS);
    const before = state.values[STEP_CLOCK + knot]!;
    const after = share === 0 ? before : state.values[STEP_CLOCK + knot + 1]!;
    const lineTimeS = state.values[STEP_LINE_TIME]!;
    placeOnPath(problem.path, nominalS + before + share * (after - before) + lineTimeS * row, onPath);
    if (!projectWithDerivatives(state.cameraFromEnu, state.values, onPath.position, projection)) {
      cost += worth * lossOf(LOST_SIGMAS * LOST_SIGMAS);
      continue;
    }
    const du = projection.u - views.uPx[i]!;
    const dv = projection.v - row;
    const square = (du * du + dv * dv) * inverseVariance;
    cost += worth * lossOf(square);
    if (system === null) continue;
    const weight = worth * lossWeight(square) * inverseVariance;
    const active = gatherJacobian(places, knot, share, row, scratch);
    addDense(system, scratch, active, weight, du, dv);
    if (problem.pathFree) addPath(system, scratch, active, weight, du, dv);
  }
  return cost;
}

/** Writes the derivatives of a view by the free values of its camera and returns how many there are. */
function gatherJacobian(places: Int32Array, knot: number, share: number, row: number, scratch: TermScratch): number {
  const { projection, byU, byV } = scratch;
  const { velocity } = scratch.onPath;
  const { byPoint: d, byWorld: w, byLens, point } = projection;
  const [x, y, z] = [point[0]!, point[1]!, point[2]!];
  for (let k = 0; k < 2; k++) {
    const out = k === 0 ? byU : byV;
    const [a, b, c] = [d[k * 3]!, d[k * 3 + 1]!, d[k * 3 + 2]!];
    out[0] = y * c - z * b;
    out[1] = z * a - x * c;
    out[2] = x * b - y * a;
    for (let axis = 0; axis < 3; axis++) out[STEP_CENTRE + axis] = -w[k * 3 + axis]!;
    for (let i = 0; i < LENS_LENGTH; i++) out[STEP_LENS + i] = byLens[k * LENS_LENGTH + i]!;
    const byTime = w[k * 3]! * velocity[0]! + w[k * 3 + 1]! * velocity[1]! + w[k * 3 + 2]! * velocity[2]!;
    out[STEP_LINE_TIME] = byTime * row;
    out[STEP_CLOCK] = byTime * (1 - share);
    out[STEP_CLOCK + 1] = byTime * share;
  }
  let active = 0;
  for (let i = 0; i < ACTIVE_MAX; i++) {
    const place = i < STEP_CLOCK ? places[i]! : (places[i + knot] ?? -1);
    if (place < 0) continue;
    scratch.places[active] = place;
    scratch.jacobianU[active] = byU[i]!;
    scratch.jacobianV[active] = byV[i]!;
    active += 1;
  }
  return active;
}

function addDense(
  system: BundleSystem,
  scratch: TermScratch,
  active: number,
  weight: number,
  du: number,
  dv: number,
): void {
  const { dense, denseCount, denseGradient } = system;
  const { places, jacobianU, jacobianV } = scratch;
  for (let i = 0; i < active; i++) {
    const u = weight * jacobianU[i]!;
    const v = weight * jacobianV[i]!;
    const place = places[i]!;
    denseGradient[place]! += u * du + v * dv;
    const rowAt = place * denseCount;
    for (let j = 0; j <= i; j++) dense[rowAt + places[j]!]! += u * jacobianU[j]! + v * jacobianV[j]!;
  }
}

function addPath(
  system: BundleSystem,
  scratch: TermScratch,
  active: number,
  weight: number,
  du: number,
  dv: number,
): void {
  const { byWorld: w } = scratch.projection;
  const { places, jacobianU, jacobianV } = scratch;
  const { weights, piece } = scratch.onPath;
  const { cross, pathCount } = system;
  const first = piece * 3;
  for (let i = 0; i < active; i++) {
    const u = weight * jacobianU[i]!;
    const v = weight * jacobianV[i]!;
    const x = u * w[0]! + v * w[3]!;
    const y = u * w[1]! + v * w[4]!;
    const z = u * w[2]! + v * w[5]!;
    let at = places[i]! * pathCount + first;
    for (let k = 0; k < SPLINE_SUPPORT; k++, at += 3) {
      const b = weights[k]!;
      cross[at]! += b * x;
      cross[at + 1]! += b * y;
      cross[at + 2]! += b * z;
    }
  }
  for (let a = 0; a < 3; a++) {
    const gradient = weight * (w[a]! * du + w[3 + a]! * dv);
    for (let k = 0; k < SPLINE_SUPPORT; k++) system.pathGradient[first + k * 3 + a]! += weights[k]! * gradient;
    for (let b = 0; b < 3; b++) {
      addBandPair(system, scratch, a, b, weight * (w[a]! * w[b]! + w[3 + a]! * w[3 + b]!));
    }
  }
}

/** Adds `value · b_k b_l` for axes a, b of all pairs of control points of the scratch's piece. */
function addBandPair(system: BundleSystem, scratch: TermScratch, a: number, b: number, value: number): void {
  const { weights, piece } = scratch.onPath;
  for (let k = 0; k < SPLINE_SUPPORT; k++) {
    const row = (piece + k) * 3 + a;
    for (let l = 0; l <= k; l++) {
      if (l === k && b > a) continue;
      const column = (piece + l) * 3 + b;
      system.band[row * (PATH_BAND + 1) + PATH_BAND + column - row]! += value * weights[k]! * weights[l]!;
    }
  }
}

function addPriors(camera: BundleCamera, places: Int32Array, system: BundleSystem | null): number {
  let cost = 0;
  for (const prior of camera.priors) {
    let found = 0;
    for (const [i, place] of prior.places.entries()) found += prior.factors[i]! * camera.state.values[place]!;
    const weight = 1 / (prior.sigma * prior.sigma);
    const residual = found - prior.wanted;
    cost += residual * residual * weight;
    if (system === null) continue;
    for (const [i, a] of prior.places.entries()) {
      const row = places[a]!;
      if (row < 0) continue;
      system.denseGradient[row]! += weight * prior.factors[i]! * residual;
      for (const [j, b] of prior.places.entries()) {
        const column = places[b]!;
        if (column < 0 || column > row) continue;
        system.dense[row * system.denseCount + column]! += weight * prior.factors[i]! * prior.factors[j]!;
      }
    }
  }
  return cost;
}

function addControl(
  path: PathSpline,
  control: ControlTrack,
  system: BundleSystem | null,
  scratch: TermScratch,
): number {
  const inverseVariance = 1 / (control.sigmaM * control.sigmaM);
  const residual = new Float64Array(3);
  let cost = 0;
  for (let i = 0; i < control.timesS.length; i++) {
    placeOnPath(path, control.timesS[i]!, scratch.onPath);
    let square = 0;
    for (let axis = 0; axis < 3; axis++) {
      residual[axis] = scratch.onPath.position[axis]! - control.positionsM[i * 3 + axis]!;
      square += residual[axis]! * residual[axis]! * inverseVariance;
    }
    cost += lossOf(square);
    if (system !== null) {
      addControlEquations(system, residual, lossWeight(square) * inverseVariance, scratch);
    }
  }
  return cost;
}

function addControlEquations(system: BundleSystem, residual: Float64Array, weight: number, scratch: TermScratch): void {
  const { weights, piece } = scratch.onPath;
  const first = piece * 3;
  for (let axis = 0; axis < 3; axis++) {
    addBandPair(system, scratch, axis, axis, weight);
    for (let k = 0; k < SPLINE_SUPPORT; k++) {
      system.pathGradient[first + k * 3 + axis]! += weight * weights[k]! * residual[axis]!;
    }
  }
}

/** The third derivative of a piece is (c3 - 3 c2 + 3 c1 - c0) / step³; it stays near zero. */
const THIRD_DIFFERENCE = [-1, 3, -3, 1] as const;

function addSmoothness(path: PathSpline, jerkSigma: number, system: BundleSystem | null): number {
  const { control } = path;
  const scale = 1 / (jerkSigma * path.stepS ** 3);
  const weight = scale * scale;
  let cost = 0;
  for (let piece = 0; piece + SPLINE_SUPPORT <= control.length / 3; piece++) {
    for (let axis = 0; axis < 3; axis++) {
      let difference = 0;
      for (let k = 0; k < SPLINE_SUPPORT; k++) difference += THIRD_DIFFERENCE[k]! * control[(piece + k) * 3 + axis]!;
      cost += difference * difference * weight;
      if (system === null) continue;
      for (let k = 0; k < SPLINE_SUPPORT; k++) {
        const row = (piece + k) * 3 + axis;
        system.pathGradient[row]! += weight * THIRD_DIFFERENCE[k]! * difference;
        for (let l = 0; l <= k; l++) {
          const at = row * (PATH_BAND + 1) + PATH_BAND - (k - l) * 3;
          system.band[at]! += weight * THIRD_DIFFERENCE[k]! * THIRD_DIFFERENCE[l]!;
        }
      }
    }
  }
  return cost;
}
