import type { SchedulerStatistics } from "./scheduler-counts.ts";

/** What a processor did and how it stands; the first names are those of the specification. */
export interface ProcessorStatistics<PipelineStatistics = null> {
  readonly tasksSubmitted: number;
  readonly tasksCompleted: number;
  /** Dead letters. */
  readonly tasksFailed: number;
  /** Completed, as a share of those and dead letters; 1 before the first. */
  readonly successRate: number;
  readonly avgExecutionTimeMs: number;
  /** Workers that hold a task. */
  readonly busyWorkers: number;
  /** Workers that are here. */
  readonly totalWorkers: number;
  readonly wantedWorkers: number;
  /** Tasks that wait, for whatever. */
  readonly queueLength: number;
  /** Frames that were cancelled for newer ones of their camera, or refused. */
  readonly framesDropped: number;
  readonly workerRestarts: number;
  readonly scheduler: SchedulerStatistics;
  /** Statistics of the pipeline that brings the frames; null where the processor was given none. */
  readonly pipeline: PipelineStatistics | null;
}

/** Puts the counts of a scheduler under the names of the specification. */
export function processorStatistics<PipelineStatistics>(
  parts: Pick<
    ProcessorStatistics<PipelineStatistics>,
    "scheduler" | "wantedWorkers" | "framesDropped" | "workerRestarts" | "pipeline"
  >,
): ProcessorStatistics<PipelineStatistics> {
  const { submitted, completed, deadLetters, executionMsMean, workers, workersBusy, live, assigned } = parts.scheduler;
  return {
    ...parts,
    ...{ tasksSubmitted: submitted, tasksCompleted: completed, tasksFailed: deadLetters },
    successRate: completed + deadLetters === 0 ? 1 : completed / (completed + deadLetters),
    ...{ avgExecutionTimeMs: executionMsMean, busyWorkers: workersBusy, totalWorkers: workers },
    queueLength: live - assigned,
  };
}
