import type { CameraId } from "@skyvox/core";
import type { TaskId } from "./task.ts";

/** What a handler may know of the task it does. */
export interface TaskContext {
  readonly taskId: TaskId;
  /** Counts the attempts at the task from 1. */
  readonly attempt: number;
  readonly cameraId: CameraId | null;
  /** What the tasks it depends on gave, in their order. */
  readonly dependencyValues: readonly unknown[];
  /** Aborted when the answer is no longer wanted; a handler that looks at it ends sooner. */
  readonly signal: AbortSignal;
}

/**
 * Does a task: takes its payload and gives its value, or throws to have it tried again.
 *
 * It may run more than once for one task, on several workers; its value counts once.
 */
export type TaskHandler = (payload: unknown, context: TaskContext) => unknown;

/** What the module of a handler exports by default: makes the handler in a worker process, once for each of its lives. */
export type OpenTaskHandler = (worker: {
  /** Counts the workers of a pool from 0; a worker that is started again keeps it. */
  readonly workerIndex: number;
}) => TaskHandler | Promise<TaskHandler>;
