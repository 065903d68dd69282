/**
 * What a scheduler is told and what it asks for: the two vocabularies of its state machine.
 */
import type { Task, TaskId, TaskOutcome, WorkerId } from "./task.ts";
import type { WorkerOffer } from "./worker-roster.ts";

/** Names one attempt at one task under one owner of the schedule; a worker's answer repeats it. */
export interface AttemptKey {
  readonly taskId: TaskId;
  /** Counts the attempts of the task from 1. */
  readonly attempt: number;
  /** The epoch of the scheduler that assigned it. */
  readonly epoch: number;
  readonly workerId: WorkerId;
}

/** Something that happened. */
export type SchedulerEvent =
  | { readonly type: "submit"; readonly tasks: readonly Task[] }
  | { readonly type: "cancel"; readonly taskId: TaskId }
  | { readonly type: "worker-joined"; readonly offer: WorkerOffer }
  | { readonly type: "worker-draining"; readonly workerId: WorkerId }
  | { readonly type: "worker-lost"; readonly workerId: WorkerId; readonly why: string }
  | { readonly type: "completed"; readonly key: AttemptKey; readonly value: unknown; readonly executionMs: number }
  | { readonly type: "failed"; readonly key: AttemptKey; readonly message: string }
  /** A worker has seen a later owner and refuses this one. */
  | { readonly type: "fenced"; readonly epoch: number }
  | { readonly type: "tick" };

/** Why a batch of tasks was not taken; none of it was. */
export type Refusal =
  | { readonly code: "full"; readonly message: string }
  | { readonly code: "known"; readonly message: string; readonly taskId: TaskId }
  | { readonly code: "unknown-dependency"; readonly message: string; readonly dependency: TaskId }
  | { readonly code: "cycle"; readonly message: string; readonly cycle: readonly TaskId[] }
  | { readonly code: "superseded"; readonly message: string };

/**
 * Why an answer does not count: its task is settled, another attempt holds it, an owner before this one gave it out, one after this
 * one did, or nobody knows the task.
 */
export type ResultRefusal = "duplicate" | "stale" | "superseded" | "later-epoch" | "unknown";

/** Something to be done by whoever runs the scheduler. */
export type SchedulerAction =
  | { readonly type: "refused"; readonly refusal: Refusal }
  | {
      readonly type: "assign";
      readonly key: AttemptKey;
      readonly task: Task;
      /** What the dependencies gave, in the order of `task.dependencies`. */
      readonly dependencyValues: readonly unknown[];
    }
  /** The worker need not go on with it; its answer will be refused. */
  | { readonly type: "abort"; readonly key: AttemptKey }
  /** The worker is given up because a task ran past its limit; it must join anew to get work. */
  | { readonly type: "restart-worker"; readonly workerId: WorkerId; readonly why: string }
  /** The worker finished all it had after it was told to drain, and has left. */
  | { readonly type: "worker-drained"; readonly workerId: WorkerId }
  /** The outcome of a task, said once per task. */
  | { readonly type: "settled"; readonly taskId: TaskId; readonly outcome: TaskOutcome }
  /** An answer does not count, and is counted by why. */
  | { readonly type: "result-refused"; readonly key: AttemptKey; readonly reason: ResultRefusal }
  /** A later owner exists; nothing is assigned any more. */
  | { readonly type: "superseded"; readonly epoch: number };
