/**
 * A scheduler with workers of stated speed in simulated time: how long does a list of tasks take, and how much of that is the scheduler's?
 *
 * One master takes events one after the other, each for `stepMs`; messages take `oneWayMs`; a worker of speed 2 does 10 ms of work in 5 ms.
 * Nothing fails here and nothing is random. The same tasks give the same result on every machine.
 */
import { assert } from "@skyvox/core";
import {
  type AttemptKey,
  Scheduler,
  type SchedulerAction,
  type SchedulerEvent,
  type SchedulerOptions,
  type Task,
  type TaskId,
  workerId,
} from "../src/mod.ts";

/** A worker that only takes time. */
export interface FakeWorker {
  readonly speed: number;
  readonly lanes: number;
  readonly slots: number;
}

/** What is run, on what, and what the parts around the workers cost. */
export interface FakeRun {
  readonly workers: readonly FakeWorker[];
  /** All are submitted at the start; `workUnits` are the milliseconds they take at speed 1. */
  readonly tasks: readonly Task[];
  readonly stepMs: number;
  readonly oneWayMs: number;
  readonly scheduler?: Partial<SchedulerOptions>;
}

/** How a run went. */
export interface FakeRunResult {
  readonly makespanMs: number;
  /** Time that lanes were at work, as a share of what they had. */
  readonly efficiency: number;
  readonly stepCount: number;
  /** Which worker did each task, in the order they were completed. */
  readonly order: readonly string[];
}

/** Runs all tasks to their end. @throws {AssertionError} where one is not completed. */
export function runFakeCluster(run: FakeRun): FakeRunResult {
  const scheduler = new Scheduler({
    ...{ epoch: 1, attemptMsMax: 1e9, tasksMax: run.tasks.length, rememberedMax: run.tasks.length, ...run.scheduler },
  });
  return new FakeCluster(run, scheduler).run();
}

class FakeCluster {
  readonly #run: FakeRun;
  readonly #scheduler: Scheduler;
  readonly #agenda: { readonly atMs: number; readonly order: number; readonly happen: (nowMs: number) => void }[] = [];
  readonly #lanes: Map<string, { readonly worker: FakeWorker; readonly freeMs: number[] }>;
  readonly #order: string[] = [];
  #agendaCount = 0;
  #masterFreeMs = 0;
  #stepCount = 0;
  #busyMs = 0;
  #lastMs = 0;

  constructor(run: FakeRun, scheduler: Scheduler) {
    this.#run = run;
    this.#scheduler = scheduler;
    this.#lanes = new Map(
      run.workers.map((worker, i) => [`w${i}`, { worker, freeMs: Array<number>(worker.lanes).fill(0) }]),
    );
  }

  run(): FakeRunResult {
    for (const [id, { worker }] of this.#lanes) {
      const { lanes, slots } = worker;
      const offer = { workerId: workerId(id), lanes, slots, types: null, gpuMemoryBytes: 0, linkBytesPerMs: Infinity };
      this.#tell(0, { type: "worker-joined", offer });
    }
    this.#masterFreeMs = 0;
    this.#tell(0, { type: "submit", tasks: this.#run.tasks });
    for (let next = this.#next(); next !== undefined; next = this.#next()) next.happen(next.atMs);
    assert(this.#order.length === this.#run.tasks.length, "every task is completed");
    const laneCount = this.#run.workers.reduce((sum, { lanes }) => sum + lanes, 0);
    return {
      ...{ makespanMs: this.#lastMs, efficiency: this.#busyMs / (this.#lastMs * laneCount) },
      ...{ stepCount: this.#stepCount, order: this.#order },
    };
  }

  /** Hands an event to the master, which takes it when it is free. */
  #tell(nowMs: number, event: SchedulerEvent): void {
    const startMs = Math.max(nowMs, this.#masterFreeMs);
    this.#masterFreeMs = startMs + this.#run.stepMs;
    this.#stepCount += 1;
    for (const action of this.#scheduler.step(startMs, event)) this.#perform(this.#masterFreeMs, action);
  }

  #perform(nowMs: number, action: SchedulerAction): void {
    if (action.type === "assign") {
      const { key, task } = action;
      this.#plan(nowMs + this.#run.oneWayMs, (atMs) => this.#work(atMs, key, task.workUnits));
    } else {
      assert(action.type === "settled" && action.outcome.state === "completed", "nothing fails in a fake cluster");
      this.#note(action.taskId, action.outcome.workerId, nowMs);
    }
  }

  /** Puts work on the lane of its worker that is free first. */
  #work(nowMs: number, key: AttemptKey, workMs: number): void {
    const place = this.#lanes.get(key.workerId);
    assert(place !== undefined, "tasks go to workers that joined");
    const lane = place.freeMs.indexOf(Math.min(...place.freeMs));
    const executionMs = workMs / place.worker.speed;
    const endMs = Math.max(nowMs, place.freeMs[lane] as number) + executionMs;
    place.freeMs[lane] = endMs;
    this.#busyMs += executionMs;
    this.#plan(endMs + this.#run.oneWayMs, (atMs) =>
      this.#tell(atMs, { type: "completed", key, value: null, executionMs }),
    );
  }

  #note(task: TaskId, worker: string, nowMs: number): void {
    this.#order.push(`${task}@${worker}`);
    this.#lastMs = nowMs;
  }

  #plan(atMs: number, happen: (nowMs: number) => void): void {
    this.#agenda.push({ atMs, order: this.#agendaCount++, happen });
  }

  /** Takes the earliest of what is planned; lists are short, a search is enough. */
  #next(): { readonly atMs: number; readonly happen: (nowMs: number) => void } | undefined {
    let best = 0;
    for (let i = 1; i < this.#agenda.length; i++) {
      const [a, b] = [this.#agenda[i], this.#agenda[best]];
      if (a === undefined || b === undefined) continue;
      if (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)) best = i;
    }
    return this.#agenda.splice(best, 1)[0];
  }
}
