/**
 * The calibration of a site: a start (from control or from views alone), the frame and scale of the result, and the stages of adjustment.
 *
 * Site time and frame are the control track's where there is one; else the frame is the survey's and time is one camera's; else the scale comes
 * from a known distance or speed and up from the cameras, which people hold level. What the result rests on stands in `gauge`, what
 * should be looked at in `warnings`.
 */
import { createPrng, SkyvoxError, type Vec3 } from "@skyvox/core";
import { type AdjustResult, adjust, freeGauge, type Gauge } from "./adjust.ts";
import type { ControlTrack } from "./bundle-problem.ts";
import { type CalibrationInput, checkInput } from "./calibration-input.ts";
import type { CameraEstimate } from "./camera-estimate.ts";
import { centreOf } from "./camera-state.ts";
import { keepScale, setScaleAndUp } from "./scene-frame.ts";
import { inverseSimilarity, moveWorld } from "./similarity-fit.ts";
import { pathOfControl, startFromControl } from "./start-from-control.ts";
import { baselinePrior, startFromViews } from "./start-from-views.ts";
import { isOnLine, matchSurvey, UNNAMED_MAX } from "./survey-match.ts";
import type { PathSpan } from "./time-search.ts";

/** How a calibration is made. */
export interface CalibrationOptions {
  /** Seconds between control points of the path. */
  readonly pathStepS: number;
  /** How much the target's acceleration changes within a step, m/s³. */
  readonly jerkSigma: number;
  readonly seed: number;
  /** Only views and control rows at these site times are used; null for all. */
  readonly keep: ((timeS: number) => boolean) | null;
  readonly onProgress: (text: string) => void;
}

/** What usually fits: a drone or a thrown ball. */
export const defaultCalibrationOptions: CalibrationOptions = {
  pathStepS: 0.4,
  jerkSigma: 10,
  seed: 1,
  keep: null,
  onProgress: () => {},
};

/** What frame, scale and time of a result rest on. */
export type GaugeKind = "control" | "survey" | "distance" | "speed" | "none";

/** A calibrated site. */
export interface Calibration {
  readonly estimates: readonly CameraEstimate[];
  readonly span: PathSpan;
  readonly gauge: GaugeKind;
  readonly adjustment: AdjustResult;
  readonly warnings: readonly string[];
}

/**
 * Calibrates.
 *
 * @throws {SkyvoxError} "calibration" where the input cannot give an answer, saying why and what is needed.
 */
export function calibrate(
  input: CalibrationInput,
  options: CalibrationOptions = defaultCalibrationOptions,
): Calibration {
  checkInput(input);
  const warnings: string[] = [];
  return input.control === null
    ? fromViews(input, options, warnings)
    : fromControl(input, input.control, options, warnings);
}

function fromControl(
  input: CalibrationInput,
  control: ControlTrack,
  options: CalibrationOptions,
  warnings: string[],
): Calibration {
  const kept = keepRows(control, options.keep);
  const span = pathOfControl(kept, { stepS: options.pathStepS, jerkSigma: options.jerkSigma });
  const warn = (text: string) => warnings.push(text);
  const estimates = startFromControl(input.cameras, span, createPrng(options.seed), warn, options.onProgress);
  const { keep } = options;
  const adjustment = adjust({
    estimates,
    path: span.path,
    control: kept,
    gauge: freeGauge,
    jerkSigma: options.jerkSigma,
    keep: (timeS) => span.isKnown(timeS) && (keep === null || keep(timeS)),
    onProgress: options.onProgress,
  });
  return { estimates, span, gauge: "control", adjustment, warnings };
}

function fromViews(input: CalibrationInput, options: CalibrationOptions, warnings: string[]): Calibration {
  const { keep, onProgress } = options;
  const start = startFromViews(
    input.cameras,
    { stepS: options.pathStepS, jerkSigma: options.jerkSigma },
    createPrng(options.seed),
    onProgress,
  );
  const { estimates, span, root } = start;
  const { kind, gauge } = placeScene(input, estimates, span, root, warnings);
  const adjustment = adjust({
    estimates,
    path: span.path,
    control: null,
    gauge,
    jerkSigma: options.jerkSigma,
    keep: (timeS) => span.isKnown(timeS) && (keep === null || keep(timeS)),
    onProgress,
  });
  if (kind !== "survey") keepScale(input, estimates, span);
  return { estimates, span, gauge: kind, adjustment, warnings };
}

/** Moves a scene to the survey's frame, or gives it a scale and up; says what must be held for it to stay there. */
function placeScene(
  input: CalibrationInput,
  estimates: readonly CameraEstimate[],
  span: PathSpan,
  root: number,
  warnings: string[],
): { kind: GaugeKind; gauge: Gauge } {
  const centres = estimates.map(({ state }) => centreOf(state));
  if (input.survey !== null) {
    tieToSurvey(input, estimates, span, centres, warnings);
    return { kind: "survey", gauge: { ...freeGauge, heldClock: root } };
  }
  const kind = setScaleAndUp(input, estimates, span, warnings);
  const held = centreOf(estimates[root]!.state);
  const other = estimates.findIndex((_, index) => index !== root);
  const prior = baselinePrior(held, centreOf(estimates[other]!.state));
  return { kind, gauge: { heldPose: root, heldClock: root, priors: new Map([[other, [prior]]]) } };
}

function tieToSurvey(
  input: CalibrationInput,
  estimates: readonly CameraEstimate[],
  span: PathSpan,
  centres: readonly Vec3[],
  warnings: string[],
): void {
  const { rows, sigmaM } = input.survey!;
  const places = rows.map(({ positionM }) => positionM);
  const names = rows.map(({ camera }) => input.cameras.findIndex(({ id }) => id === camera));
  const isNamed = names.every((camera) => camera >= 0);
  const refuse = (found: string, need: string) =>
    new SkyvoxError("calibration", `Cannot calibrate from the survey: ${found}, need ${need}`);
  if (!isNamed && (places.length !== centres.length || places.length > UNNAMED_MAX)) {
    throw refuse(
      `${places.length} rows without names for ${centres.length} cameras`,
      `as many, at most ${UNNAMED_MAX}, or names`,
    );
  }
  if (isOnLine(places)) {
    throw refuse(
      "its places lie on a line, so that the turn about it is open",
      "a place off that line, --rtk, or no survey",
    );
  }
  const match = matchSurvey(centres, places, names, true);
  if (match.betterOrder !== null) {
    const order = match.betterOrder
      .map(({ camera, row }) => `row ${row + 1} is "${input.cameras[camera]!.id}"`)
      .join(", ");
    throw refuse(
      `rows lie ${match.rmsM.toFixed(2)} m off their cameras and fit far better where ${order}`,
      "rows that name the right cameras",
    );
  }
  if (!isNamed) {
    const order = match.pairs.map(({ camera }) => input.cameras[camera]!.id).join(", ");
    warnings.push(
      `survey: rows have no names; in the order ${order} they fit to ${match.rmsM.toFixed(2)} m, in any other to ${match.nextRmsM.toFixed(2)} m or worse`,
    );
  }
  // The match leads from the survey to the scene; the scene goes the other way.
  moveWorld(
    inverseSimilarity(match.surveyToWorld),
    estimates.map(({ state }) => state),
    span.path,
  );
  for (const { camera, row } of match.pairs) estimates[camera]!.centrePrior = { centreM: places[row]!, sigmaM };
}

function keepRows(control: ControlTrack, keep: ((timeS: number) => boolean) | null): ControlTrack {
  if (keep === null) return control;
  const rows = [...control.timesS.keys()].filter((i) => keep(control.timesS[i]!));
  const positionsM = new Float64Array(rows.length * 3);
  for (const [k, i] of rows.entries()) positionsM.set(control.positionsM.subarray(i * 3, i * 3 + 3), k * 3);
  return { ...control, timesS: Float64Array.from(rows, (i) => control.timesS[i]!), positionsM };
}
