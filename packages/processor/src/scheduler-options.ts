import type { PolicyName } from "./balance.ts";
import type { QueueOrder } from "./task-queue.ts";

/** Limits and weights of a scheduler. */
export interface SchedulerOptions extends QueueOrder {
  /** How workers are chosen. */
  readonly policy: PolicyName;
  /** Tasks in hand at once, whatever they wait for; more are refused. */
  readonly tasksMax: number;
  /** Settled tasks whose outcome is remembered; the oldest is forgotten. */
  readonly rememberedMax: number;
  /** Dead letters that are kept to be looked at; the oldest is forgotten. */
  readonly deadLettersMax: number;
  /** How often a task is tried again after an attempt that failed, hung or lost its worker. */
  readonly retriesMax: number;
  /** How often a task is given to a worker at all, counting workers that were lost through no fault of it. */
  readonly attemptsMax: number;
  /** How long an attempt may run, where its task does not say, before it counts as hung. */
  readonly attemptMsMax: number;
  /** Tasks looked at past the first that has to wait for its worker. */
  readonly lookAheadMax: number;
  /** What it costs to go on with a camera on another worker than before. */
  readonly movedCameraMs: number;
  /** How long a task of a type that nobody did yet is expected to take. */
  readonly firstGuessMs: number;
}

/** What holds where nothing else is said; 10 s for an attempt is the specification's worker timeout. */
export const defaultSchedulerOptions: SchedulerOptions = {
  policy: "weighted",
  tasksMax: 10_000,
  rememberedMax: 10_000,
  deadLettersMax: 1000,
  retriesMax: 3,
  attemptsMax: 16,
  attemptMsMax: 10_000,
  lookAheadMax: 256,
  movedCameraMs: 20,
  firstGuessMs: 10,
  patienceMs: 1000,
  priorityStepMs: 100,
};
