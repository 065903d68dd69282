/**
 * How well held cameras find a target whose true path is known: the path is made of their views alone and compared with control rows.
 *
 * The path is the smoothed one: a cubic spline with the smoothness and the loss of the calibration, so a row is judged by what the views around it say
 * too. Rows are counted by how many cameras saw the target at their instant; without two there is nothing to judge.
 */
import { distance, type Vec3 } from "@skyvox/core";
import { type BundleResult, solveBundle } from "./bundle.ts";
import type { BundleCamera, ControlTrack } from "./bundle-problem.ts";
import { bundleCameraOf, type CameraEstimate } from "./camera-estimate.ts";
import { spanOf } from "./known-times.ts";
import { type PlacedSights, pathFromSights, placeSights, viewCountAt } from "./path-from-sights.ts";
import { type PathSpline, positionAt } from "./path-spline.ts";
import { GAP_MAX_S } from "./sight-track.ts";
import { fitSimilarity, moved } from "./similarity-fit.ts";
import { MARGIN_S } from "./start-from-control.ts";

/** Errors of rows of one kind, metres. */
export interface ErrorSummary {
  readonly count: number;
  readonly meanM: number;
  readonly medianM: number;
  readonly rmseM: number;
  readonly p90M: number;
  readonly p99M: number;
}

/** One control row and where views alone have the target. */
export interface JudgedRow {
  readonly timeS: number;
  readonly truthM: Vec3;
  readonly foundM: Vec3;
  readonly viewCount: number;
}

/** How a path is made of views. */
export interface ScoreOptions {
  readonly stepS: number;
  readonly jerkSigma: number;
  /** Rows at these site times only; views a gap's length (`GAP_MAX_S`) around them too, so that rows at the edge of a block have neighbours. */
  readonly keep: (timeS: number) => boolean;
}

const VIEWS_MAX = 20_000;

/** Makes a path of the views of held cameras, or returns null where no two ever see the target at once. */
export function pathOfViews(
  estimates: readonly CameraEstimate[],
  options: ScoreOptions,
): { path: PathSpline; sights: PlacedSights[]; result: BundleResult } | null {
  const { keep: isWanted } = options;
  const keep = (timeS: number) => isWanted(timeS) || isWanted(timeS - GAP_MAX_S) || isWanted(timeS + GAP_MAX_S);
  const cameras: BundleCamera[] = estimates.map((estimate) => ({
    ...bundleCameraOf(estimate, { parts: [], viewsMax: VIEWS_MAX, keep }),
    priors: [],
  }));
  const sights = cameras.map(placeSights);
  const { fromS, toS } = spanOf(sights);
  if (!(toS > fromS)) return null;
  const path = pathFromSights(sights, { fromS: fromS - MARGIN_S, toS: toS + MARGIN_S, stepS: options.stepS });
  if (path === null) return null;
  const result = solveBundle({ cameras, path, pathFree: true, jerkSigma: options.jerkSigma, control: null });
  return { path, sights, result };
}

/** Holds the path of held cameras' views against control rows; rows that fewer than two cameras see are left out. */
export function judgeRows(
  estimates: readonly CameraEstimate[],
  control: ControlTrack,
  options: ScoreOptions,
): JudgedRow[] {
  const found = pathOfViews(estimates, options);
  if (found === null) return [];
  return rowsUnder(found.path, found.sights, control, options);
}

/** Pairs control rows with a path; those that fewer than two cameras see are left out. */
function rowsUnder(
  path: PathSpline,
  sights: readonly PlacedSights[],
  control: ControlTrack,
  options: ScoreOptions,
): JudgedRow[] {
  const rows: JudgedRow[] = [];
  for (const [i, timeS] of control.timesS.entries()) {
    if (!options.keep(timeS)) continue;
    const viewCount = viewCountAt(sights, timeS);
    if (viewCount < 2) continue;
    const truthM: Vec3 = [control.positionsM[i * 3]!, control.positionsM[i * 3 + 1]!, control.positionsM[i * 3 + 2]!];
    rows.push({ timeS, truthM, foundM: positionAt(path, timeS), viewCount });
  }
  return rows;
}

/**
 * Judges rows after the rigid motion and the time shift that lay the found path best on them: for a result whose frame and time are not the control's.
 *
 * @param aroundS site time plus this is about control time; the shift is searched `TIME_FIT_S` around it, to 10 ms.
 */
export function judgeAligned(
  estimates: readonly CameraEstimate[],
  control: ControlTrack,
  options: ScoreOptions,
  aroundS: number,
): { readonly shiftS: number; readonly rows: readonly JudgedRow[] } {
  const found = pathOfViews(estimates, options);
  if (found === null) return { shiftS: aroundS, rows: [] };
  let best: { shiftS: number; rows: JudgedRow[]; meanM: number } | null = null;
  for (const stepS of [0.1, 0.01]) {
    const middleS: number = best?.shiftS ?? aroundS;
    const reachS = stepS === 0.1 ? TIME_FIT_S : 0.1;
    for (let k = -Math.round(reachS / stepS); k <= Math.round(reachS / stepS); k++) {
      const shiftS = middleS + k * stepS;
      const rows = rowsUnder(
        found.path,
        found.sights,
        { ...control, timesS: control.timesS.map((timeS) => timeS - shiftS) },
        options,
      );
      if (rows.length === 0) continue;
      const fit = fitSimilarity(
        rows.map(({ foundM }) => foundM),
        rows.map(({ truthM }) => truthM),
        false,
      );
      const aligned = rows.map((row) => ({ ...row, foundM: moved(fit, row.foundM) }));
      const { meanM } = summarize(aligned, 2);
      if (best === null || meanM < best.meanM) best = { shiftS, rows: aligned, meanM };
    }
  }
  return best ?? { shiftS: aroundS, rows: [] };
}

const TIME_FIT_S = 1;

/** Sums up the errors of rows that at least so many cameras saw. */
export function summarize(rows: readonly JudgedRow[], viewsMin: number): ErrorSummary {
  const errors = rows
    .filter(({ viewCount }) => viewCount >= viewsMin)
    .map(({ truthM, foundM }) => distance(truthM, foundM))
    .sort((a, b) => a - b);
  const count = errors.length;
  const at = (share: number) => errors[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN;
  return {
    count,
    meanM: errors.reduce((sum, error) => sum + error, 0) / count,
    medianM: at(0.5),
    rmseM: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / count),
    p90M: at(0.9),
    p99M: at(0.99),
  };
}
