/**
 * Calibrates cameras from a moving target: lenses, poses, clocks and its path, from 2D labels with RTK, with surveyed places, or with nothing else.
 *
 * @example
 * ```ts
 * import { assess, calibrate, defaultCalibrationOptions, reportText } from "@skyvox/calibration";
 * const input = { cameras, control: null, survey: null, scale: null };
 * const calibration = calibrate(input, defaultCalibrationOptions);
 * console.log(reportText(assess(input, calibration, null)));
 * ```
 * @module
 */
export { type Calibration, type CalibrationOptions, calibrate, defaultCalibrationOptions } from "./calibrate.ts";
export type { CalibrationInput, CameraInput, ControlInput, ScaleInput, SurveyInput } from "./calibration-input.ts";
export { type CameraResult, cameraResult } from "./camera-result.ts";
export {
  type DriftAlarm,
  type DriftLook,
  DriftWatch,
  type DriftWatchOptions,
  defaultDriftWatchOptions,
} from "./drift-watch.ts";
export { type HeldOut, type HeldOutAnswer, holdOut } from "./held-out.ts";
export {
  type ErrorSummary,
  type JudgedRow,
  judgeAligned,
  judgeRows,
  type ScoreOptions,
  summarize,
} from "./path-score.ts";
export { assess, type CalibrationReport } from "./report.ts";
export { reportHtml } from "./report-html.ts";
export { reportText } from "./report-text.ts";
