/**
 * When and where tasks run: dependencies, priorities, deadlines, retries, worker processes. It knows nothing of cameras or voxels.
 *
 * @example
 * ```ts
 * import { systemAlarmClock } from "@skyvox/core";
 * import { DistributedProcessor } from "@skyvox/processor";
 * await using processor = new DistributedProcessor({ clock: systemAlarmClock });
 * processor.registerTaskHandler("square", (payload) => Number(payload) ** 2);
 * processor.registerTaskHandler("sum", (_payload, { dependencyValues }) =>
 *   dependencyValues.reduce((sum: number, value) => sum + Number(value), 0),
 * );
 * processor.start();
 * const squares = processor.submitTasks([3, 4].map((payload) => ({ type: "square", payload })));
 * const sum = processor.submitTask({ type: "sum", dependencies: squares.ok ? squares.taskIds : [], priority: 5 });
 * if (sum.ok) console.log(await processor.waitForTask(sum.taskId, 1000)); // { state: "completed", value: 25, … }
 * ```
 * @module
 */
export { type PolicyName, policyNames } from "./balance.ts";
export {
  type BatchSubmission,
  CAMERA_FRAME_TASK,
  type CameraFramePayload,
  DistributedProcessor,
  type Submission,
  type TaskRequest,
} from "./distributed-processor.ts";
export type { Explanation } from "./explanation.ts";
export { type Health, type HealthMeasures, HealthMonitor, type HealthState, healthStates } from "./health.ts";
export type { ProcessorNotice, ProcessorOptions } from "./processor-options.ts";
export type { ProcessorStatistics } from "./processor-statistics.ts";
export { Scheduler } from "./scheduler.ts";
export type { SchedulerStatistics } from "./scheduler-counts.ts";
export type { AttemptKey, Refusal, ResultRefusal, SchedulerAction, SchedulerEvent } from "./scheduler-events.ts";
export { defaultSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
export { SchedulerShell } from "./scheduler-shell.ts";
export {
  type AttemptFailure,
  createTask,
  type DeadLetterReason,
  type Task,
  type TaskFields,
  type TaskId,
  type TaskOutcome,
  taskId,
  type WorkerId,
  workerId,
} from "./task.ts";
export type { OpenTaskHandler, TaskContext, TaskHandler } from "./task-handler.ts";
export { type DeadLetter, type TaskState, type TaskSummary, taskStates } from "./task-summary.ts";
export { WorkerLoop } from "./worker-loop.ts";
export type { FromWorkerLoop, ToWorkerLoop } from "./worker-messages.ts";
export type { PoolWorker } from "./worker-pool.ts";
export type { WorkerOffer } from "./worker-roster.ts";
