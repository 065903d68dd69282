/**
 * Detections of one frame set after another become tracks with identity.
 *
 * What a step does stands in `ordered-tracker.ts`, what a detection says of a track in `evidence.ts`, how decisions are deferred in
 * `multi-hypothesis.ts`, how targets move in `motion-filters.ts`.
 *
 * Identity: a detection alone is a candidate, not yet a track; it gets its id, counted up from 1 in this instance and never used again,
 * with its second detection and is reported from then on. Ids so stay small under clutter and never change during a life.
 *
 * Sans-I/O and deterministic: the same frame sets give the same bits, in any order of the detections of one, and within `lateSecondsMax` in
 * any order of the frame sets. No chance and no clock; what too much work cuts short is counted in problems solved.
 */
import { assert, type Detection, nsFromSeconds, type TrackUpdate } from "@skyvox/core";
import { FixedLag } from "./fixed-lag.ts";
import { OrderedTracker } from "./ordered-tracker.ts";
import { defaultTrackerOptions, type TrackerOptions, trackerOptionsProblem } from "./tracker-options.ts";

/** What a tracker had to refuse since it was made, how many ids it gave, and how often it gave up on several explanations. */
export interface TrackerCounts {
  readonly refusedBirths: number;
  readonly droppedDetections: number;
  readonly ids: number;
  readonly fallbacks: number;
  readonly lateSets: number;
}

/** Follows targets through frame sets; see the head of this file. Holds arrays for `tracksMax` tracks and `detectionsMax` detections. */
export class Tracker {
  readonly options: TrackerOptions;
  readonly #tracker: OrderedTracker;
  readonly #lag: FixedLag | null;

  /** @throws {AssertionError} when an option lies outside its range. */
  constructor(options: Partial<TrackerOptions> = {}) {
    this.options = { ...defaultTrackerOptions, ...options };
    const problem = trackerOptionsProblem(this.options);
    assert(problem === null, problem ?? "");
    const { lateSecondsMax } = this.options;
    this.#tracker = new OrderedTracker(this.options);
    this.#lag = lateSecondsMax === 0 ? null : new FixedLag(this.#tracker, nsFromSeconds(lateSecondsMax));
  }

  get counts(): TrackerCounts {
    const { refusedBirthCount, droppedDetectionCount, idCount, fallbackCount } = this.#tracker.progress;
    return {
      refusedBirths: refusedBirthCount,
      droppedDetections: droppedDetectionCount,
      ids: idCount,
      fallbacks: fallbackCount,
      lateSets: this.#lag?.refusedCount ?? 0,
    };
  }

  /**
   * Takes the detections of one frame set and returns the tracks alive after it plus those deleted in it, ordered by id.
   *
   * A deleted track is reported once. `missedCount` of a report counts the steps since the last detection. With `lateSecondsMax` above 0 a
   * frame set may be of an earlier time than the last; the tracks returned are those of the latest time. One that is later still is left
   * out and counted.
   * @throws {AssertionError} when a detection is of another time, or `timeNs` is not later than the last step's and nothing may be late.
   */
  step(timeNs: bigint, detections: readonly Detection[]): readonly TrackUpdate[] {
    assert(
      detections.every((detection) => detection.timeNs === timeNs),
      "every detection of a step has the time of the step",
    );
    if (this.#lag !== null) return this.#lag.step(timeNs, detections);
    const lastNs = this.#tracker.progress.timeNs;
    assert(lastNs === null || timeNs > lastNs, "steps go forward in time");
    return this.#tracker.step(timeNs, detections);
  }
}
