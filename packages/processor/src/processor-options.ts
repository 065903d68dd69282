import type { AlarmClock } from "@skyvox/core";
import type { SchedulerOptions } from "./scheduler-options.ts";

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
};
