/**
 * Frame sets that come late, taken as if they had come in order.
 *
 * The last frame sets are kept with a copy of the tracker from before each. One that is late, but not by more than the lag, is put in its
 * place: the tracker goes back to the copy from before it and takes again all that came after. So the state is to the bit that of the
 * same frame sets in order of capture, whatever order they came in; only what was reported in between cannot be taken back. Two frame
 * sets of one instant are one.
 */
import type { Detection, TrackUpdate } from "@skyvox/core";
import type { OrderedTracker, TrackerCopy } from "./ordered-tracker.ts";

interface Step {
  readonly timeNs: bigint;
  readonly before: TrackerCopy;
  detections: readonly Detection[];
}

/** Feeds a tracker in order of capture time with what comes in any order within a lag. */
export class FixedLag {
  /** Frame sets that came too late and were left out. */
  refusedCount = 0;
  readonly #tracker: OrderedTracker;
  readonly #lagNs: bigint;
  /** In order of time: every frame set not older than the lag, and one more. */
  readonly #steps: Step[] = [];
  readonly #spare: TrackerCopy[] = [];
  /** What was last reported of each track that is not deleted. */
  #shown = new Map<number, TrackUpdate>();

  constructor(tracker: OrderedTracker, lagNs: bigint) {
    this.#tracker = tracker;
    this.#lagNs = lagNs;
  }

  /**
   * Takes one frame set and returns the tracks at the latest time there is, ordered by id, with those deleted since the last report.
   *
   * A late frame set may change which tracks there are: one that was reported before and is not any more is reported as deleted.
   */
  step(timeNs: bigint, detections: readonly Detection[]): readonly TrackUpdate[] {
    if (this.#isTooLate(timeNs)) {
      this.refusedCount++;
      return [...this.#shown.values()];
    }
    let place = this.#steps.length;
    while (place > 0 && this.#steps[place - 1]!.timeNs >= timeNs) place--;
    const same = this.#steps[place];
    if (place < this.#steps.length) this.#tracker.restore(this.#steps[place]!.before);
    if (same?.timeNs === timeNs) same.detections = [...same.detections, ...detections];
    else this.#steps.splice(place, 0, { timeNs, before: this.#spare.pop() ?? this.#tracker.newCopy(), detections });
    const reports = this.#replay(place);
    this.#forget();
    return reports;
  }

  #isTooLate(timeNs: bigint): boolean {
    const [first] = this.#steps;
    const last = this.#steps.at(-1);
    if (first === undefined || last === undefined) return false;
    const decidedNs = first.before.progress.timeNs;
    return timeNs < last.timeNs - this.#lagNs || (decidedNs !== null && timeNs <= decidedNs);
  }

  /** Takes all steps from `place` on. */
  #replay(place: number): readonly TrackUpdate[] {
    const deleted = new Map<number, TrackUpdate>();
    let reports: readonly TrackUpdate[] = [];
    for (let k = place; k < this.#steps.length; k++) {
      const { timeNs, before, detections } = this.#steps[k]!;
      this.#tracker.save(before);
      reports = this.#tracker.step(timeNs, detections);
      for (const report of reports) if (report.state === "deleted") deleted.set(report.id, report);
    }
    const now = new Map(reports.filter(({ state }) => state !== "deleted").map((report) => [report.id, report]));
    const gone = [...this.#shown.values()].flatMap((report) =>
      now.has(report.id) ? [] : [deleted.get(report.id) ?? { ...report, state: "deleted" as const }],
    );
    this.#shown = now;
    return [...now.values(), ...gone].sort((a, b) => a.id - b.id);
  }

  /** Lets go of what no frame set can come before any more. */
  #forget(): void {
    const oldestNs = this.#steps.at(-1)!.timeNs - this.#lagNs;
    while (this.#steps.length > 1 && (this.#steps[0]!.timeNs < oldestNs || this.#steps.length > STEPS_MAX)) {
      this.#spare.push(this.#steps.shift()!.before);
    }
  }
}

/** Frame sets that are kept, about eight seconds of 30 a second; with more, the lag is shorter. */
const STEPS_MAX = 256;
