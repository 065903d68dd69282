/**
 * What is known of every task: those that are not done, all of them, and the last outcomes.
 *
 * A task is settled once; that is what makes a commit exactly-once. Outcomes are kept for a bounded number of tasks, the oldest is forgotten
 * first; the answer to a task that is forgotten is refused like that to one that never was. Dead letters are kept apart, so that many
 * completed tasks do not push out the few that somebody has to look at.
 */
import { assert } from "@skyvox/core";
import type { PlacementReason } from "./placement.ts";
import type { AttemptFailure, Task, TaskId, TaskOutcome, WorkerId } from "./task.ts";
import { type DeadLetter, deadLetterOf } from "./task-summary.ts";

/** One attempt, as it is kept for `explain`. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly workerId: WorkerId;
  readonly assignedMs: number;
  readonly reason: PlacementReason;
  /** `recalled`: its worker was lost before it began, or because of another task. */
  end: "running" | "completed" | "aborted" | "recalled" | AttemptFailure["kind"];
}

/** A task that is not done. */
export interface LiveTask {
  readonly task: Task;
  readonly submittedMs: number;
  /** `waiting`: for dependencies; `parked`: no worker here could take it. */
  state: "waiting" | "queued" | "parked" | "assigned";
  /** When its dependencies were met. */
  readyMs: number;
  /** What completed dependencies gave. */
  readonly inputs: Map<TaskId, unknown>;
  readonly attempts: AttemptRecord[];
  readonly failures: AttemptFailure[];
}

/** A task whose outcome is remembered. */
export interface SettledTask {
  readonly task: Task;
  readonly submittedMs: number;
  readonly settledMs: number;
  readonly attempts: readonly AttemptRecord[];
  readonly outcome: TaskOutcome;
}

/** Holds live tasks and remembers settled ones. */
export class TaskLedger {
  readonly #live = new Map<TaskId, LiveTask>();
  readonly #settled = new Map<TaskId, SettledTask>();
  /** Ids of remembered tasks in the order they were settled, as a ring: the oldest key of a large map is costly to find. */
  readonly #settledIds: TaskId[] = [];
  #settledNext = 0;
  readonly #deadLetters: DeadLetter[] = [];
  readonly #rememberedMax: number;
  readonly #deadLettersMax: number;

  constructor(options: { readonly rememberedMax: number; readonly deadLettersMax: number }) {
    assert(Number.isInteger(options.rememberedMax), "rememberedMax is a count");
    assert(options.rememberedMax >= 1, "at least one outcome is remembered");
    assert(Number.isInteger(options.deadLettersMax), "deadLettersMax is a count");
    assert(options.deadLettersMax >= 1, "at least one dead letter is kept");
    this.#rememberedMax = options.rememberedMax;
    this.#deadLettersMax = options.deadLettersMax;
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Tasks that are not done, in the order they were opened. */
  liveTasks(): LiveTask[] {
    return [...this.#live.values()];
  }

  /** Tasks whose outcome is remembered, in the order they were settled. */
  settledTasks(): SettledTask[] {
    return [...this.#settled.values()];
  }

  /** The last dead letters, oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#deadLetters;
  }

  live(id: TaskId): LiveTask | undefined {
    return this.#live.get(id);
  }

  settled(id: TaskId): SettledTask | undefined {
    return this.#settled.get(id);
  }

  /** @throws {AssertionError} where the task is known. */
  open(task: Task, nowMs: number): LiveTask {
    assert(!this.#live.has(task.id), "a task is opened once");
    assert(!this.#settled.has(task.id), "a settled task is not opened again");
    const live: LiveTask = {
      ...{ task, submittedMs: nowMs, state: "waiting", readyMs: nowMs },
      ...{ inputs: new Map(), attempts: [], failures: [] },
    };
    this.#live.set(task.id, live);
    return live;
  }

  /** @throws {AssertionError} where the task is not live, so that nothing is settled twice. */
  settle(id: TaskId, outcome: TaskOutcome, nowMs: number): void {
    const live = this.#live.get(id);
    assert(live !== undefined, "only live tasks are settled");
    this.#live.delete(id);
    const { task, submittedMs, attempts } = live;
    const settled: SettledTask = { task, submittedMs, attempts, outcome, settledMs: nowMs };
    this.#settled.set(id, settled);
    const letter = deadLetterOf(settled);
    if (letter !== null) this.#deadLetters.push(letter);
    if (this.#deadLetters.length > this.#deadLettersMax) this.#deadLetters.shift();
    const oldest = this.#settledIds[this.#settledNext];
    if (oldest !== undefined) this.#settled.delete(oldest);
    this.#settledIds[this.#settledNext] = id;
    this.#settledNext = (this.#settledNext + 1) % this.#rememberedMax;
  }
}
