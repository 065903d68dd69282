/**
 * What a bundle adjustment is made of: cameras with what they saw, the path of the target, and what is known besides.
 *
 * All of it is plain data. States and path are moved by the solver in place; the rest is read only.
 * A surveyed place of a camera is three priors on its centre.
 */
import { assert } from "@skyvox/core";
import { type CameraState, STEP_CENTRE, STEP_CLOCK } from "./camera-state.ts";
import type { PathSpline } from "./path-spline.ts";

/** Where one camera saw the target, in rising order of time. Arrays of one length. */
export interface Views {
  /** Frame number divided by the nominal frame rate, seconds of the camera's own clock. */
  readonly nominalS: Float64Array;
  readonly uPx: Float64Array;
  readonly vPx: Float64Array;
}

/** Knowledge about a sum of a camera's values: Σ factors[i] · values[places[i]] = wanted ± sigma. */
export interface LinearPrior {
  /** Places in a step, from `STEP_CENTRE` on. */
  readonly places: readonly number[];
  readonly factors: readonly number[];
  readonly wanted: number;
  readonly sigma: number;
}

/** A camera of a bundle adjustment. */
export interface BundleCamera {
  readonly state: CameraState;
  readonly views: Views;
  /** One standard deviation of a view per axis, pixels. */
  readonly sigmaPx: number;
  /** How many independent looks one view is worth, in (0, 1]: all its terms are multiplied by it. */
  readonly worth: number;
  /** `[STEP_CLOCK + knots]`: 1 where the solver may move the camera. */
  readonly free: Uint8Array;
  readonly priors: readonly LinearPrior[];
}

/** Positions of the target that another instrument measured (RTK), on site time. */
export interface ControlTrack {
  /** Rising site seconds. */
  readonly timesS: Float64Array;
  /** `[n, 3]` metres in the world. */
  readonly positionsM: Float64Array;
  readonly sigmaM: number;
}

/** Everything a bundle adjustment weighs against each other. */
export interface BundleProblem {
  readonly cameras: readonly BundleCamera[];
  readonly path: PathSpline;
  readonly pathFree: boolean;
  /** How much a target's acceleration changes: one standard deviation of jerk over one step of the path, m/s³. */
  readonly jerkSigma: number;
  readonly control: ControlTrack | null;
}

/** Parts of a camera that are freed or held together. */
export type CameraPart = "pose" | "lens" | "lineTime" | "clock";

const PART_SPANS: Readonly<Record<CameraPart, readonly [number, number]>> = {
  pose: [0, STEP_CENTRE + 3],
  lens: [STEP_CENTRE + 3, STEP_CLOCK - 1],
  lineTime: [STEP_CLOCK - 1, STEP_CLOCK],
  clock: [STEP_CLOCK, Number.POSITIVE_INFINITY],
};

/** Makes the mask of a camera of which some parts may move. */
export function freeParts(state: CameraState, parts: readonly CameraPart[]): Uint8Array {
  const free = new Uint8Array(state.values.length);
  for (const part of parts) {
    const [from, to] = PART_SPANS[part];
    free.fill(1, from, Math.min(to, free.length));
  }
  return free;
}

/** Keeps the views that a test of their index and nominal time lets through. */
export function filterViews(views: Views, keep: (nominalS: number, index: number) => boolean): Views {
  const kept: number[] = [];
  for (let i = 0; i < views.nominalS.length; i++) if (keep(views.nominalS[i]!, i)) kept.push(i);
  const pick = (from: Float64Array) => Float64Array.from(kept, (i) => from[i]!);
  return { nominalS: pick(views.nominalS), uPx: pick(views.uPx), vPx: pick(views.vPx) };
}

/** Checks lengths once before a solve. @throws {AssertionError} */
export function assertProblem(problem: BundleProblem): void {
  for (const { state, views, free, sigmaPx, worth } of problem.cameras) {
    assert(free.length === state.values.length, "the mask of a camera is as long as its values");
    assert(views.uPx.length === views.nominalS.length, "every view has a column");
    assert(views.vPx.length === views.nominalS.length, "every view has a row");
    assert(sigmaPx > 0, "the sigma of views is positive");
    assert(worth > 0, "a view is worth something");
  }
  assert(problem.jerkSigma > 0, "the sigma of jerk is positive");
  const { control } = problem;
  assert(control === null || control.positionsM.length === control.timesS.length * 3, "every control time has a place");
}
