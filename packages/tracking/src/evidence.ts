/**
 * What a detection or a miss does to one track: score, existence, filters, counts.
 *
 * The score is the log-likelihood ratio of "target" against "clutter" (Wald's sequential test; Blackman & Popoli 1999, ch. 6): a
 * detection adds ln(Pd N(v; 0, S) / clutter), a miss ln(1 - Pd Pg). A track is confirmed at ln((1 - trueDelete) / falseConfirm). Existence
 * moves by the same amounts (the Bernoulli update in log-odds) from ln((1 - falseConfirm) / trueDelete), where it also saturates, since a
 * target may leave at any time; at 0 it is as likely gone as there. Misses closer together than `missCorrelationS` are one event, so each
 * weighs by the share of that time it covers. Confirmation also weighs a rival: something that stays where it is (`still.ts`).
 */
import type { Association } from "./association.ts";
import type { DetectionSet } from "./detection-set.ts";
import type { TrackPool } from "./track-pool.ts";
import type { TrackerOptions } from "./tracker-options.ts";

/** Applies the detections of one step after another to the slots of a pool. */
export class Evidence {
  /** What a miss adds to a score in this step; negative. */
  missScore = 0;
  readonly #options: TrackerOptions;
  readonly #pool: TrackPool;
  readonly #association: Association;
  readonly #confirmScore: number;
  readonly #existenceMax: number;
  #timeNs = 0n;
  /** Place of this step in the history, and the number of its first detection. */
  #place = 0;
  #firstNumber = 0;

  constructor(options: TrackerOptions, pool: TrackPool, association: Association) {
    const { falseConfirmProbability, trueDeleteProbability } = options;
    this.#options = options;
    this.#pool = pool;
    this.#association = association;
    this.#confirmScore = Math.log((1 - trueDeleteProbability) / falseConfirmProbability);
    this.#existenceMax = Math.log((1 - falseConfirmProbability) / trueDeleteProbability);
  }

  /** Begins a step; `firstNumber` is the number of its detection 0, counted over all steps. */
  begin(step: { timeNs: bigint; elapsedS: number; index: number; firstNumber: number }): void {
    const { detectionProbability, gateProbability, missCorrelationS } = this.#options;
    this.missScore =
      Math.log1p(-detectionProbability * gateProbability) * Math.min(1, step.elapsedS / missCorrelationS);
    this.#timeNs = step.timeNs;
    this.#place = step.index % this.#pool.historySteps;
    this.#firstNumber = step.firstNumber;
  }

  /** Gives a slot that was taken for it a detection to begin with. */
  start(slot: number, set: DetectionSet, index: number): void {
    this.#pool.filters.begin(slot, set, index);
    this.#pool.still.begin(slot, set, index);
    this.#pool.existence[slot] = this.#existenceMax;
    this.#remember(slot, this.#firstNumber + index);
  }

  /** Gives a predicted slot its detection. */
  detect(slot: number, set: DetectionSet, index: number): void {
    const pool = this.#pool;
    this.#add(slot, this.#association.pairScore(pool, slot, set, index));
    pool.still.update(slot, set, index, this.#association.logDetectionOverClutter);
    const targetScore = pool.targetScores[slot]!;
    pool.scores[slot] = targetScore - pool.still.clutterScore(slot, targetScore, this.#options.stillShare);
    pool.filters.update(slot, set, index);
    pool.lastDetectionNs[slot] = this.#timeNs;
    pool.detectionCounts[slot] = pool.detectionCounts[slot]! + 1;
    pool.missedCounts[slot] = 0;
    if (pool.scores[slot]! >= this.#confirmScore) {
      pool.confirmed[slot] = 1;
      pool.filters.wake(slot);
    }
    this.#remember(slot, this.#firstNumber + index);
  }

  /** Lets a predicted slot go without. */
  miss(slot: number): void {
    this.#pool.missedCounts[slot] = this.#pool.missedCounts[slot]! + 1;
    this.#add(slot, this.missScore);
    this.#pool.still.miss(slot, this.missScore);
    this.#remember(slot, -1);
  }

  #add(slot: number, gained: number): void {
    const pool = this.#pool;
    pool.scores[slot] = pool.scores[slot]! + gained;
    pool.targetScores[slot] = pool.targetScores[slot]! + gained;
    pool.existence[slot] = Math.min(pool.existence[slot]! + gained, this.#existenceMax);
  }

  #remember(slot: number, number: number): void {
    this.#pool.history[slot * this.#pool.historySteps + this.#place] = number;
  }
}
