/**
 * Which worker gets a task: four rules as pure functions over what is known of the workers.
 *
 * - `round-robin`: the next one with room.
 * - `least-loaded`: the one with room and the fewest tasks for its slots.
 * - `weighted`: where the task would be finished first: `(queued work + task) / measured speed + transfer`, and what a camera costs away
 *   from the worker it was on. That may be a worker without room now: the task then waits for it rather than start on a slow one.
 * - `specification`: the formula of the specification, `load - 1 / average execution time + priority`, lowest first. It adds
 *   unlike units (an average of 10 ms outweighs every load by 100), the priority is the same for all workers, and a worker that has
 *   done nothing always comes first; it is kept for comparison.
 *
 * Ties go to the worker with fewer tasks, then more free device memory, then the earlier one.
 */
import { assert } from "@skyvox/core";
import type { WorkerId } from "./task.ts";

/** The rules by name. */
export const policyNames = ["round-robin", "least-loaded", "weighted", "specification"] as const;

/** How workers are chosen. */
export type PolicyName = (typeof policyNames)[number];

/** A worker that can do the task at hand, and what the task would cost there. */
export interface Candidate {
  readonly workerId: WorkerId;
  /** True where a slot and enough device memory are free now. */
  readonly isFree: boolean;
  readonly taskCount: number;
  readonly slotCount: number;
  /** Time until what it has been given is done. */
  readonly queuedMs: number;
  /** Expected execution of the task here, at the measured speed. */
  readonly taskMs: number;
  readonly transferMs: number;
  /** What it costs that the task's camera was elsewhere; 0 where it was here. */
  readonly movedCameraMs: number;
  /** Measured mean of this worker over all its tasks; null before the first. */
  readonly averageMs: number | null;
  readonly gpuMemoryBytesFree: number;
}

/** Which candidate was chosen and what it was weighed against. */
export interface Choice {
  readonly index: number;
  /** The lower, the better; what it means depends on the rule. */
  readonly score: number;
  /** The second best, where there was one. */
  readonly runnerUp: { readonly index: number; readonly score: number } | null;
}

/**
 * Chooses among workers that can do a task.
 *
 * @param cursor index of the candidate at which `round-robin` begins.
 * @returns null where the rule wants a worker with room and none has any.
 */
export function chooseWorker(
  policy: PolicyName,
  candidates: readonly Candidate[],
  { priority, cursor }: { readonly priority: number; readonly cursor: number },
): Choice | null {
  switch (policy) {
    case "round-robin":
      return chooseRoundRobin(candidates, cursor);
    case "least-loaded":
      return chooseLowest(candidates, true, loadOf);
    case "weighted":
      return chooseLowest(candidates, false, finishMs);
    case "specification":
      return chooseLowest(candidates, true, (candidate) => specificationScore(candidate, priority));
  }
}

/** Share of a worker's slots that are taken. */
export function loadOf({ taskCount, slotCount }: Pick<Candidate, "taskCount" | "slotCount">): number {
  return taskCount / slotCount;
}

/** Expected time until the task would be finished there. */
export function finishMs({ queuedMs, taskMs, transferMs, movedCameraMs }: Candidate): number {
  return queuedMs + taskMs + transferMs + movedCameraMs;
}

/** The specification's formula, times in seconds. */
export function specificationScore(candidate: Candidate, priority: number): number {
  const { averageMs } = candidate;
  const speedTerm = averageMs === null || averageMs === 0 ? Number.POSITIVE_INFINITY : 1000 / averageMs;
  return loadOf(candidate) - speedTerm + priority;
}

function chooseRoundRobin(candidates: readonly Candidate[], cursor: number): Choice | null {
  assert(cursor >= 0, "cursor is an index");
  const { length } = candidates;
  let chosen: number | null = null;
  for (let step = 0; step < length; step++) {
    const index = (cursor + step) % length;
    if (!candidates[index]?.isFree) continue;
    if (chosen !== null)
      return { index: chosen, score: 0, runnerUp: { index, score: (index - chosen + length) % length } };
    chosen = index;
  }
  return chosen === null ? null : { index: chosen, score: 0, runnerUp: null };
}

function chooseLowest(
  candidates: readonly Candidate[],
  freeOnly: boolean,
  scoreOf: (candidate: Candidate) => number,
): Choice | null {
  let best = -1;
  let bestScore = Number.NaN;
  let second = -1;
  let secondScore = Number.NaN;
  for (let index = 0; index < candidates.length; index++) {
    const candidate = candidates[index] as Candidate;
    if (freeOnly && !candidate.isFree) continue;
    const score = scoreOf(candidate);
    if (best < 0 || isBetter(candidate, score, candidates[best] as Candidate, bestScore)) {
      [second, secondScore] = [best, bestScore];
      [best, bestScore] = [index, score];
    } else if (second < 0 || isBetter(candidate, score, candidates[second] as Candidate, secondScore)) {
      [second, secondScore] = [index, score];
    }
  }
  if (best < 0) return null;
  return { index: best, score: bestScore, runnerUp: second < 0 ? null : { index: second, score: secondScore } };
}

function isBetter(a: Candidate, aScore: number, b: Candidate, bScore: number): boolean {
  if (aScore !== bScore) return aScore < bScore;
  if (a.taskCount !== b.taskCount) return a.taskCount < b.taskCount;
  return a.gpuMemoryBytesFree > b.gpuMemoryBytesFree;
}
