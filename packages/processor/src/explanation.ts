/**
 * Says in words why a task ran where it ran, or why it does not run yet.
 */
import type { PlacementReason } from "./placement.ts";
import type { Task, TaskId, TaskOutcome } from "./task.ts";
import type { AttemptRecord, LiveTask, SettledTask } from "./task-ledger.ts";
import { canTake, type RosterWorker } from "./worker-roster.ts";

/** Everything that is known of one task. */
export interface Explanation {
  readonly taskId: TaskId;
  readonly state: LiveTask["state"] | TaskOutcome["state"];
  readonly attempts: readonly AttemptRecord[];
  /** One sentence on its state, then one per attempt, without final periods. */
  readonly lines: readonly string[];
}

/** Explains a task that is not done. */
export function explainLive(
  { task, state, attempts, inputs }: LiveTask,
  workers: readonly RosterWorker[],
): Explanation {
  return { taskId: task.id, state, attempts, lines: [stateLine(), ...attempts.map(attemptLine)] };

  function stateLine(): string {
    const missing = task.dependencies.filter((id) => !inputs.has(id)).map((id) => `"${id}"`);
    if (state === "waiting") return `waits for ${missing.join(", ")}`;
    if (state === "assigned") return `is on worker "${attempts.at(-1)?.workerId}"`;
    const unfit = unfitText(task, workers);
    return unfit === null ? "is ready and waits for room on a worker" : `waits: ${unfit}`;
  }
}

/** Explains a task whose outcome is remembered. */
export function explainSettled({ task, attempts, outcome }: SettledTask): Explanation {
  const lines = [outcomeLine(outcome), ...attempts.map(attemptLine)];
  return { taskId: task.id, state: outcome.state, attempts: [...attempts], lines };
}

/** Says why no worker could take a task even if it were idle; null where one could. */
function unfitText({ type, gpuMemoryBytes }: Task, workers: readonly RosterWorker[]): string | null {
  const skilled = workers.filter(({ types }) => types === null || types.has(type));
  if (workers.length === 0) return "there is no worker";
  if (skilled.length === 0) return `no worker has a handler for "${type}"`;
  const fit = skilled.filter((worker) => canTake(worker, { gpuMemoryBytes, type }));
  if (fit.length > 0)
    return fit.every(({ isDraining }) => isDraining) ? "every worker that could take it drains" : null;
  const mostBytes = Math.max(...skilled.map(({ offer }) => offer.gpuMemoryBytes));
  return `it needs ${gpuMemoryBytes} bytes of device memory and the largest worker has ${mostBytes}`;
}

function outcomeLine(outcome: TaskOutcome): string {
  switch (outcome.state) {
    case "completed":
      return `was completed by worker "${outcome.workerId}" in ${ms(outcome.executionMs)}${outcome.isLate ? ", late" : ""}`;
    case "dead-letter":
      return `is a dead letter: ${outcome.reason.message}`;
    case "cancelled":
      return "was cancelled";
    case "expired":
      return "expired at its deadline";
  }
}

function attemptLine({ attempt, workerId, reason, end }: AttemptRecord): string {
  return `attempt ${attempt} on worker "${workerId}" (${end}): ${reasonText(reason)}`;
}

function reasonText({ policy, candidateCount, runnerUp, score, ...parts }: PlacementReason): string {
  const waited = `after ${ms(parts.waitedMs)} in the queue`;
  const count = `of ${candidateCount} that could take it`;
  if (policy === "round-robin") return `next in turn ${count}, ${waited}`;
  const next = runnerUp === null ? "nobody else had room" : `next best "${runnerUp.workerId}" with `;
  if (policy !== "weighted") {
    const other = runnerUp === null ? "" : score3(runnerUp.score);
    return `lowest score ${score3(score)} ${count}, ${next}${other}, ${waited}`;
  }
  const sum = [
    `${ms(parts.queuedMs)} queued`,
    `${ms(parts.taskMs)} execution`,
    ...(parts.transferMs > 0 ? [`${ms(parts.transferMs)} transfer`] : []),
    ...(parts.movedCameraMs > 0 ? [`${ms(parts.movedCameraMs)} for moving its camera`] : []),
  ].join(" + ");
  const other = runnerUp === null ? "" : ms(runnerUp.score);
  return `done soonest ${count}, in ${ms(score)} (${sum}), ${next}${other}, ${waited}`;
}

function score3(score: number): string {
  return String(Number(score.toPrecision(3)));
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
