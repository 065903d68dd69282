/**
 * The stages from first poses to a calibration: poses and clocks, then lenses, then what the residuals told about noise, clocks and focal lengths.
 *
 * Each stage is one bundle adjustment from where the last one ended. After it the sigma of every camera is set to what its residuals are (by the
 * median, so that outliers do not matter); a clock whose lateness is bent or stepped gets knots; a focal length that left its belief by more
 * than `FOCAL_SIGMAS_MAX` is freed of it. All of that is told in notes.
 */

import { type BundleResult, solveBundle } from "./bundle.ts";
import type { BundleProblem, CameraPart, ControlTrack, LinearPrior } from "./bundle-problem.ts";
import { bendClock, bundleCameraOf, type CameraEstimate, FOCAL_SIGMA, type StageUse } from "./camera-estimate.ts";
import { captureTimeS, STEP_CLOCK, STEP_LENS } from "./camera-state.ts";
import { bentKnots, type ClockStep, clockBlocks, clockStep, isBent, latenessOf } from "./clock-residuals.ts";
import type { PathSpline } from "./path-spline.ts";
import { viewErrors, viewNoise } from "./view-errors.ts";

/** What keeps solutions from being turned, moved and scaled: held poses, held clocks and priors. Nothing is held where control fixes all. */
export interface Gauge {
  /** Camera whose pose is held, or -1. */
  readonly heldPose: number;
  /** Camera whose clock is held, or -1. */
  readonly heldClock: number;
  /** Priors on the values of cameras that fix a scale, by camera. */
  readonly priors: ReadonlyMap<number, readonly LinearPrior[]>;
}

/** Nothing is held. */
export const freeGauge: Gauge = { heldPose: -1, heldClock: -1, priors: new Map() };

/** What the stages work on. */
export interface AdjustInput {
  readonly estimates: readonly CameraEstimate[];
  readonly path: PathSpline;
  readonly control: ControlTrack | null;
  readonly gauge: Gauge;
  /** How much the target's acceleration changes within a step, to begin with, m/s³; then it is what the path shows. */
  jerkSigma: number;
  /** Keeps views by site time; null for all. */
  readonly keep: ((timeS: number) => boolean) | null;
  readonly onProgress: (text: string) => void;
}

/** What the stages found besides numbers. */
export interface AdjustResult {
  readonly last: BundleResult;
  readonly problem: BundleProblem;
  /** What paths of this target are made with. */
  readonly jerkSigma: number;
  /** Cameras whose clock runs at a variable rate. */
  readonly bent: ReadonlySet<number>;
  readonly steps: ReadonlyMap<number, ClockStep>;
  /** Cameras whose focal length was far from the given one. */
  readonly freedFocal: ReadonlySet<number>;
}

/** A focal length further than this from the given one, in sigmas of the belief, is freed of it. */
const FOCAL_SIGMAS_MAX = 2.5;
const FREED_FOCAL_SIGMA = 0.5;
const START_VIEWS_MAX = 600;
const FINAL_VIEWS_MAX = 2500;
/** Labels are not better than this, pixels. */
const SIGMA_MIN_PX = 0.2;

/** Runs all stages; states, sigmas, the path and the sigma of jerk are moved in place. */
export function adjust(input: AdjustInput): AdjustResult {
  const { estimates, onProgress } = input;
  const bent = new Set<number>();
  const steps = new Map<number, ClockStep>();
  const freedFocal = new Set<number>();
  runStage(input, ["pose", "clock"], START_VIEWS_MAX, "poses and clocks");
  input.jerkSigma = jerkOf(input);
  for (const index of estimates.keys())
    if (mendStep(input, index, bent, steps)) onProgress(`camera "${estimates[index]!.input.id}": its clock jumps`);
  if (steps.size > 0) runStage(input, ["pose", "clock"], START_VIEWS_MAX, "poses and clocks again");
  // While lenses do not fit yet errors last because of them: what lasts is measured once they do.
  resetSigmas(input, false);
  runStage(input, ["pose", "clock", "lens", "lineTime"], START_VIEWS_MAX, "lenses");
  input.jerkSigma = jerkOf(input);
  for (const [index, estimate] of estimates.entries()) if (freeFocal(estimate)) freedFocal.add(index);
  if (freedFocal.size > 0) {
    resetSigmas(input, false);
    runStage(input, ["pose", "clock", "lens", "lineTime"], START_VIEWS_MAX, "focal lengths far from those given");
  }
  for (const [index, estimate] of estimates.entries()) {
    if (mendClock(input, index, bent)) onProgress(`camera "${estimate.input.id}": its clock is not of one rate`);
  }
  resetSigmas(input, bent.size === 0);
  runStage(input, ["pose", "clock", "lens", "lineTime"], START_VIEWS_MAX, "clocks");
  resetSigmas(input, true);
  const { result, problem } = runStage(input, ["pose", "clock", "lens", "lineTime"], FINAL_VIEWS_MAX, "all together");
  resetSigmas(input, true);
  for (const [index, step] of steps) steps.set(index, { ...step, jumpS: jumpOf(estimates[index]!, step) });
  return { last: result, problem, jerkSigma: input.jerkSigma, bent, steps, freedFocal };
}

function runStage(
  input: AdjustInput,
  parts: readonly CameraPart[],
  viewsMax: number,
  name: string,
): { result: BundleResult; problem: BundleProblem } {
  const { gauge } = input;
  const cameras = input.estimates.map((estimate, index) => {
    const free = parts.filter(
      (part) => !(part === "pose" && index === gauge.heldPose) && !(part === "clock" && index === gauge.heldClock),
    );
    const use: StageUse = { parts: free, viewsMax, keep: input.keep };
    const camera = bundleCameraOf(estimate, use);
    return { ...camera, priors: [...camera.priors, ...(gauge.priors.get(index) ?? [])] };
  });
  const problem: BundleProblem = {
    cameras,
    path: input.path,
    pathFree: true,
    jerkSigma: input.jerkSigma,
    control: input.control,
  };
  const result = solveBundle(problem);
  input.onProgress(
    `${name}: ${result.iterations} steps, cost ${result.startCost.toFixed(0)} -> ${result.cost.toFixed(0)}`,
  );
  return { result, problem };
}

function resetSigmas({ estimates, path, keep }: AdjustInput, withLasting: boolean): void {
  for (const estimate of estimates) {
    const { views } = bundleCameraOf(estimate, { parts: [], viewsMax: FINAL_VIEWS_MAX, keep });
    const noise = viewNoise(views, viewErrors(estimate.state, views, path));
    if (!Number.isFinite(noise.sigmaPx)) continue;
    estimate.sigmaPx = Math.max(SIGMA_MIN_PX, noise.sigmaPx);
    if (withLasting) estimate.errorLastsS = noise.lastsS;
  }
}

/** The jerk that the path shows where it is known, threefold: it is to bridge gaps, not to bend what is seen. */
function jerkOf({ path, keep }: AdjustInput): number {
  const { control, stepS, startS } = path;
  let square = 0;
  let count = 0;
  for (let i = 0; i + 3 < control.length / 3; i++) {
    if (keep !== null && !(keep(startS + i * stepS) && keep(startS + (i + 1) * stepS))) continue;
    for (let axis = 0; axis < 3; axis++) {
      const at = i * 3 + axis;
      const jerk = (control[at + 9]! - 3 * control[at + 6]! + 3 * control[at + 3]! - control[at]!) / stepS ** 3;
      square += jerk * jerk;
      count += 1;
    }
  }
  return Math.max(JERK_MIN, JERK_FACTOR * Math.sqrt(square / Math.max(1, count)));
}

const JERK_FACTOR = 3;
const JERK_MIN = 0.1;

/** Lateness of the views that are used. */
function usedLateness({ path, keep }: AdjustInput, estimate: CameraEstimate): Float64Array {
  const { state, views } = estimate;
  return latenessOf(estimate, path).map((late, i) =>
    keep === null || keep(captureTimeS(state, views.nominalS[i]!, views.vPx[i]!)) ? late : Number.NaN,
  );
}

/** Gives a clock that jumps its step. */
function mendStep(input: AdjustInput, index: number, bent: Set<number>, steps: Map<number, ClockStep>): boolean {
  const estimate = input.estimates[index]!;
  if (index === input.gauge.heldClock) return false;
  const latenessS = usedLateness(input, estimate);
  const step = clockStep(clockBlocks(estimate, latenessS), latenessS, estimate.views.nominalS);
  if (step === null) return false;
  bendClock(estimate, bentKnots(estimate.views.nominalS, step));
  stepClock(estimate, step);
  steps.set(index, step);
  bent.add(index);
  return true;
}

/** Gives a clock of variable rate its knots. */
function mendClock(input: AdjustInput, index: number, bent: Set<number>): boolean {
  const estimate = input.estimates[index]!;
  if (index === input.gauge.heldClock || bent.has(index)) return false;
  if (!isBent(clockBlocks(estimate, usedLateness(input, estimate)))) return false;
  bendClock(estimate, bentKnots(estimate.views.nominalS, null));
  bent.add(index);
  return true;
}

/** Sets a clock forward by what it jumped, from the jump on. */
function stepClock({ state }: CameraEstimate, step: ClockStep): void {
  for (const [k, knotS] of state.knotsS.entries()) {
    if (knotS > step.nominalS) state.values[STEP_CLOCK + k]! += step.jumpS;
  }
}

/** What the clock jumps by at a step as it was solved for. */
function jumpOf({ state }: CameraEstimate, step: ClockStep): number {
  const after = state.knotsS.findIndex((knotS) => knotS > step.nominalS);
  return state.values[STEP_CLOCK + after]! - state.values[STEP_CLOCK + after - 1]!;
}

/** Widens the belief in a focal length that the views contradict. */
function freeFocal(estimate: CameraEstimate): boolean {
  const { intrinsics } = estimate.input;
  const off = Math.max(
    Math.abs(estimate.state.values[STEP_LENS]! / intrinsics.fxPx - 1),
    Math.abs(estimate.state.values[STEP_LENS + 1]! / intrinsics.fyPx - 1),
  );
  if (off < FOCAL_SIGMAS_MAX * FOCAL_SIGMA) return false;
  estimate.focalSigma = FREED_FOCAL_SIGMA;
  return true;
}
