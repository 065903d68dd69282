/**
 * The tasks that could start now, in the order in which they should.
 *
 * Every task has an instant by which it wants to have started: its deadline, or `patienceMs` after it became ready, whichever is sooner.
 * Each step of priority is worth `priorityStepMs` of that instant. The order of two tasks therefore never changes while they wait (a heap
 * is enough), and nobody starves: a task is passed over only by tasks that became ready less than
 * `patienceMs + (difference of priority) * priorityStepMs` after it. Within one priority, the earliest deadline goes first.
 *
 * The idea is that of deadline scheduling for deadlines (Liu & Layland 1973, section 7) with ageing by construction.
 */
import { assert } from "@skyvox/core";
import { IndexedHeap } from "./indexed-heap.ts";
import type { Task, TaskId } from "./task.ts";

/** How priority, deadline and waiting weigh against each other. */
export interface QueueOrder {
  /** How long a task without a nearer deadline is content to wait. */
  readonly patienceMs: number;
  /** How much earlier one step of priority makes a task. */
  readonly priorityStepMs: number;
}

/** One waiting task. */
export interface QueueEntry {
  readonly id: TaskId;
  readonly task: Task;
  /** When it last became ready; a retry keeps the first. */
  readonly readyMs: number;
  /** The smaller, the sooner. */
  readonly rankMs: number;
  /** Counts entries; the earlier goes first among equals. */
  readonly order: number;
}

/** Holds ready tasks; at most `tasksMax`, which whoever admits tasks sees to. */
export class TaskQueue {
  readonly #heap = new IndexedHeap<QueueEntry>(isBefore);
  readonly #tasksMax: number;
  readonly #order: QueueOrder;
  #count = 0;

  constructor(options: QueueOrder & { readonly tasksMax: number }) {
    assert(options.patienceMs >= 0, "patienceMs is not negative");
    assert(options.priorityStepMs >= 0, "priorityStepMs is not negative");
    this.#tasksMax = options.tasksMax;
    this.#order = options;
  }

  get count(): number {
    return this.#heap.count;
  }

  /** @throws {AssertionError} where the queue is full or holds the task. */
  push(task: Task, readyMs: number): void {
    assert(this.#heap.count < this.#tasksMax, "a queue holds at most tasksMax tasks");
    this.#heap.push({
      ...{ id: task.id, task, readyMs },
      ...{ rankMs: rankMs(task, readyMs, this.#order), order: this.#count++ },
    });
  }

  /** Takes out the task that should start first. */
  pop(): QueueEntry | undefined {
    return this.#heap.pop();
  }

  /** Puts back an entry that was taken out, to its old place. */
  putBack(entry: QueueEntry): void {
    this.#heap.push(entry);
  }

  /** Takes a task out, as a cancelled one. False where it does not wait here. */
  remove(id: TaskId): boolean {
    return this.#heap.remove(id) !== undefined;
  }
}

/** Ranks a task: the smaller, the sooner it should start. A deadline that has passed is worth no more than one of now. */
export function rankMs(
  { deadlineMs, priority }: Pick<Task, "deadlineMs" | "priority">,
  readyMs: number,
  { patienceMs, priorityStepMs }: QueueOrder,
): number {
  const contentMs = readyMs + patienceMs;
  const dueMs = deadlineMs === null ? contentMs : Math.min(contentMs, Math.max(deadlineMs, readyMs));
  return dueMs - priority * priorityStepMs;
}

function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  return a.rankMs === b.rankMs ? a.order < b.order : a.rankMs < b.rankMs;
}
