/**
 * What is to be said of a calibration, as plain data: cameras, errors where it was not fitted, the survey's word, and what to look at.
 *
 * Text and page are made of it (`report-text.ts`, `report-html.ts`); as JSON it is the machine's report.
 */
import type { Vec3 } from "@skyvox/core";
import type { Calibration, GaugeKind } from "./calibrate.ts";
import type { CalibrationInput } from "./calibration-input.ts";
import { bundleCameraOf, type CameraEstimate } from "./camera-estimate.ts";
import { captureTimeS, centreOf, STEP_CENTRE, STEP_CLOCK, STEP_LENS, STEP_LINE_TIME } from "./camera-state.ts";
import { poseCovariance, type StepCovariance, sigmaOf, stepCovariances } from "./covariance.ts";
import { diagnose } from "./diagnose.ts";
import type { HeldOut, HeldOutAnswer } from "./held-out.ts";
import { positionAt } from "./path-spline.ts";
import { matchSurvey, UNNAMED_MAX } from "./survey-match.ts";
import { errorLengths, viewErrors } from "./view-errors.ts";

/** One camera of the report. */
export interface CameraReport {
  readonly id: string;
  readonly viewCount: number;
  readonly medianPx: number;
  /** Root mean square of views within `INLIER_SIGMAS`. */
  readonly rmsPx: number;
  readonly inlierShare: number;
  readonly sigmaPx: number;
  readonly errorLastsS: number;
  readonly centreM: Vec3;
  /** Mean per axis, metres and degrees: what `poseCovariance` says, errors of the lens included. */
  readonly centreSigmaM: number;
  readonly angleSigmaDeg: number;
  /** fx and fy in pixels, and their change from what was given as a share. */
  readonly focalPx: readonly [number, number];
  readonly focalChange: readonly [number, number];
  readonly focalSigmaPx: number;
  /** Site time of the middle row of frame 0, and site seconds per second of the camera's own clock, from its first view to its last. */
  readonly offsetS: number;
  readonly rate: number;
  readonly clock: "constant" | "variable" | "stepped";
  readonly lineTimeUs: number;
  /** One standard deviation of the time of a frame's middle row, milliseconds. */
  readonly clockSigmaMs: number;
  /** `[6, 6]` row-major: turn (camera axes, radians), then centre (metres). */
  readonly poseCovariance: readonly number[];
}

/** The survey beside the calibrated centres, in the order of the survey's rows. */
export interface SurveyReport {
  readonly cameras: readonly string[];
  readonly errorsM: readonly number[];
  readonly rmsM: number;
  readonly nextRmsM: number;
  /** Scale of the survey in the site's frame: 1 where both measure alike. */
  readonly scale: number;
  readonly isUsed: boolean;
}

/** The whole report. */
export interface CalibrationReport {
  readonly gauge: GaugeKind;
  readonly converged: boolean;
  readonly cameras: readonly CameraReport[];
  readonly heldOut: HeldOut | null;
  readonly survey: SurveyReport | null;
  readonly warnings: readonly string[];
  /** Positions along the path, for plots: `[time s, e m, n m, u m]`. */
  readonly path: readonly (readonly [number, number, number, number])[];
}

/** Views further off than this are outliers. */
const INLIER_SIGMAS = 5;
const VIEWS_MAX = 5000;
const PATH_STEP_S = 1;

/** Puts together what is known of a calibration; `heldOut` is null where nothing was held out. */
export function assess(
  input: CalibrationInput,
  calibration: Calibration,
  heldOut: HeldOutAnswer | null,
): CalibrationReport {
  const covariances = stepCovariances(calibration.adjustment.problem);
  const cameras = calibration.estimates.map((estimate, index) =>
    cameraReport(calibration, estimate, index, covariances?.[index] ?? null),
  );
  const survey = surveyReport(input, calibration);
  const notJudged = heldOut?.ok === false ? [`nothing was held out to judge by: ${heldOut.reason}`] : [];
  return {
    gauge: calibration.gauge,
    converged: calibration.adjustment.last.converged,
    cameras,
    heldOut: heldOut?.ok ? heldOut.heldOut : null,
    survey,
    warnings: [...calibration.warnings, ...notJudged, ...diagnose(input, calibration, cameras, survey, covariances)],
    path: pathPoints(calibration),
  };
}

function cameraReport(
  calibration: Calibration,
  estimate: CameraEstimate,
  index: number,
  covariance: StepCovariance | null,
): CameraReport {
  const { state, input, sigmaPx } = estimate;
  const { span, adjustment } = calibration;
  const { views } = bundleCameraOf(estimate, { parts: [], viewsMax: VIEWS_MAX, keep: span.isKnown });
  const lengths = errorLengths(viewErrors(state, views, span.path));
  const inliers = lengths.filter((length) => length < INLIER_SIGMAS * sigmaPx);
  const { nominalS } = estimate.views;
  const [first, last] = [nominalS[0]!, nominalS.at(-1)!];
  const row = input.intrinsics.heightPx / 2;
  const rate = (captureTimeS(state, last, row) - captureTimeS(state, first, row)) / (last - first);
  const pose = covariance === null ? null : poseCovariance(adjustment.problem, index, covariance);
  const meanSigma = (from: number) =>
    pose === null ? Number.NaN : Math.sqrt([0, 1, 2].reduce((sum, k) => sum + pose[(from + k) * 7]!, 0) / 3);
  const focalPx = [state.values[STEP_LENS]!, state.values[STEP_LENS + 1]!] as const;
  return {
    id: input.id,
    viewCount: nominalS.length,
    medianPx: lengths[lengths.length >> 1] ?? Number.NaN,
    rmsPx: Math.sqrt(inliers.reduce((sum, length) => sum + length * length, 0) / inliers.length),
    inlierShare: inliers.length / lengths.length,
    sigmaPx,
    errorLastsS: estimate.errorLastsS,
    centreM: centreOf(state),
    centreSigmaM: meanSigma(STEP_CENTRE),
    angleSigmaDeg: (meanSigma(0) * 180) / Math.PI,
    focalPx,
    focalChange: [focalPx[0] / input.intrinsics.fxPx - 1, focalPx[1] / input.intrinsics.fyPx - 1],
    focalSigmaPx: covariance === null ? Number.NaN : sigmaOf(covariance, STEP_LENS),
    offsetS: captureTimeS(state, first, row) - rate * first,
    rate,
    clock: adjustment.steps.has(index) ? "stepped" : adjustment.bent.has(index) ? "variable" : "constant",
    lineTimeUs: state.values[STEP_LINE_TIME]! * 1e6,
    clockSigmaMs: covariance === null ? Number.NaN : 1e3 * middleRowSigma(covariance, state.knotsS.length, row),
    poseCovariance: pose === null ? [] : [...pose],
  };
}

/** Sigma of the time of a row in the middle of the clock's knots, seconds. */
function middleRowSigma(covariance: StepCovariance, knots: number, row: number): number {
  const weights = new Map<number, number>([[STEP_LINE_TIME, row]]);
  const low = Math.floor((knots - 1) / 2);
  const high = Math.ceil((knots - 1) / 2);
  for (const knot of [low, high]) weights.set(STEP_CLOCK + knot, (weights.get(STEP_CLOCK + knot) ?? 0) + 0.5);
  let square = 0;
  for (const [i, a] of weights)
    for (const [j, b] of weights) square += a * b * covariance.values[i * covariance.size + j]!;
  return Math.sqrt(square);
}

function surveyReport({ survey, cameras }: CalibrationInput, { estimates, gauge }: Calibration): SurveyReport | null {
  if (survey === null || gauge === "none") return null;
  const names = survey.rows.map(({ camera }) => cameras.findIndex(({ id }) => id === camera));
  const isNamed = names.every((camera) => camera >= 0);
  if (!isNamed && (survey.rows.length !== cameras.length || cameras.length > UNNAMED_MAX)) return null;
  const centres = estimates.map(({ state }) => centreOf(state));
  const places = survey.rows.map(({ positionM }) => positionM);
  const match = matchSurvey(centres, places, names, false);
  return {
    cameras: match.pairs.map(({ camera }) => cameras[camera]!.id),
    errorsM: match.errorsM,
    rmsM: match.rmsM,
    nextRmsM: match.nextRmsM,
    scale: matchSurvey(centres, places, names, true).surveyToWorld.scale,
    isUsed: gauge === "survey",
  };
}

function pathPoints({ span }: Calibration): CalibrationReport["path"] {
  const points: [number, number, number, number][] = [];
  for (let timeS = span.fromS; timeS <= span.toS; timeS += PATH_STEP_S) {
    if (span.isKnown(timeS)) points.push([timeS, ...positionAt(span.path, timeS)]);
  }
  return points;
}
