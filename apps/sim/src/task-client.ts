/**
 * Who wants tasks done: submits them to the master, submits again to the next one what has no outcome, and keeps the outcomes.
 *
 * It is the judge as well (the ledger of the processor's own simulation): nothing that was taken is lost, nothing is committed twice or
 * by whoever no longer holds it, and no master has more in hand than it may.
 */
import type { Prng } from "@skyvox/core";
import { type AttemptKey, createTask, type Task, type TaskId, type TaskOutcome, taskId } from "@skyvox/processor";
import { Ledger } from "@skyvox/processor/fault-ledger";
import { Breach } from "./invariants.ts";
import { RETRIES_MAX, TASKS_MAX, type TaskOffice } from "./task-office.ts";
import { HANGING } from "./task-worker.ts";

const BATCH_MAX = 4;
/** One batch in so many is larger than what a master may have in hand. */
const FLOOD_EVERY = 12;
const FLOOD = TASKS_MAX + 5;
const HANGING_RATE = 0.02;
const DEPENDENT_RATE = 0.3;
/** What happened to the last tasks is kept for a story. */
const HISTORIES_MAX = 400;

/** The client of a world. */
export class TaskClient {
  readonly #prng: Prng;
  readonly #tell: (line: string) => void;
  readonly #ledger = new Ledger({ tasksMax: TASKS_MAX, retriesMax: RETRIES_MAX });
  readonly #histories = new Map<TaskId, string[]>();
  /** The schedule it trusts: as a worker does, it takes the first that comes with an epoch, and never an earlier epoch again. */
  #office: TaskOffice | null = null;
  #count = 0;
  /** True while it submits. */
  isSubmitting = false;

  constructor(options: { readonly prng: Prng; readonly tell: (line: string) => void }) {
    this.#prng = options.prng;
    this.#tell = options.tell;
  }

  /** How many tasks were taken and have no outcome. */
  get openCount(): number {
    return this.#ledger.openIds.length;
  }

  /** How many tasks were taken so far, and how many were completed. */
  get counts(): { readonly accepted: number; readonly completed: number } {
    return { accepted: this.#ledger.acceptedCount, completed: this.#ledger.completedCount };
  }

  /** The schedule it trusts; null before the first. */
  get office(): TaskOffice | null {
    return this.#office;
  }

  /** Turns to the master of the highest epoch; submits to it what is open when it is a new one, then more. */
  turn(nowMs: number, office: TaskOffice): void {
    const { scheduler, owner } = office;
    if (office !== this.#office) {
      if (owner.epoch < (this.#office?.owner.epoch ?? 0)) return;
      this.#office = office;
      const open = this.#ledger.begin(owner.epoch);
      for (const { id } of open) this.#note(id, `is submitted again, to ${owner.holder}`);
      if (open.length > 0) office.submit(nowMs, open);
    }
    if (this.isSubmitting) {
      const batch = this.#draw();
      this.#ledger.submit(batch);
      office.submit(nowMs, batch);
      this.#ledger.accept(batch, (id) => scheduler.outcomeOf(id) !== undefined);
    }
    this.#ledger.checkBounds(scheduler);
    this.#judge();
  }

  /** Every node has died: nobody knows an epoch any more, nor holds one. */
  forget(): void {
    this.#office = null;
  }

  assigned(key: AttemptKey): void {
    this.#note(key.taskId, `attempt ${key.attempt} under epoch ${key.epoch} goes to ${key.workerId}`);
    this.#ledger.assign(key);
  }

  /** Takes an outcome; that of a schedule it no longer trusts counts for nothing. */
  settled(office: TaskOffice, id: TaskId, outcome: TaskOutcome): void {
    const { epoch } = office.owner;
    const how = outcome.state === "dead-letter" ? `dead letter (${outcome.reason.message})` : outcome.state;
    const counts = this.#office === office;
    this.#note(id, `${how} under epoch ${epoch}${counts ? "" : ", which no longer counts"}`);
    if (counts) this.#ledger.settle(epoch, id, outcome);
    this.#judge();
  }

  /** Says which tasks are lost, with what became of the first; null where none is. */
  whatIsLost(): string | null {
    const [first, ...rest] = this.#ledger.openIds;
    if (first === undefined) return null;
    return `"${first}"${rest.length === 0 ? "" : ` and ${rest.length} more tasks`} were taken and came to nothing`;
  }

  /** Tells what happened to the task that a sentence names. */
  tellHistory(sentence: string): void {
    const id = /"(t\d+)"/.exec(sentence)?.[1];
    if (id === undefined) return;
    for (const line of this.#histories.get(taskId(id)) ?? []) this.#tell(`task ${id}: ${line}`);
  }

  #judge(): void {
    const [first] = this.#ledger.broken;
    if (first !== undefined) throw new Breach(first);
  }

  #note(id: TaskId, line: string): void {
    const history = this.#histories.get(id) ?? [];
    history.push(line);
    this.#histories.set(id, history);
    if (this.#histories.size <= HISTORIES_MAX) return;
    const [oldest] = this.#histories.keys();
    if (oldest !== undefined) this.#histories.delete(oldest);
  }

  #draw(): Task[] {
    const count = this.#prng.int(FLOOD_EVERY) === 0 ? FLOOD : 1 + this.#prng.int(BATCH_MAX);
    const tasks: Task[] = [];
    for (let i = 0; i < count; i++) {
      const before = tasks[this.#prng.int(Math.max(1, i))];
      const dependencies = before !== undefined && this.#prng.float() < DEPENDENT_RATE ? [before.id] : [];
      const payload = this.#prng.float() < HANGING_RATE ? HANGING : "work";
      const id = taskId(`t${++this.#count}`);
      tasks.push(createTask({ id, type: "work", payload, dependencies, priority: this.#prng.int(10) }));
    }
    return tasks;
  }
}
