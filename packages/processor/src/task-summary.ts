/**
 * Tasks as lists show them: what a table needs, without payloads and values.
 */
import type { CameraId } from "@skyvox/core";
import type { AttemptFailure, DeadLetterReason, TaskId, TaskOutcome, WorkerId } from "./task.ts";
import type { LiveTask, SettledTask } from "./task-ledger.ts";

/** Where a task stands: in hand, or how it ended. */
export const taskStates = [
  ...(["waiting", "queued", "parked", "assigned"] as const),
  ...(["completed", "dead-letter", "cancelled", "expired"] as const),
] as const;

/** One of {@link taskStates}. */
export type TaskState = LiveTask["state"] | TaskOutcome["state"];

/** One task in a list. Times are milliseconds of the scheduler's clock. */
export interface TaskSummary {
  readonly taskId: TaskId;
  readonly type: string;
  readonly state: TaskState;
  readonly priority: number;
  readonly cameraId: CameraId | null;
  /** How often it was given to a worker. */
  readonly attempts: number;
  /** Attempts that failed, hung or lost their worker. */
  readonly failures: number;
  /** Where it is, or where its last attempt was; null before the first. */
  readonly workerId: WorkerId | null;
  readonly submittedMs: number;
  /** Null for a task in hand. */
  readonly settledMs: number | null;
  /** Why it is a dead letter; null for every other task. */
  readonly reason: DeadLetterReason | null;
}

/** A task that will never be done, and why. */
export interface DeadLetter {
  readonly taskId: TaskId;
  readonly type: string;
  readonly cameraId: CameraId | null;
  /** How often it was given to a worker. */
  readonly attempts: number;
  readonly reason: DeadLetterReason;
  /** What went wrong, oldest first. */
  readonly failures: readonly AttemptFailure[];
  readonly submittedMs: number;
  readonly settledMs: number;
}

/** Sums up a task in hand. */
export function summaryOfLive({ task, state, attempts, failures, submittedMs }: LiveTask): TaskSummary {
  const { id, type, priority, cameraId } = task;
  return {
    ...{ taskId: id, type, state, priority, cameraId, submittedMs, settledMs: null, reason: null },
    ...{ attempts: attempts.length, failures: failures.length, workerId: attempts.at(-1)?.workerId ?? null },
  };
}

/** Sums up a task whose outcome is remembered. */
export function summaryOfSettled({ task, attempts, outcome, submittedMs, settledMs }: SettledTask): TaskSummary {
  const { id, type, priority, cameraId } = task;
  const failed = attempts.filter(({ end }) => end === "failed" || end === "hung" || end === "lost");
  return {
    ...{ taskId: id, type, state: outcome.state, priority, cameraId, submittedMs, settledMs },
    ...{ attempts: attempts.length, failures: failed.length, workerId: attempts.at(-1)?.workerId ?? null },
    reason: outcome.state === "dead-letter" ? outcome.reason : null,
  };
}

/** Writes the dead letter of a settled task; null where it is none. */
export function deadLetterOf({ task, attempts, outcome, submittedMs, settledMs }: SettledTask): DeadLetter | null {
  if (outcome.state !== "dead-letter") return null;
  const { reason, failures } = outcome;
  const { id, type, cameraId } = task;
  return { taskId: id, type, cameraId, attempts: attempts.length, reason, failures, submittedMs, settledMs };
}
