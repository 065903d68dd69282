/**
 * A worker's side of the work: takes tasks, runs up to `lanes` of them at once in the order they came, and says what became of each.
 *
 * It is the same in a worker process and in the process of the scheduler. It accepts one owner: once it has seen an epoch it refuses every
 * lower one, and drops what a lower one had given it.
 */
import { assert, type CameraId, type Clock, messageOf, nowMsOf } from "@skyvox/core";
import type { AttemptKey } from "./scheduler-events.ts";
import type { TaskId } from "./task.ts";
import type { TaskContext, TaskHandler } from "./task-handler.ts";
import type { FromWorkerLoop, ToWorkerLoop } from "./worker-messages.ts";

/** Runs tasks; see the head of this file. */
export class WorkerLoop {
  readonly #lanes: number;
  readonly #handlers: ReadonlyMap<string, TaskHandler>;
  readonly #clock: Clock;
  readonly #send: (message: FromWorkerLoop) => void;
  readonly #waiting: Work[] = [];
  readonly #running = new Set<Work>();
  #epoch = Number.NEGATIVE_INFINITY;
  #isWoken = false;

  constructor(options: {
    readonly lanes: number;
    readonly handlers: ReadonlyMap<string, TaskHandler>;
    readonly clock: Clock;
    /** Sends an answer; throws where its value cannot be sent. */
    readonly send: (message: FromWorkerLoop) => void;
  }) {
    assert(Number.isInteger(options.lanes) && options.lanes >= 1, "lanes is a positive integer");
    this.#lanes = options.lanes;
    this.#handlers = options.handlers;
    this.#clock = options.clock;
    this.#send = options.send;
  }

  /** Takes a message. Work begins after the caller is done, never inside this call. */
  take(message: ToWorkerLoop): void {
    if (message.type === "abort") {
      this.#abort((work) => isSameAttempt(work.key, message.key));
      return;
    }
    if (message.key.epoch < this.#epoch) {
      this.#send({ type: "fenced", epoch: this.#epoch });
      return;
    }
    if (message.key.epoch > this.#epoch) {
      this.#epoch = message.key.epoch;
      this.#abort(() => true);
    }
    this.#waiting.push(new Work(message));
    this.#wake();
  }

  /** Aborts everything; nothing is answered any more. */
  abortAll(): void {
    this.#abort(() => true);
  }

  #abort(isMeant: (work: Work) => boolean): void {
    for (const work of this.#waiting.filter(isMeant)) this.#waiting.splice(this.#waiting.indexOf(work), 1);
    for (const work of this.#running) if (isMeant(work)) work.abort();
  }

  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#run();
    });
  }

  #run(): void {
    while (this.#running.size < this.#lanes) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#running.add(work);
      this.#begin(work);
    }
  }

  #begin(work: Work): void {
    const startMs = nowMsOf(this.#clock);
    const handler = this.#handlers.get(work.type);
    let value: unknown;
    try {
      if (handler === undefined) throw new Error(`no handler for tasks of type "${work.type}"`);
      value = handler(work.payload, work);
    } catch (error) {
      this.#end(work, { type: "failed", key: work.key, message: messageOf(error) });
      return;
    }
    const complete = (value: unknown): void => {
      const executionMs = nowMsOf(this.#clock) - startMs;
      this.#end(work, { type: "completed", key: work.key, value, executionMs });
    };
    if (!(value instanceof Promise)) complete(value);
    else {
      value.then(complete, (error) => this.#end(work, { type: "failed", key: work.key, message: messageOf(error) }));
    }
  }

  #end(work: Work, answer: FromWorkerLoop): void {
    this.#running.delete(work);
    this.#wake();
    if (work.isAborted) return;
    try {
      this.#send(answer);
    } catch (error) {
      this.#send({ type: "failed", key: work.key, message: `its value cannot be sent: ${messageOf(error)}` });
    }
  }
}

function isSameAttempt(a: AttemptKey, b: AttemptKey): boolean {
  return a.taskId === b.taskId && a.attempt === b.attempt && a.epoch === b.epoch;
}

/** One attempt, as its handler sees it. The signal is only made for handlers that ask for it. */
class Work implements TaskContext {
  readonly key: AttemptKey;
  readonly type: string;
  readonly payload: unknown;
  readonly cameraId: CameraId | null;
  readonly dependencyValues: readonly unknown[];
  isAborted = false;
  #controller: AbortController | null = null;

  constructor({ key, task, dependencyValues }: Extract<ToWorkerLoop, { type: "assign" }>) {
    this.key = key;
    this.type = task.type;
    this.payload = task.payload;
    this.cameraId = task.cameraId;
    this.dependencyValues = dependencyValues;
  }

  get taskId(): TaskId {
    return this.key.taskId;
  }

  get attempt(): number {
    return this.key.attempt;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isAborted) this.#controller.abort();
    return this.#controller.signal;
  }

  abort(): void {
    this.isAborted = true;
    this.#controller?.abort();
  }
}
