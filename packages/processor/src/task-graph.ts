/**
 * Who waits for whom among the tasks that are not done, and whether a batch of tasks waits for itself.
 *
 * Only a batch can hold a cycle: a task may depend on tasks submitted before it or with it, never on ones to come.
 */
import { assert } from "@skyvox/core";
import type { Task, TaskId } from "./task.ts";

/** Keeps the unmet dependencies of waiting tasks. */
export class TaskGraph {
  readonly #unmet = new Map<TaskId, Set<TaskId>>();
  readonly #dependents = new Map<TaskId, Set<TaskId>>();

  /** Says how many tasks wait. */
  get waitingCount(): number {
    return this.#unmet.size;
  }

  /**
   * Lets a task wait for others.
   *
   * @throws {AssertionError} where it waits for nothing or waits already.
   */
  add(id: TaskId, unmet: ReadonlySet<TaskId>): void {
    assert(unmet.size > 0, "a waiting task waits for something");
    assert(!this.#unmet.has(id), "a task is added once");
    this.#unmet.set(id, new Set(unmet));
    for (const dependency of unmet) {
      const dependents = this.#dependents.get(dependency) ?? new Set();
      this.#dependents.set(dependency, dependents.add(id));
    }
  }

  /** Notes that a task is completed; returns those that waited only for it, in the order they were added. */
  complete(id: TaskId): TaskId[] {
    const released: TaskId[] = [];
    for (const dependent of this.dependentsOf(id)) {
      const unmet = this.#unmet.get(dependent);
      unmet?.delete(id);
      if (unmet?.size !== 0) continue;
      this.#unmet.delete(dependent);
      released.push(dependent);
    }
    this.#dependents.delete(id);
    return released;
  }

  /** Returns the tasks that wait directly for this one. */
  dependentsOf(id: TaskId): TaskId[] {
    return [...(this.#dependents.get(id) ?? [])];
  }

  /** Forgets a task that came to nothing; those that wait for it keep waiting until they are removed too. */
  remove(id: TaskId): void {
    for (const dependency of this.#unmet.get(id) ?? []) {
      const dependents = this.#dependents.get(dependency);
      dependents?.delete(id);
      if (dependents?.size === 0) this.#dependents.delete(dependency);
    }
    this.#unmet.delete(id);
  }
}

/**
 * Finds tasks of a batch that wait for each other.
 *
 * @returns the ids along one cycle, each waiting for the next and the last for the first; null where there is none.
 */
export function findCycle(batch: readonly Pick<Task, "id" | "dependencies">[]): TaskId[] | null {
  const byId = new Map(batch.map((task) => [task.id, task]));
  const finished = new Set<TaskId>();
  for (const { id: start } of batch) {
    // The path from the start, each with the dependencies that are still to be followed.
    const path: { id: TaskId; rest: TaskId[] }[] = [];
    const onPath = new Set<TaskId>();
    const enter = (id: TaskId): void => {
      path.push({ id, rest: [...(byId.get(id)?.dependencies ?? [])].reverse() });
      onPath.add(id);
    };
    if (!finished.has(start)) enter(start);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = step.rest.pop();
      if (next === undefined) {
        path.pop();
        onPath.delete(step.id);
        finished.add(step.id);
      } else if (onPath.has(next)) {
        const ids = path.map(({ id }) => id);
        return ids.slice(ids.indexOf(next));
      } else if (byId.has(next) && !finished.has(next)) enter(next);
    }
  }
  return null;
}
