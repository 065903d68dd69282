/**
 * A camera while it is being calibrated: its state, what of its views is used, and what is believed about it beforehand.
 *
 * Beliefs are stated here and nowhere else: a lens as given is right to 3 % in focal length and 2 % of the width in its centre, distortion
 * to what lenses of cameras and phones differ by, rows are read over 10 to 30 ms of a full picture, and a rate is right to 2 in 1000. None is
 * trusted blindly: with the views of a flight each weighs little, and a focal length that leaves its belief far behind is let go.
 */
import {
  type BundleCamera,
  type CameraPart,
  filterViews,
  freeParts,
  type LinearPrior,
  type Views,
} from "./bundle-problem.ts";
import { type CameraInput, viewsOf } from "./calibration-input.ts";
import {
  type CameraState,
  captureTimeS,
  createCameraState,
  STEP_CENTRE,
  STEP_CLOCK,
  STEP_LENS,
  STEP_LINE_TIME,
} from "./camera-state.ts";
import type { LinearClock } from "./linear-clock.ts";
import type { BarePose } from "./three-point-pose.ts";

/** Belief about where a camera's centre is, metres per axis. */
export interface CentrePrior {
  readonly centreM: readonly [number, number, number];
  readonly sigmaM: number;
}

/** A camera on its way. Fields that stages change are not readonly. */
export interface CameraEstimate {
  readonly input: CameraInput;
  /** All views; a stage thins them. */
  readonly views: Views;
  state: CameraState;
  sigmaPx: number;
  /** How long errors of views last, seconds; 0 while it is not known. */
  errorLastsS: number;
  /** Relative sigma of the focal lengths as given. */
  focalSigma: number;
  centrePrior: CentrePrior | null;
  /** Rate that the search found: what the clock's prior holds on to. */
  readonly rate: number;
}

/** Focal lengths as given are off by this share. */
export const FOCAL_SIGMA = 0.03;
const CENTRE_SHARE_SIGMA = 0.02;
/** k1, k2, p1, p2, k3. */
const DISTORTION_SIGMAS = [0.1, 0.1, 0.003, 0.003, 0.05] as const;
/** Time from the first row of a picture to its last, seconds. */
const READOUT_S = 0.02;
const READOUT_SIGMA_S = 0.01;
const RATE_SIGMA = 2e-3;
/** How far a knot of a variable clock lies off the line through its neighbours, seconds. */
const BEND_SIGMA_S = 0.03;
/** Sigma of views before any fit, as a share of the focal length. */
const START_SIGMA_SHARE = 0.005;

/** Starts the estimate of a camera from a pose and a clock. */
export function createEstimate(input: CameraInput, pose: BarePose, clock: LinearClock): CameraEstimate {
  const views = viewsOf(input);
  const { heightPx } = input.intrinsics;
  const first = views.nominalS[0]!;
  const knotsS = [first, Math.max(first + 1, views.nominalS.at(-1)!)];
  const lineTimeS = READOUT_S / heightPx;
  // The search knows nothing of rows: its clock is that of the middle row.
  const middleS = (lineTimeS * heightPx) / 2;
  const state = createCameraState({
    pose,
    intrinsics: input.intrinsics,
    lineTimeS,
    knotsS,
    correctionS: knotsS.map((knot) => clock.offsetS + (clock.rate - 1) * knot - middleS),
  });
  const sigmaPx = START_SIGMA_SHARE * input.intrinsics.fxPx;
  return { input, views, state, sigmaPx, errorLastsS: 0, focalSigma: FOCAL_SIGMA, centrePrior: null, rate: clock.rate };
}

/** How a stage uses a camera. */
export interface StageUse {
  readonly parts: readonly CameraPart[];
  readonly viewsMax: number;
  /** Keeps views by site time; null for all. */
  readonly keep: ((timeS: number) => boolean) | null;
}

/** Makes a camera of a bundle adjustment; the state is shared, so what is solved arrives in the estimate. */
export function bundleCameraOf(estimate: CameraEstimate, use: StageUse): BundleCamera {
  const { state } = estimate;
  const { views, stepS } = thinned(estimate, use);
  return {
    state,
    views,
    sigmaPx: estimate.sigmaPx,
    worth: Math.min(1, stepS / Math.max(stepS, estimate.errorLastsS)),
    free: freeParts(state, use.parts),
    priors: priorsOf(estimate),
  };
}

/** Gives the clock knots every `stepS` seconds, each where the clock now is. */
export function bendClock(estimate: CameraEstimate, knotsS: readonly number[]): void {
  const { state } = estimate;
  const correctionS = knotsS.map((knot) => captureTimeS(state, knot, 0) - knot);
  const values = new Float64Array(STEP_CLOCK + knotsS.length);
  values.set(state.values.subarray(0, STEP_CLOCK));
  values.set(correctionS, STEP_CLOCK);
  estimate.state = { cameraFromEnu: state.cameraFromEnu, values, knotsS: Float64Array.from(knotsS) };
}

function thinned(
  { views, state, input }: CameraEstimate,
  { keep, viewsMax }: StageUse,
): { views: Views; stepS: number } {
  const kept =
    keep === null ? views : filterViews(views, (nominalS, i) => keep(captureTimeS(state, nominalS, views.vPx[i]!)));
  const every = Math.ceil(kept.nominalS.length / viewsMax);
  const stepS = Math.max(1, every) / input.frameRateHz;
  return { views: every <= 1 ? kept : filterViews(kept, (_, i) => i % every === 0), stepS };
}

function priorsOf(estimate: CameraEstimate): LinearPrior[] {
  const { intrinsics: lens } = estimate.input;
  const { state, centrePrior } = estimate;
  const one = (place: number, wanted: number, sigma: number): LinearPrior => ({
    places: [place],
    factors: [1],
    wanted,
    sigma,
  });
  const centreSigma = CENTRE_SHARE_SIGMA * lens.widthPx;
  const priors = [
    one(STEP_LENS, lens.fxPx, estimate.focalSigma * lens.fxPx),
    one(STEP_LENS + 1, lens.fyPx, estimate.focalSigma * lens.fyPx),
    one(STEP_LENS + 2, lens.cxPx, centreSigma),
    one(STEP_LENS + 3, lens.cyPx, centreSigma),
    ...lens.distortion.map((k, i) => one(STEP_LENS + 4 + i, k, DISTORTION_SIGMAS[i]!)),
    one(STEP_LINE_TIME, READOUT_S / lens.heightPx, READOUT_SIGMA_S / lens.heightPx),
  ];
  if (centrePrior !== null) {
    const { centreM, sigmaM } = centrePrior;
    priors.push(...centreM.map((value, axis) => one(STEP_CENTRE + axis, value, sigmaM)));
  }
  const { knotsS } = state;
  const last = knotsS.length - 1;
  const spanS = knotsS[last]! - knotsS[0]!;
  priors.push({
    places: [STEP_CLOCK, STEP_CLOCK + last],
    factors: [-1, 1],
    wanted: (estimate.rate - 1) * spanS,
    sigma: RATE_SIGMA * spanS,
  });
  for (let k = 1; k < last; k++) priors.push(bendPrior(knotsS, k));
  return priors;
}

/** The knot lies on the line through its neighbours, within `BEND_SIGMA_S`; a step (knots close together) may be of any size. */
function bendPrior(knotsS: Float64Array, k: number): LinearPrior {
  const share = (knotsS[k]! - knotsS[k - 1]!) / (knotsS[k + 1]! - knotsS[k - 1]!);
  const isAtStep = Math.min(knotsS[k]! - knotsS[k - 1]!, knotsS[k + 1]! - knotsS[k]!) < STEP_SPAN_MAX_S;
  return {
    places: [STEP_CLOCK + k - 1, STEP_CLOCK + k, STEP_CLOCK + k + 1],
    factors: [-(1 - share), 1, -share],
    wanted: 0,
    sigma: isAtStep ? STEP_SIGMA_S : BEND_SIGMA_S,
  };
}

/** Knots nearer to each other than this are the two sides of a step. */
const STEP_SPAN_MAX_S = 0.5;
const STEP_SIGMA_S = 10;
