/**
 * What a run under faults promised and what came of it, kept apart from the scheduler that is judged.
 *
 * - Every task that was taken is settled by the owner of the schedule, and once.
 * - A value that is committed was made under the epoch that commits it, by the attempt that held the task.
 * - A task is a dead letter only after the retries it has, or with what it depends on.
 * - No owner has more tasks in hand than it may.
 */
import type { AttemptKey, Scheduler, Task, TaskId, TaskOutcome } from "../src/mod.ts";

/** Judges a run as it goes. */
export class Ledger {
  readonly broken: string[] = [];
  readonly #tasksMax: number;
  readonly #retriesMax: number;
  readonly #submitted = new Map<TaskId, Task>();
  readonly #accepted = new Map<TaskId, Task>();
  readonly #outcomes = new Map<TaskId, TaskOutcome>();
  readonly #holders = new Map<string, AttemptKey>();
  #epoch = 0;

  constructor(limits: { readonly tasksMax: number; readonly retriesMax: number }) {
    this.#tasksMax = limits.tasksMax;
    this.#retriesMax = limits.retriesMax;
  }

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  /** What was taken and has no outcome yet. */
  get openIds(): TaskId[] {
    return [...this.#accepted.keys()].filter((id) => !this.#outcomes.has(id));
  }

  get completedCount(): number {
    return [...this.#outcomes.values()].filter(({ state }) => state === "completed").length;
  }

  note(text: string): void {
    this.broken.push(text);
  }

  /** A new owner commits from here on; returns what it has to be told again, with dependencies that are met left out. */
  begin(epoch: number): Task[] {
    this.#epoch = epoch;
    const open = [...this.#accepted.values()].filter(({ id }) => !this.#outcomes.has(id));
    return open.map((task) => ({ ...task, dependencies: task.dependencies.filter((id) => !this.#outcomes.has(id)) }));
  }

  submit(batch: readonly Task[]): void {
    for (const task of batch) this.#submitted.set(task.id, task);
  }

  /** Notes whether a batch was taken; it is whole or not at all. */
  accept(batch: readonly Task[], isKnown: (id: TaskId) => boolean): void {
    const taken = batch.filter(({ id }) => isKnown(id));
    if (taken.length !== 0 && taken.length !== batch.length) this.note("a batch was taken in part");
    for (const task of taken) this.#accepted.set(task.id, task);
  }

  assign(key: AttemptKey): void {
    this.#holders.set(`${key.epoch}/${key.taskId}`, key);
  }

  settle(epoch: number, id: TaskId, outcome: TaskOutcome): void {
    if (!this.#submitted.has(id)) this.note(`"${id}" was settled and never submitted`);
    // What a replaced owner settles is refused where results are kept.
    if (epoch < this.#epoch) return;
    if (this.#outcomes.has(id)) this.note(`"${id}" was settled twice`);
    this.#outcomes.set(id, outcome);
    if (outcome.state === "completed") {
      const holder = this.#holders.get(`${epoch}/${id}`);
      const made = `${id}#${holder?.attempt}@${epoch}`;
      if (outcome.value !== made) this.note(`"${id}" was committed as ${outcome.value} while ${made} held it`);
    } else if (outcome.state === "dead-letter" && outcome.reason.code === "retries") {
      const { length } = outcome.failures;
      if (length !== this.#retriesMax + 1) this.note(`"${id}" was given up after ${length} failures`);
    }
  }

  checkBounds(owner: Scheduler): void {
    const { live } = owner.statistics();
    if (live > this.#tasksMax) this.note(`${live} tasks are in hand, ${this.#tasksMax} may be`);
  }

  /** At the end everything has an outcome. */
  finish(): void {
    for (const id of this.#accepted.keys()) if (!this.#outcomes.has(id)) this.note(`"${id}" was lost`);
  }
}
