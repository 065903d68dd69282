/**
 * Gives the frame sets of a leader out as tasks and hands their findings on in order: one term of office of one leader.
 *
 * Where a set is reconstructed is the scheduler's choice among the workers of all nodes; it is tried again elsewhere when a worker dies,
 * and counts once. Tracks need findings in the order of time, so one that is done early waits for those before it; one that comes to
 * nothing in time is passed over, and counted.
 */
import type { FrameSet } from "@skyvox/cameras";
import { type AlarmClock, nowMsOf } from "@skyvox/core";
import {
  createTask,
  type PolicyName,
  policyNames,
  Scheduler,
  type SchedulerAction,
  SchedulerShell,
  type TaskId,
  taskId,
  type WorkerId,
  workerId,
} from "@skyvox/processor";
import type { SchedulerFacts, TaskFacts } from "./cluster-view.ts";
import {
  type EnvelopedObservation,
  encodeAbort,
  encodeAssign,
  type Finding,
  type LineAnswer,
  RECONSTRUCT,
} from "./line-task.ts";

/** A worker that may be given work. */
export interface DeskWorker {
  readonly nodeId: string;
  readonly processId: number;
}

/** How a desk works. */
export interface TaskDeskOptions {
  readonly epoch: number;
  readonly self: string;
  readonly clock: AlarmClock;
  readonly policy: PolicyName;
  readonly send: (nodeId: string, task: Uint8Array) => void;
  /** Called in order of time, once per set that was reconstructed. */
  readonly onFinding: (set: FrameSet<EnvelopedObservation>, finding: Finding) => void;
  /** A worker hung on a task and is of no use until it is started again. */
  readonly onHung: (nodeId: string, why: string) => void;
}

/** A set that waits longer is passed over, so that tracks are never far behind what they show. */
const WITHIN_MS = 400;
/** Longer than any set takes on a machine that is not broken. */
const ATTEMPT_MS_MAX = 5000;
const TASKS_MAX = 64;
const REMEMBERED_MAX = 500;
const LISTED_MAX = 100;
const DEAD_LETTERS_LISTED_MAX = 100;
/** Where a worker is on another machine: a gigabit a second. */
const LINK_BYTES_PER_MS = 125_000;

interface Pending {
  readonly set: FrameSet<EnvelopedObservation>;
  finding: Finding | "none" | null;
}

/** See the head of this file. */
export class TaskDesk implements Disposable {
  readonly #options: TaskDeskOptions;
  readonly #scheduler: Scheduler;
  readonly #shell: SchedulerShell;
  /** Sets that were given out, in order of time. */
  readonly #pending = new Map<TaskId, Pending>();
  readonly #workers = new Map<WorkerId, DeskWorker>();
  #joins = 0;

  constructor(options: TaskDeskOptions) {
    this.#options = options;
    this.#scheduler = new Scheduler({
      ...{ epoch: options.epoch, policy: options.policy, tasksMax: TASKS_MAX, rememberedMax: REMEMBERED_MAX },
    });
    this.#shell = new SchedulerShell(this.#scheduler, options.clock, (action) => this.#perform(action));
  }

  /** Says which workers there are now. */
  setWorkers(workers: readonly DeskWorker[]): void {
    for (const [id, known] of this.#workers) {
      if (workers.some((worker) => isSame(worker, known))) continue;
      this.#workers.delete(id);
      this.#shell.tell({ type: "worker-lost", workerId: id, why: `"${known.nodeId}" is gone, or its worker` });
    }
    for (const worker of workers) {
      if ([...this.#workers.values()].some((known) => isSame(worker, known))) continue;
      this.#joins += 1;
      const id = workerId(`${worker.nodeId}.${worker.processId}.${this.#joins}`);
      this.#workers.set(id, worker);
      const linkBytesPerMs = worker.nodeId === this.#options.self ? Number.POSITIVE_INFINITY : LINK_BYTES_PER_MS;
      const offer = { workerId: id, lanes: 1, slots: 2, types: [RECONSTRUCT], gpuMemoryBytes: 0, linkBytesPerMs };
      this.#shell.tell({ type: "worker-joined", offer });
    }
  }

  /** Gives a set out; dropped, and counted by the scheduler, where more wait than it takes. */
  submit(set: FrameSet<EnvelopedObservation>): void {
    const id = taskId(`${this.#options.epoch}.${set.setId}`);
    const task = createTask({
      ...{ id, type: RECONSTRUCT, payload: set, attemptMsMax: ATTEMPT_MS_MAX },
      ...{ deadlineMs: nowMsOf(this.#options.clock) + WITHIN_MS, expires: true },
      inputBytes: set.members.reduce((sum, { envelope }) => sum + envelope.length, 0),
    });
    this.#pending.set(id, { set, finding: null });
    this.#shell.tell({ type: "submit", tasks: [task] });
  }

  /** Takes a worker's answer. */
  answer({ replyTo: _, ...answer }: LineAnswer): void {
    this.#shell.tell(answer);
  }

  get scheduler(): SchedulerFacts {
    return { policy: this.#scheduler.policy, policies: policyNames };
  }

  setPolicy(policy: PolicyName): void {
    this.#scheduler.policy = policy;
  }

  tasks(): TaskFacts {
    const { resultsDuplicate, resultsStale, resultsOfOtherEpoch, resultsUnknown, ...counts } =
      this.#scheduler.statistics();
    const { submitted, completed, retries, deadLetters, cancelled, expired } = counts;
    const { queued, assigned, workers, executionMsMean } = counts;
    return {
      counts: {
        ...{ submitted, completed, retries, deadLetters, cancelled, expired },
        ...{ queued, assigned, workers, executionMsMean },
        answersRefused: resultsDuplicate + resultsStale + resultsOfOtherEpoch + resultsUnknown,
      },
      tasks: this.#scheduler
        .tasks()
        .slice(0, LISTED_MAX)
        .map(({ cameraId: _, reason: __, ...line }) => line),
      deadLetters: this.#scheduler.deadLetters
        .slice(-DEAD_LETTERS_LISTED_MAX)
        .map(({ taskId, type, attempts, reason }) => ({ taskId, type, attempts, reason: reason.message })),
    };
  }

  explain(id: string): readonly string[] | null {
    return this.#scheduler.explain(taskId(id))?.lines ?? null;
  }

  [Symbol.dispose](): void {
    this.#shell.close();
    this.#pending.clear();
  }

  #perform(action: SchedulerAction): void {
    const { send, self, onHung } = this.#options;
    switch (action.type) {
      case "assign": {
        const pending = this.#pending.get(action.task.id);
        const worker = this.#workers.get(action.key.workerId);
        if (pending !== undefined && worker !== undefined) {
          send(worker.nodeId, encodeAssign(action.key, self, pending.set));
        }
        break;
      }
      case "abort": {
        const worker = this.#workers.get(action.key.workerId);
        if (worker !== undefined) send(worker.nodeId, encodeAbort(action.key));
        break;
      }
      case "restart-worker": {
        const worker = this.#workers.get(action.workerId);
        this.#workers.delete(action.workerId);
        if (worker !== undefined) onHung(worker.nodeId, action.why);
        break;
      }
      case "settled": {
        const { outcome } = action;
        this.#settle(action.taskId, outcome.state === "completed" ? (outcome.value as Finding) : "none");
        break;
      }
      case "refused":
        for (const [id, { finding }] of this.#pending) if (finding === null) this.#dropUnknown(id);
        break;
      case "worker-drained":
      case "result-refused":
      case "superseded":
    }
  }

  /** A set that was refused is in no scheduler's hands. */
  #dropUnknown(id: TaskId): void {
    if (this.#scheduler.explain(id) === null) this.#settle(id, "none");
  }

  #settle(id: TaskId, finding: Finding | "none"): void {
    const settled = this.#pending.get(id);
    if (settled === undefined) return;
    settled.finding = finding;
    for (const [first, { set, finding }] of this.#pending) {
      if (finding === null) return;
      this.#pending.delete(first);
      if (finding !== "none") this.#options.onFinding(set, finding);
    }
  }
}

function isSame(a: DeskWorker, b: DeskWorker): boolean {
  return a.nodeId === b.nodeId && a.processId === b.processId;
}
