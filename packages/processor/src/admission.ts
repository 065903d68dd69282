import type { Refusal } from "./scheduler-events.ts";
import type { Task, TaskId } from "./task.ts";
import { findCycle } from "./task-graph.ts";

/**
 * Says why a batch of tasks cannot be taken; null where it can.
 *
 * A task may depend on tasks that are known and on others of its batch. A batch is taken whole or not at all.
 */
export function admissionRefusal(
  batch: readonly Task[],
  { freeCount, isKnown }: { readonly freeCount: number; readonly isKnown: (id: TaskId) => boolean },
): Refusal | null {
  if (batch.length > freeCount) {
    return { code: "full", message: `Cannot take ${batch.length} tasks: ${freeCount} places are free, need one each` };
  }
  const ids = new Set<TaskId>();
  let isLinked = false;
  for (const { id } of batch) {
    if (isKnown(id) || ids.has(id)) {
      return { code: "known", taskId: id, message: `Cannot take task "${id}": it was taken before, need a new id` };
    }
    ids.add(id);
  }
  for (const { id, dependencies } of batch) {
    isLinked ||= dependencies.some((dependency) => ids.has(dependency));
    const missing = dependencies.find((dependency) => !ids.has(dependency) && !isKnown(dependency));
    if (missing === undefined) continue;
    const message = `Cannot take task "${id}": it depends on "${missing}", need a task that is known or in its batch`;
    return { code: "unknown-dependency", dependency: missing, message };
  }
  const cycle = isLinked ? findCycle(batch) : null;
  if (cycle === null) return null;
  const path = [...cycle, cycle[0]].map((id) => `"${id}"`).join(" -> ");
  return { code: "cycle", cycle, message: `Cannot take tasks that wait for each other: ${path}, need no cycle` };
}
