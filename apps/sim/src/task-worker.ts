/**
 * The worker of one life of a node: takes tasks of the owner that its node obeys, does one at a time, and answers.
 */
import type { Fence, NodeId, NodeLife } from "@skyvox/cluster";
import type { Prng } from "@skyvox/core";
import { type AttemptKey, type Task, type WorkerId, workerId } from "@skyvox/processor";
import type { TaskMessage } from "./task-messages.ts";

/** Payload of a task that often hangs. */
export const HANGING = "hang";
const HANG_RATE = 0.7;
const FAILURE_RATE = 0.05;
const EXECUTION_MS_MIN = 2;
const EXECUTION_MS_MAX = 50;

interface Work {
  readonly key: AttemptKey;
  readonly holder: NodeId;
  readonly task: Task;
}

/** How a worker reaches its world. */
export interface WorkerTies {
  readonly life: NodeLife;
  readonly fence: Fence;
  readonly prng: Prng;
  /** Calls back in a while, once its process goes on; never where that has died. */
  after(spanMs: number, callback: () => void): void;
  send(to: NodeId, message: TaskMessage): void;
}

/** One worker; see the head of this file. */
export class TaskWorker {
  readonly #ties: WorkerTies;
  readonly #waiting: Work[] = [];
  #lives = 0;
  #id: WorkerId;
  #isBusy = false;

  constructor(ties: WorkerTies) {
    this.#ties = ties;
    this.#id = workerId(`${ties.life}#0`);
  }

  /** Says to the owner that it obeys that it is there. */
  offer(): void {
    const { fence, send } = this.#ties;
    if (fence.owner !== null) send(fence.owner.holder, { type: "offer", workerId: this.#id });
  }

  hear(message: TaskMessage): void {
    if (message.type === "assign") this.#take(message);
    else if (message.type === "abort") {
      const index = this.#waiting.findIndex(({ key }) => isSame(key, message.key));
      if (index >= 0) this.#waiting.splice(index, 1);
    } else if (message.type === "restart" && message.workerId === this.#id) {
      this.#begin();
      this.offer();
    }
  }

  #take({ key, holder, task }: Work): void {
    const { fence, send } = this.#ties;
    const admission = fence.admit({ epoch: key.epoch, holder });
    if (!admission.ok) {
      send(holder, { type: "answer", event: { type: "fenced", epoch: admission.seen.epoch } });
      return;
    }
    // What an earlier owner gave it, or what was meant for an earlier life, is dropped.
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if ((this.#waiting[i]?.key.epoch ?? 0) < key.epoch) this.#waiting.splice(i, 1);
    }
    if (key.workerId !== this.#id) return;
    this.#waiting.push({ key, holder, task });
    if (!this.#isBusy) this.#work();
  }

  /** Another life: what the one before did is lost, and the new one is free. */
  #begin(): void {
    this.#lives += 1;
    this.#id = workerId(`${this.#ties.life}#${this.#lives}`);
    this.#waiting.length = 0;
    this.#isBusy = false;
  }

  #work(): void {
    const next = this.#waiting.shift();
    this.#isBusy = next !== undefined;
    if (next === undefined) return;
    const { prng, after } = this.#ties;
    if (next.task.payload === HANGING && prng.float() < HANG_RATE) return;
    const life = this.#lives;
    after(prng.uniform(EXECUTION_MS_MIN, EXECUTION_MS_MAX), () => {
      if (life !== this.#lives) return;
      this.#answer(next);
      this.#work();
    });
  }

  /** The value says which attempt under which epoch made it. It goes to whoever asked for it and to whoever leads now. */
  #answer({ key, holder }: Work): void {
    const { prng, send, fence } = this.#ties;
    const event =
      prng.float() < FAILURE_RATE
        ? ({ type: "failed", key, message: "it failed" } as const)
        : ({ type: "completed", key, value: `${key.taskId}#${key.attempt}@${key.epoch}`, executionMs: 10 } as const);
    for (const to of new Set([holder, fence.owner?.holder ?? holder])) send(to, { type: "answer", event });
  }
}

function isSame(a: AttemptKey, b: AttemptKey): boolean {
  return a.taskId === b.taskId && a.attempt === b.attempt && a.epoch === b.epoch;
}
