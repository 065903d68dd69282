import type { AlarmClock } from "@skyvox/core";
import type { AttemptKey, ResultRefusal, SchedulerAction } from "./scheduler-events.ts";
import type { SchedulerOptions } from "./scheduler-options.ts";
import type { TaskId, TaskOutcome } from "./task.ts";

/** Something about a processor that its owner may want to tell. */
export type ProcessorNotice =
  /** A later owner of the schedule exists; nothing is assigned any more. */
  | Extract<SchedulerAction, { type: "superseded" }>
  /** An answer did not count; `superseded` where an owner before this one had given the task out. */
  | { readonly type: "result-refused"; readonly key: AttemptKey; readonly reason: ResultRefusal }
  | {
      readonly type: "dead-letter";
      readonly taskId: TaskId;
      readonly outcome: Extract<TaskOutcome, { state: "dead-letter" }>;
    };

/** What a processor is made of. */
export interface ProcessorOptions<PipelineStatistics = null> {
  readonly clock: AlarmClock;
  /** Worker processes for handlers that are modules; default 1. */
  readonly processCount?: number;
  /** Tasks that a worker process runs at once; default 1, as for a GPU. */
  readonly lanes?: number;
  /** Device memory that tasks of one worker process may hold together, in bytes; default 0. */
  readonly gpuMemoryBytes?: number;
  /** Tasks of handlers that are functions run at once; default 64. */
  readonly localLanes?: number;
  /** Frames of one camera in hand at once; when another comes, the oldest that has not begun is cancelled. Default 4. */
  readonly framesPerCameraMax?: number;
  /** Epoch of this owner of the schedule; default 1. */
  readonly epoch?: number;
  readonly scheduler?: Partial<SchedulerOptions>;
  /** Hears of what went wrong, as it does; it must not throw. */
  readonly onNotice?: (notice: ProcessorNotice) => void;
  /** Statistics of the pipeline that brings the frames, shown with those of the processor. */
  readonly pipelineStatistics?: () => PipelineStatistics;
}

/** What holds where a processor's options say nothing. */
export const processorDefaults = {
  processCount: 1,
  lanes: 1,
  gpuMemoryBytes: 0,
  localLanes: 64,
  framesPerCameraMax: 4,
  epoch: 1,
  onNotice: (_notice: ProcessorNotice): void => undefined,
};
