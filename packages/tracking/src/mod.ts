/**
 * Turns detections into tracks with identity, and scores tracks against truth. No I/O, no clock, no randomness.
 *
 * @example
 * ```ts
 * import { nsFromSeconds, type Detection } from "@skyvox/core";
 * import { Tracker } from "@skyvox/tracking";
 * const tracker = new Tracker({ clutterPerM3: 1e-6 });
 * for (let k = 1; k <= 5; k++) {
 *   const timeNs = nsFromSeconds(k / 30);
 *   const detection: Detection = {
 *     timeNs, positionEnuM: [k / 3, 0, 50], covarianceM2: [0.04, 0, 0, 0, 0.04, 0, 0, 0, 0.04],
 *     extentM: [0.1, 0.1, 0.1], cameraBits: 0b111, cameraCount: 3, weight: 900,
 *   };
 *   for (const track of tracker.step(timeNs, [detection])) console.log(track.id, track.state, track.positionEnuM);
 * }
 * ```
 * @module
 */
export { type Assignment, type AssignmentProblem, solveAssignment } from "./assignment.ts";
export { type BearingOptions, defaultBearingOptions } from "./bearings/bearing-options.ts";
export { type BearingCounts, BearingTracker } from "./bearings/bearing-tracker.ts";
export { type BearingView, type PicturePoint, viewFromPoints } from "./bearings/bearing-view.ts";
export type { LoneTrack } from "./bearings/lone-bearings.ts";
export type { SightExplanation, SightReason } from "./bearings/sight-log.ts";
export { type FilteredStep, type SmoothedStep, smoothPath } from "./bearings/smoother.ts";
export { chiSquareQuantile } from "./gate.ts";
export { type Gospa, type GospaOptions, gospa } from "./score/gospa.ts";
export { LiveScore, type LiveScoreOptions, type LiveScoreSummary } from "./score/live-score.ts";
export { readTracksCsv, readTruthCsv } from "./score/read-csv.ts";
export { type ReportInput, reportHtml } from "./score/report-html.ts";
export { reportText } from "./score/report-text.ts";
export { defaultScoreOptions, type Score, type ScoreOptions, scoreRun } from "./score/score.ts";
export type { ScoredStep, ScoredTrack, Truth, TruthAt, TruthPoint } from "./score/scored-run.ts";
export { type ScoredSpan, stepsOf, type TrackRow } from "./score/scored-steps.ts";
export { pathsThrough, type TruthSample } from "./score/truth-path.ts";
export { Tracker, type TrackerCounts } from "./tracker.ts";
export { defaultTrackerOptions, type TrackerOptions, trackerOptionsProblem } from "./tracker-options.ts";
