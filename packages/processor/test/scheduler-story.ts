/**
 * Tells a scheduler what happens, one event per call, and keeps what it asks for; a test reads as the story of a few tasks and workers.
 */

import { Scheduler } from "../src/scheduler.ts";
import type { AttemptKey, SchedulerAction, SchedulerEvent } from "../src/scheduler-events.ts";
import type { SchedulerOptions } from "../src/scheduler-options.ts";
import { createTask, type TaskFields, type TaskOutcome, taskId, workerId } from "../src/task.ts";
import type { WorkerOffer } from "../src/worker-roster.ts";

/** A task with an id of a few letters; dependencies by their letters. */
export type StoryTask = Partial<Omit<TaskFields, "id" | "dependencies">> & { readonly after?: readonly string[] };

/** Builds a task of type "work" unless it says otherwise. */
export function storyTask(id: string, { after = [], ...fields }: StoryTask = {}) {
  return createTask({ type: "work", ...fields, id: taskId(id), dependencies: after.map(taskId) });
}

/** An offer of one lane and one slot unless it says otherwise. */
export function storyOffer(id: string, fields: Partial<WorkerOffer> = {}): WorkerOffer {
  return {
    ...{ lanes: 1, slots: 1, types: null, gpuMemoryBytes: 0, linkBytesPerMs: Number.POSITIVE_INFINITY },
    ...fields,
    workerId: workerId(id),
  };
}

/** One scheduler and everything it has asked for. */
export class Story {
  readonly scheduler: Scheduler;
  readonly actions: SchedulerAction[] = [];
  nowMs = 0;

  constructor(options: { readonly epoch?: number } & Partial<SchedulerOptions> = {}) {
    this.scheduler = new Scheduler({ epoch: 1, ...options });
  }

  /** Tells one event and returns what was asked for. */
  tell(event: SchedulerEvent): SchedulerAction[] {
    const actions = this.scheduler.step(this.nowMs, event);
    this.actions.push(...actions);
    return actions;
  }

  join(id: string, fields: Partial<WorkerOffer> = {}): SchedulerAction[] {
    return this.tell({ type: "worker-joined", offer: storyOffer(id, fields) });
  }

  submit(id: string, fields: StoryTask = {}): SchedulerAction[] {
    return this.tell({ type: "submit", tasks: [storyTask(id, fields)] });
  }

  lose(id: string): SchedulerAction[] {
    return this.tell({ type: "worker-lost", workerId: workerId(id), why: "signal SIGKILL" });
  }

  /** Answers the latest attempt at a task, or an earlier one. */
  complete(id: string, value: unknown = id, of: Partial<AttemptKey> = {}): SchedulerAction[] {
    return this.tell({ type: "completed", key: { ...this.latest(id), ...of }, value, executionMs: 10 });
  }

  fail(id: string, message = "no"): SchedulerAction[] {
    return this.tell({ type: "failed", key: this.latest(id), message });
  }

  /** The key of the latest attempt at a task. */
  latest(id: string): AttemptKey {
    const assigned = this.actions.findLast((action) => action.type === "assign" && action.key.taskId === id);
    if (assigned?.type !== "assign") throw new Error(`"${id}" was never assigned`);
    return assigned.key;
  }

  /** What was assigned so far, as "task@worker#attempt". */
  get assigned(): string[] {
    return this.actions.flatMap((action) =>
      action.type === "assign" ? [`${action.key.taskId}@${action.key.workerId}#${action.key.attempt}`] : [],
    );
  }

  /** All outcomes said of a task; a sound scheduler says one. */
  outcomes(id: string): TaskOutcome[] {
    return this.actions.flatMap((action) =>
      action.type === "settled" && action.taskId === id ? [action.outcome] : [],
    );
  }
}
