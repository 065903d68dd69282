/**
 * Gives waiting tasks to workers: in the order of the queue, each to the worker the rule chooses.
 *
 * A task whose worker has no room (the rule preferred a faster one that is busy, or its device memory does not fit yet) stays in the queue
 * and is reckoned as if it stood in that worker's line, so that what comes after it cannot take its place there. At most `lookAheadMax`
 * tasks are looked at past the first that stays.
 */
import { type Candidate, type Choice, chooseWorker, finishMs, loadOf, type PolicyName } from "./balance.ts";
import type { ServiceTimes } from "./service-times.ts";
import type { Task, WorkerId } from "./task.ts";
import type { QueueEntry, TaskQueue } from "./task-queue.ts";
import {
  candidateFor,
  canTake,
  loadNow,
  type RosterWorker,
  type WorkerLoad,
  type WorkerRoster,
} from "./worker-roster.ts";

/** Why a task went to the worker it went to. */
export interface PlacementReason {
  readonly policy: PolicyName;
  readonly workerId: WorkerId;
  readonly candidateCount: number;
  /** The rule's score, the lower the better. */
  readonly score: number;
  readonly runnerUp: { readonly workerId: WorkerId; readonly score: number } | null;
  /** How long the task had been ready. */
  readonly waitedMs: number;
  readonly queuedMs: number;
  readonly taskMs: number;
  readonly transferMs: number;
  readonly movedCameraMs: number;
}

/** A task and the worker it goes to. */
export interface Placement {
  readonly entry: QueueEntry;
  readonly reason: PlacementReason;
}

/** What placement works on. It takes what it places, and what nobody can take, out of the queue; it leaves the roster as it is. */
export interface PlacementInput {
  readonly nowMs: number;
  readonly queue: TaskQueue;
  readonly roster: WorkerRoster;
  readonly times: ServiceTimes;
  readonly policy: PolicyName;
  readonly movedCameraMs: number;
  readonly lookAheadMax: number;
  /** The worker that was chosen last, after which `round-robin` goes on. */
  readonly lastWorker: WorkerId | null;
}

/** Places as many tasks as have room; `unplaceable` are those that no worker here could ever take. */
export function placeTasks(input: PlacementInput): { placed: Placement[]; unplaceable: QueueEntry[] } {
  const placed: Placement[] = [];
  const unplaceable: QueueEntry[] = [];
  const staying: QueueEntry[] = [];
  const line = openLine(input);
  while (line.freeSlotCount > 0 && staying.length <= input.lookAheadMax) {
    const entry = input.queue.pop();
    if (entry === undefined) break;
    const capable = line.workers.filter(({ worker }) => canTake(worker, entry.task));
    if (capable.length === 0) {
      unplaceable.push(entry);
      continue;
    }
    const reason = choose(capable, entry, line, input);
    if (reason === null) staying.push(entry);
    else placed.push({ entry, reason });
  }
  for (const entry of staying) input.queue.putBack(entry);
  return { placed, unplaceable };
}

interface LineWorker {
  readonly worker: RosterWorker;
  readonly load: WorkerLoad;
  /** Its index among the workers of the line. */
  readonly place: number;
}

interface Line {
  readonly workers: readonly LineWorker[];
  freeSlotCount: number;
  /** Place of the worker that was chosen last; -1 where it is gone. */
  lastPlace: number;
}

function openLine({ roster, nowMs, lastWorker }: PlacementInput): Line {
  const freeSlotCount = roster.freeSlotCount;
  if (freeSlotCount === 0) return { workers: [], freeSlotCount, lastPlace: -1 };
  const workers = roster.all
    .filter(({ isDraining }) => !isDraining)
    .map((worker, place) => ({ worker, place, load: loadNow(worker, nowMs) }));
  return {
    workers,
    freeSlotCount,
    lastPlace: workers.findIndex(({ worker }) => worker.offer.workerId === lastWorker),
  };
}

/** Chooses a worker and adds the task to its load; null where the task has to wait for room there. */
function choose(
  capable: readonly LineWorker[],
  { task, readyMs }: QueueEntry,
  line: Line,
  { roster, times, policy, movedCameraMs, nowMs }: PlacementInput,
): PlacementReason | null {
  const known = { times, movedCameraMs, cameraPlace: task.cameraId === null ? null : roster.placeOf(task.cameraId) };
  const candidates = capable.map(({ worker, load }) => candidateFor(worker, load, task, known));
  const cursor = Math.max(
    0,
    capable.findIndex(({ place }) => place > line.lastPlace),
  );
  const choice = chooseWorker(policy, candidates, { priority: task.priority, cursor }) ?? leastBusy(candidates);
  const chosen = capable[choice.index] as LineWorker;
  const candidate = candidates[choice.index] as Candidate;
  join(chosen, candidate, task);
  if (!candidate.isFree) return null;
  line.freeSlotCount -= 1;
  line.lastPlace = chosen.place;
  const { runnerUp } = choice;
  const other = runnerUp === null ? undefined : candidates[runnerUp.index];
  return {
    policy,
    workerId: candidate.workerId,
    candidateCount: candidates.length,
    score: choice.score,
    runnerUp: other === undefined || runnerUp === null ? null : { workerId: other.workerId, score: runnerUp.score },
    waitedMs: nowMs - readyMs,
    queuedMs: candidate.queuedMs,
    taskMs: candidate.taskMs,
    transferMs: candidate.transferMs,
    movedCameraMs: candidate.movedCameraMs,
  };
}

/** Where nobody has room: the worker in whose line the task is reckoned until somebody has. */
function leastBusy(candidates: readonly Candidate[]): Choice {
  let index = 0;
  for (let other = 1; other < candidates.length; other++) {
    const [a, b] = [candidates[other] as Candidate, candidates[index] as Candidate];
    if (loadOf(a) < loadOf(b) || (loadOf(a) === loadOf(b) && finishMs(a) < finishMs(b))) index = other;
  }
  return { index, score: Number.NaN, runnerUp: null };
}

function join({ worker, load }: LineWorker, { taskMs, transferMs, movedCameraMs }: Candidate, task: Task): void {
  load.taskCount += 1;
  load.queuedMs += (taskMs + transferMs + movedCameraMs) / worker.offer.lanes;
  load.gpuMemoryBytesFree -= task.gpuMemoryBytes;
}
