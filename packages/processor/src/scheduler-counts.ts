/**
 * Counts of a scheduler: what became of tasks and answers since it began.
 * How things stand now is not counted but looked up when statistics are asked for.
 */
import type { Refusal, ResultRefusal } from "./scheduler-events.ts";
import type { TaskOutcome } from "./task.ts";

/** What a scheduler counted since it began, and how things stand now. */
export interface SchedulerStatistics {
  readonly submitted: number;
  readonly refused: Readonly<Record<Refusal["code"], number>>;
  readonly completed: number;
  readonly deadLetters: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Completed after the deadline, or expired at it. */
  readonly deadlinesMissed: number;
  /** Attempts after one that failed, hung or lost its worker. */
  readonly retries: number;
  /** Tasks taken back from a lost worker before they began, or which it lost because of another. */
  readonly recalls: number;
  readonly workersLost: number;
  /** Answers that were refused: for a settled task, from an attempt that no longer holds it, from another owner's epoch, for no task known. */
  readonly resultsDuplicate: number;
  readonly resultsStale: number;
  readonly resultsOfOtherEpoch: number;
  readonly resultsUnknown: number;
  /** Mean over completed tasks; 0 before the first. */
  readonly executionMsMean: number;
  /** Tasks in hand: waiting for dependencies, ready, without a worker that could take them, given to workers. */
  readonly live: number;
  readonly waiting: number;
  readonly queued: number;
  readonly parked: number;
  readonly assigned: number;
  readonly tasksMax: number;
  readonly workers: number;
  readonly workersBusy: number;
}

/** Counts what happens to tasks. */
export class SchedulerCounts {
  submitted = 0;
  retries = 0;
  recalls = 0;
  workersLost = 0;
  readonly #refused: Record<Refusal["code"], number> = {
    ...{ full: 0, known: 0, "unknown-dependency": 0, cycle: 0, superseded: 0 },
  };
  readonly #resultsRefused: Record<ResultRefusal, number> = {
    ...{ duplicate: 0, stale: 0, superseded: 0, "later-epoch": 0, unknown: 0 },
  };
  readonly #settled: Record<TaskOutcome["state"], number> = {
    ...{ completed: 0, "dead-letter": 0, cancelled: 0, expired: 0 },
  };
  #late = 0;
  #executionMsSum = 0;

  refused(code: Refusal["code"], taskCount: number): void {
    this.#refused[code] += taskCount;
  }

  resultRefused(reason: ResultRefusal): void {
    this.#resultsRefused[reason] += 1;
  }

  settled(outcome: TaskOutcome): void {
    this.#settled[outcome.state] += 1;
    if (outcome.state !== "completed") return;
    this.#executionMsSum += outcome.executionMs;
    if (outcome.isLate) this.#late += 1;
  }

  /** Puts the counts beside how things stand now. */
  statistics(
    now: Pick<
      SchedulerStatistics,
      "live" | "waiting" | "queued" | "parked" | "assigned" | "tasksMax" | "workers" | "workersBusy"
    >,
  ): SchedulerStatistics {
    const { completed, cancelled, expired } = this.#settled;
    const { submitted, retries, recalls, workersLost } = this;
    const results = this.#resultsRefused;
    return {
      ...now,
      ...{ submitted, retries, recalls, workersLost },
      ...{ resultsDuplicate: results.duplicate, resultsStale: results.stale, resultsUnknown: results.unknown },
      resultsOfOtherEpoch: results.superseded + results["later-epoch"],
      ...{ completed, cancelled, expired, deadLetters: this.#settled["dead-letter"] },
      refused: { ...this.#refused },
      deadlinesMissed: this.#late + expired,
      executionMsMean: completed === 0 ? 0 : this.#executionMsSum / completed,
    };
  }
}
