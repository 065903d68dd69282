import type { TaskId } from "./task.ts";

/** An instant at which something about a task is decided. */
export interface TimeLimit {
  readonly id: TaskId;
  readonly atMs: number;
}

/** Orders limits by their instant. */
export function isSooner(a: TimeLimit, b: TimeLimit): boolean {
  return a.atMs < b.atMs;
}
