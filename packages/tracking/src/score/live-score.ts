/**
 * How good the tracks are right now: a sliding window of scores of confirmed tracks against truth.
 *
 * Each frame set is matched by GOSPA. Confirmed tracks count, coasting ones too (they are still shown to users), tentative ones do not.
 * An identity switch is a truth point matched to another track than the last time it was matched (CLEAR's IDSW).
 */
import { assert, nsFromSeconds, type TrackUpdate } from "@skyvox/core";
import { GOSPA_CUTOFF_M, gospa } from "./gospa.ts";
import type { TruthPoint } from "./scored-run.ts";

/** Length of the window, and the distance from which a pair is no pair. */
export interface LiveScoreOptions {
  readonly windowS: number;
  readonly cutoffM: number;
}

/** Sums and means over the frame sets of the window; counts are summed, so `truthCount = matchedCount + missedCount`. */
export interface LiveScoreSummary {
  /** Mean GOSPA over the frame sets, metres. */
  readonly gospaM: number;
  /** Root mean square distance of matched pairs, metres; 0 where there is none. */
  readonly rmseM: number;
  /** The counts of the last frame set alone. */
  readonly now: {
    readonly truthCount: number;
    readonly matchedCount: number;
    readonly missedCount: number;
    readonly falseCount: number;
  };
  readonly truthCount: number;
  readonly matchedCount: number;
  readonly missedCount: number;
  readonly falseCount: number;
  readonly switchCount: number;
}

interface Entry {
  readonly timeNs: bigint;
  readonly gospaM: number;
  readonly squaredM2: number;
  readonly matchedCount: number;
  readonly missedCount: number;
  readonly falseCount: number;
  readonly switchCount: number;
}

/** Keeps the scores of the last `windowS` seconds (10 by default, at most 4096 frame sets; then the oldest go). */
export class LiveScore {
  readonly #windowNs: bigint;
  readonly #cutoffM: number;
  readonly #entries: Entry[] = [];
  readonly #trackOfTruth = new Map<string, number>();

  constructor(options: Partial<LiveScoreOptions> = {}) {
    const { windowS, cutoffM } = { windowS: 10, cutoffM: GOSPA_CUTOFF_M, ...options };
    assert(windowS > 0, "the window is longer than 0 s");
    this.#windowNs = nsFromSeconds(windowS);
    this.#cutoffM = cutoffM;
  }

  /**
   * Scores one frame set and returns the summary of the window that ends with it.
   *
   * @throws {AssertionError} when time goes back.
   */
  add(timeNs: bigint, tracks: readonly TrackUpdate[], truth: readonly TruthPoint[]): LiveScoreSummary {
    const last = this.#entries.at(-1);
    assert(last === undefined || timeNs >= last.timeNs, "scores go forward in time");
    const shown = tracks.filter((track) => track.state === "confirmed" || track.state === "coasting");
    const result = gospa(
      truth.map((point) => point.positionEnuM),
      shown.map((track) => track.positionEnuM),
      { cutoffM: this.#cutoffM },
    );
    this.#entries.push({
      timeNs,
      gospaM: result.gospaM,
      squaredM2: result.localisationM2,
      matchedCount: result.matchedCount,
      missedCount: result.missedCount,
      falseCount: result.falseCount,
      switchCount: this.#countSwitches(truth, shown, result.estimateOfTruth),
    });
    while (this.#entries[0]!.timeNs <= timeNs - this.#windowNs || this.#entries.length > ENTRIES_MAX)
      this.#entries.shift();
    return this.summary();
  }

  /** Returns the summary of the window as it stands; all zero before the first frame set. */
  summary(): LiveScoreSummary {
    const sum = (pick: (entry: Entry) => number): number =>
      this.#entries.reduce((total, entry) => total + pick(entry), 0);
    const matchedCount = sum((entry) => entry.matchedCount);
    const missedCount = sum((entry) => entry.missedCount);
    return {
      gospaM: sum((entry) => entry.gospaM) / Math.max(1, this.#entries.length),
      rmseM: Math.sqrt(sum((entry) => entry.squaredM2) / Math.max(1, matchedCount)),
      now: countsOf(this.#entries.at(-1)),
      truthCount: matchedCount + missedCount,
      matchedCount,
      missedCount,
      falseCount: sum((entry) => entry.falseCount),
      switchCount: sum((entry) => entry.switchCount),
    };
  }

  #countSwitches(truth: readonly TruthPoint[], shown: readonly TrackUpdate[], estimateOfTruth: Int32Array): number {
    let count = 0;
    for (const [index, point] of truth.entries()) {
      const track = shown[estimateOfTruth[index]!];
      if (track === undefined) continue;
      const before = this.#trackOfTruth.get(point.name);
      if (before !== undefined && before !== track.id) count++;
      this.#trackOfTruth.set(point.name, track.id);
    }
    return count;
  }
}

const ENTRIES_MAX = 4096;

function countsOf(entry: Entry | undefined): LiveScoreSummary["now"] {
  const { matchedCount = 0, missedCount = 0, falseCount = 0 } = entry ?? {};
  return { truthCount: matchedCount + missedCount, matchedCount, missedCount, falseCount };
}
