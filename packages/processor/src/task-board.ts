/**
 * All tasks in hand, from admission to outcome: which wait for others, which are ready and in what order, which no worker here can take.
 *
 * What happens on workers is not known here; `scheduler.ts` takes entries from the queue and settles tasks.
 */
import { assert } from "@skyvox/core";
import { admissionRefusal } from "./admission.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import type { SchedulerCounts, SchedulerStatistics } from "./scheduler-counts.ts";
import type { Refusal } from "./scheduler-events.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";
import type { Task, TaskId, TaskOutcome } from "./task.ts";
import { TaskGraph } from "./task-graph.ts";
import { type LiveTask, type SettledTask, TaskLedger } from "./task-ledger.ts";
import { TaskQueue } from "./task-queue.ts";
import { type DeadLetter, summaryOfLive, summaryOfSettled, type TaskSummary } from "./task-summary.ts";
import { isSooner, type TimeLimit } from "./time-limit.ts";

/** What is said when a task is settled. */
export type SettledListener = (id: TaskId, outcome: TaskOutcome) => void;

/** Keeps at most `tasksMax` tasks. */
export class TaskBoard {
  /** The ready tasks; whoever takes an entry out puts it back, parks it or gives it to a worker. */
  readonly queue: TaskQueue;
  readonly #tasksMax: number;
  readonly #ledger: TaskLedger;
  readonly #graph = new TaskGraph();
  readonly #parked = new Set<TaskId>();
  readonly #expiries = new IndexedHeap<TimeLimit>(isSooner);
  readonly #counts: SchedulerCounts;
  readonly #onSettled: SettledListener;

  constructor(options: SchedulerOptions, counts: SchedulerCounts, onSettled: SettledListener) {
    assert(Number.isInteger(options.tasksMax), "tasksMax is a count");
    assert(options.tasksMax >= 1, "at least one task is taken");
    this.queue = new TaskQueue(options);
    this.#tasksMax = options.tasksMax;
    this.#ledger = new TaskLedger(options);
    this.#counts = counts;
    this.#onSettled = onSettled;
  }

  /** When the next task expires; null where none will. */
  get nextExpiryMs(): number | null {
    return this.#expiries.first?.atMs ?? null;
  }

  /** A task that is not settled. */
  live(id: TaskId): LiveTask | undefined {
    return this.#ledger.live(id);
  }

  /** A task whose outcome is remembered. */
  settled(id: TaskId): SettledTask | undefined {
    return this.#ledger.settled(id);
  }

  /** The last dead letters, oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#ledger.deadLetters;
  }

  /** Lists the tasks in hand, newest first, then those that are settled, the last first. */
  list(): TaskSummary[] {
    const live = this.#ledger.liveTasks().reverse().map(summaryOfLive);
    return [...live, ...this.#ledger.settledTasks().reverse().map(summaryOfSettled)];
  }

  /** The outcome of a task: null where it is not settled yet, undefined where it is not known. */
  outcomeOf(id: TaskId): TaskOutcome | null | undefined {
    return this.#ledger.settled(id)?.outcome ?? (this.#ledger.live(id) === undefined ? undefined : null);
  }

  /** Takes a batch whole, or says why not. */
  admit(nowMs: number, batch: readonly Task[]): Refusal | null {
    const refusal = admissionRefusal(batch, {
      freeCount: this.#tasksMax - this.#ledger.liveCount,
      isKnown: (id) => this.outcomeOf(id) !== undefined,
    });
    if (refusal !== null) return refusal;
    this.#counts.submitted += batch.length;
    for (const task of batch) {
      this.#ledger.open(task, nowMs);
      if (task.expires && task.deadlineMs !== null) this.#expiries.push({ id: task.id, atMs: task.deadlineMs });
    }
    for (const task of batch) this.#await(nowMs, task.id);
    return null;
  }

  /** Puts a task that is to be tried again in its old place in the order. */
  requeue(live: LiveTask): void {
    live.state = "queued";
    this.queue.push(live.task, live.readyMs);
  }

  /** Sets a task aside until a worker joins. */
  park(id: TaskId): void {
    const live = this.#ledger.live(id);
    assert(live !== undefined, "parked tasks are live");
    live.state = "parked";
    this.#parked.add(id);
  }

  /** Queues what was set aside. */
  unpark(): void {
    for (const id of this.#parked) {
      const live = this.#ledger.live(id);
      assert(live !== undefined, "parked tasks are live");
      this.requeue(live);
    }
    this.#parked.clear();
  }

  /** Returns the task that expires first, where its time has come. */
  dueExpiry(nowMs: number): TaskId | null {
    const first = this.#expiries.first;
    return first !== undefined && first.atMs <= nowMs ? first.id : null;
  }

  /**
   * Settles a task that no worker holds any more, releases what waited for it, or gives that up with it.
   *
   * @throws {AssertionError} where the task is not live.
   */
  settle(nowMs: number, id: TaskId, outcome: TaskOutcome): void {
    const dependents = this.#settleOne(nowMs, id, outcome);
    if (outcome.state === "completed") this.#release(nowMs, id, outcome.value, dependents);
    else this.#giveUp(nowMs, id, dependents);
  }

  statistics(): Pick<SchedulerStatistics, "live" | "waiting" | "queued" | "parked" | "assigned" | "tasksMax"> {
    const live = this.#ledger.liveCount;
    const [waiting, queued, parked] = [this.#graph.waitingCount, this.queue.count, this.#parked.size];
    return { live, waiting, queued, parked, assigned: live - waiting - queued - parked, tasksMax: this.#tasksMax };
  }

  /** Queues a task whose dependencies are met, lets it wait for them, or gives it up with one. */
  #await(nowMs: number, id: TaskId): void {
    const live = this.#ledger.live(id);
    // It may have been given up with a task of its batch.
    if (live === undefined) return;
    const unmet = new Set<TaskId>();
    for (const dependency of live.task.dependencies) {
      const outcome = this.outcomeOf(dependency);
      if (outcome === null) unmet.add(dependency);
      else if (outcome?.state === "completed") live.inputs.set(dependency, outcome.value);
      else {
        this.#giveUp(nowMs, dependency, [id]);
        return;
      }
    }
    if (unmet.size > 0) this.#graph.add(id, unmet);
    else this.#ready(nowMs, live);
  }

  #release(nowMs: number, id: TaskId, value: unknown, dependents: readonly TaskId[]): void {
    for (const dependent of dependents) this.#ledger.live(dependent)?.inputs.set(id, value);
    for (const released of this.#graph.complete(id)) {
      const live = this.#ledger.live(released);
      assert(live !== undefined, "waiting tasks are live");
      this.#ready(nowMs, live);
    }
  }

  #ready(nowMs: number, live: LiveTask): void {
    live.readyMs = nowMs;
    this.requeue(live);
  }

  /** Gives up tasks that waited for one that came to nothing, what waited for them, and so on. */
  #giveUp(nowMs: number, dependency: TaskId, dependents: readonly TaskId[]): void {
    const doomed = dependents.map((id) => ({ id, dependency }));
    for (const { id, dependency } of doomed) {
      // Two of its dependencies may have come to nothing at once.
      if (this.#ledger.live(id) === undefined) continue;
      const message = `Cannot start task "${id}": "${dependency}" came to nothing, need it completed`;
      const outcome = { state: "dead-letter", reason: { code: "dependency", message }, failures: [] } as const;
      for (const next of this.#settleOne(nowMs, id, outcome)) doomed.push({ id: next, dependency: id });
    }
  }

  /** Settles one task and returns those that waited for it. */
  #settleOne(nowMs: number, id: TaskId, outcome: TaskOutcome): TaskId[] {
    this.queue.remove(id);
    this.#parked.delete(id);
    this.#expiries.remove(id);
    const dependents = this.#graph.dependentsOf(id);
    this.#graph.remove(id);
    this.#ledger.settle(id, outcome, nowMs);
    this.#counts.settled(outcome);
    this.#onSettled(id, outcome);
    return dependents;
  }
}
