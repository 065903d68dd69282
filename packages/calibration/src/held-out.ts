/**
 * The error of a calibration where it was not fitted: blocks of time in turn left out of everything and then judged.
 *
 * With control the cameras of each fold find the target in the blocks they were not fitted to, and control rows there say how far they are off. Without, what can be
 * said is how well held cameras still agree there, in pixels. Folds start again from the clocks that the whole run found (to a tenth of a second), nothing else
 * of it. The path in left-out blocks is the smoothed one of `path-score.ts`.
 */

import { SkyvoxError } from "@skyvox/core";
import { type Calibration, type CalibrationOptions, calibrate } from "./calibrate.ts";
import { type CalibrationInput, viewsOf } from "./calibration-input.ts";
import { bundleCameraOf, type CameraEstimate } from "./camera-estimate.ts";
import { captureTimeS } from "./camera-state.ts";
import {
  type ErrorSummary,
  type JudgedRow,
  judgeRows,
  pathOfViews,
  type ScoreOptions,
  summarize,
} from "./path-score.ts";
import { errorLengths, viewErrors } from "./view-errors.ts";

/** Errors of blocks that were left out. */
export interface HeldOut {
  readonly blockS: number;
  readonly folds: number;
  /** Against control, for rows seen by at least two and at least three cameras; null without control. */
  readonly control: {
    readonly rows: readonly JudgedRow[];
    readonly two: ErrorSummary;
    readonly three: ErrorSummary;
    /** Share of control rows, while two cameras record, that two cameras saw. */
    readonly coverage: number;
  } | null;
  /** Median error per camera, pixels, NaN where it saw nothing. */
  readonly medianPx: readonly number[];
}

/** Lengths of blocks: long enough that clocks and smooth labels do not carry over. */
const HELD_OUT_BLOCK_S = 20;
const FOLDS = 2;
const VIEWS_MAX = 5000;

/** What was left out and judged, or why it could not be: too short a flight, or one that does not calibrate without its blocks. */
export type HeldOutAnswer =
  | { readonly ok: true; readonly heldOut: HeldOut }
  | { readonly ok: false; readonly reason: string };

/** Calibrates once per fold and judges what was left out. */
export function holdOut(input: CalibrationInput, whole: Calibration, options: CalibrationOptions): HeldOutAnswer {
  const { fromS, toS } = whole.span;
  if (toS - fromS < FOLDS * HELD_OUT_BLOCK_S) {
    const lasts = `the flight lasts ${(toS - fromS).toFixed(0)} s`;
    return {
      ok: false,
      reason: `${lasts}, need ${FOLDS * HELD_OUT_BLOCK_S} s to leave out blocks of ${HELD_OUT_BLOCK_S} s`,
    };
  }
  try {
    return { ok: true, heldOut: judgeFolds(input, whole, options) };
  } catch (error) {
    if (!(error instanceof SkyvoxError && error.code === "calibration")) throw error;
    return { ok: false, reason: `without some blocks of ${HELD_OUT_BLOCK_S} s: ${error.message}` };
  }
}

function judgeFolds(input: CalibrationInput, whole: Calibration, options: CalibrationOptions): HeldOut {
  const blockS = HELD_OUT_BLOCK_S;
  const clocked = {
    ...input,
    cameras: input.cameras.map((camera, index) => ({ ...camera, clock: linearClock(whole.estimates[index]!) })),
  };
  const rows: JudgedRow[] = [];
  const lengths: number[][] = input.cameras.map(() => []);
  for (let fold = 0; fold < FOLDS; fold++) {
    const isHeld = (timeS: number) => Math.floor(timeS / blockS) % FOLDS === fold;
    options.onProgress(`held-out fold ${fold + 1} of ${FOLDS}`);
    const { estimates, adjustment } = calibrate(clocked, {
      ...options,
      keep: (timeS) => !isHeld(timeS),
      onProgress: () => {},
    });
    const score: ScoreOptions = { stepS: options.pathStepS, jerkSigma: adjustment.jerkSigma, keep: isHeld };
    if (input.control !== null) rows.push(...judgeRows(estimates, input.control, score));
    for (const [index, found] of errorsOf(estimates, score).entries()) lengths[index]!.push(...found);
  }
  const medians = lengths.map((found) => found.sort((a, b) => a - b)[found.length >> 1] ?? Number.NaN);
  return {
    blockS,
    folds: FOLDS,
    control: input.control === null ? null : judged(rows, input, whole),
    medianPx: medians,
  };
}

function judged(rows: JudgedRow[], { control }: CalibrationInput, whole: Calibration): HeldOut["control"] {
  rows.sort((a, b) => a.timeS - b.timeS);
  const span = recordedSpan(whole.estimates);
  const during = control?.timesS.filter((timeS) => timeS >= span.fromS && timeS <= span.toS).length ?? 0;
  return { rows, two: summarize(rows, 2), three: summarize(rows, 3), coverage: rows.length / during };
}

/** While at least two cameras record, i.e. from the second first view to the last but one last view, site seconds. */
function recordedSpan(estimates: readonly CameraEstimate[]): { fromS: number; toS: number } {
  const at = ({ state, views }: CameraEstimate, i: number) => captureTimeS(state, views.nominalS[i]!, views.vPx[i]!);
  const firsts = estimates.map((estimate) => at(estimate, 0)).sort((a, b) => a - b);
  const lasts = estimates.map((estimate) => at(estimate, estimate.views.nominalS.length - 1)).sort((a, b) => b - a);
  return { fromS: firsts[1] ?? firsts[0]!, toS: lasts[1] ?? lasts[0]! };
}

function errorsOf(estimates: readonly CameraEstimate[], score: ScoreOptions): number[][] {
  const found = pathOfViews(estimates, score);
  if (found === null) return estimates.map(() => []);
  return estimates.map((estimate) => {
    const { views } = bundleCameraOf(estimate, { parts: [], viewsMax: VIEWS_MAX, keep: score.keep });
    return [...errorLengths(viewErrors(estimate.state, views, found.path))];
  });
}

/** The clock of the middle row as a line through its ends. */
function linearClock({ state, input }: CameraEstimate): { offsetS: number; rate: number } {
  const { nominalS } = viewsOf(input);
  const [first, last] = [nominalS[0]!, nominalS.at(-1)!];
  const row = input.intrinsics.heightPx / 2;
  const [from, to] = [captureTimeS(state, first, row), captureTimeS(state, last, row)];
  const rate = (to - from) / (last - first);
  return { offsetS: from - rate * first, rate };
}
