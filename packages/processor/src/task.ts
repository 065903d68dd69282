/**
 * What a task is: a unit of scheduled work, what it waits for, when it is due, and what can become of it.
 *
 * Times are milliseconds of the scheduler's own clock, never of the wall.
 */
import { assert, type Brand, type CameraId } from "@skyvox/core";

/** Identifies one task for as long as its outcome is remembered; submitting the same id twice does the work once. */
export type TaskId = Brand<string, "TaskId">;

/** Identifies one life of one worker: a worker that is started again has another id. */
export type WorkerId = Brand<string, "WorkerId">;

/** Names a string as the id of a task. */
export function taskId(text: string): TaskId {
  return text as TaskId;
}

/** Names a string as the id of a worker's life. */
export function workerId(text: string): WorkerId {
  return text as WorkerId;
}

/** Priorities are integers from 0 to this; larger is more urgent. */
export const PRIORITY_MAX = 9;

/** A unit of work as the scheduler sees it; build it with {@link createTask}. */
export interface Task {
  readonly id: TaskId;
  /** Which handler does it. */
  readonly type: string;
  /** Handed to the handler as it is; what goes to another process must survive a structured clone. */
  readonly payload: unknown;
  /** 0 to {@link PRIORITY_MAX}; larger is more urgent. */
  readonly priority: number;
  /** When the result is wanted; a later one still counts but is reported late. Null for whenever. */
  readonly deadlineMs: number | null;
  /** True where a result after the deadline is worth nothing: the task is then given up at its deadline. */
  readonly expires: boolean;
  /** Tasks whose values the handler needs; it starts when all of them are completed. */
  readonly dependencies: readonly TaskId[];
  /** The camera it belongs to; its next task is cheapest where the last one ran. */
  readonly cameraId: CameraId | null;
  /** How much work it is beside others of its type; 1 is the usual. */
  readonly workUnits: number;
  /** Bytes that must reach the worker first. */
  readonly inputBytes: number;
  /** Device memory it holds while it runs. */
  readonly gpuMemoryBytes: number;
  /** How long one attempt may run before it counts as hung; null for the scheduler's limit. */
  readonly attemptMsMax: number | null;
}

/** A task with only what differs from the defaults. */
export type TaskFields = Pick<Task, "id" | "type"> & Partial<Task>;

/**
 * Fills a task with the defaults: no priority, deadline, dependency, camera, input or device memory, one unit of work.
 *
 * @throws {AssertionError} where a number is out of its range or a task that expires has no deadline.
 */
export function createTask(fields: TaskFields): Task {
  const task: Task = {
    payload: null,
    priority: 0,
    deadlineMs: null,
    expires: false,
    dependencies: [],
    cameraId: null,
    workUnits: 1,
    inputBytes: 0,
    gpuMemoryBytes: 0,
    attemptMsMax: null,
    ...fields,
  };
  assert(Number.isInteger(task.priority), "a priority is an integer");
  assert(task.priority >= 0 && task.priority <= PRIORITY_MAX, `a priority is in 0..${PRIORITY_MAX}`);
  assert(!task.expires || task.deadlineMs !== null, "a task that expires has a deadline");
  assert(task.workUnits > 0, "workUnits is positive");
  assert(task.inputBytes >= 0, "inputBytes is not negative");
  assert(task.gpuMemoryBytes >= 0, "gpuMemoryBytes is not negative");
  assert(task.attemptMsMax === null || task.attemptMsMax > 0, "attemptMsMax is positive");
  return task;
}

/** One attempt that came to nothing. */
export interface AttemptFailure {
  readonly attempt: number;
  readonly workerId: WorkerId;
  /** `failed`: the handler threw; `hung`: it ran past its limit; `lost`: its worker died or froze. */
  readonly kind: "failed" | "hung" | "lost";
  readonly message: string;
}

/** Why a task will never be done. */
export interface DeadLetterReason {
  /** `retries`: failed too often; `attempts`: its workers kept dying before it began; `dependency`: what it waited for came to nothing. */
  readonly code: "retries" | "attempts" | "dependency";
  readonly message: string;
}

/** What became of a task; final. */
export type TaskOutcome =
  | {
      readonly state: "completed";
      readonly value: unknown;
      readonly workerId: WorkerId;
      readonly attempt: number;
      readonly executionMs: number;
      /** True where the deadline had passed. */
      readonly isLate: boolean;
    }
  | {
      readonly state: "dead-letter";
      readonly reason: DeadLetterReason;
      readonly failures: readonly AttemptFailure[];
    }
  | { readonly state: "cancelled" }
  | { readonly state: "expired" };
