/**
 * The workers a scheduler may use: what each offers, what it holds, and where each camera last was.
 *
 * A worker runs `lanes` tasks at once and is given up to `slots`, so that the next one is there when it finishes one. The first `lanes`
 * tasks of what it holds are those it runs; the others have not begun.
 */
import { assert, type CameraId } from "@skyvox/core";
import type { Candidate } from "./balance.ts";
import type { ServiceTimes } from "./service-times.ts";
import type { Task, TaskId, WorkerId } from "./task.ts";

/** What a worker offers when it joins. */
export interface WorkerOffer {
  readonly workerId: WorkerId;
  /** Tasks it runs at once. */
  readonly lanes: number;
  /** Tasks it is given at once, at least `lanes`. */
  readonly slots: number;
  /** The types it has handlers for; null for every type. */
  readonly types: readonly string[] | null;
  readonly gpuMemoryBytes: number;
  /** Bytes a millisecond that reach it; infinite on the same machine. */
  readonly linkBytesPerMs: number;
}

/** A task that a worker has. */
export interface HeldTask {
  readonly task: Task;
  readonly attempt: number;
  readonly expectedMs: number;
  /** When it came among the first `lanes`; null where others are before it. */
  beganMs: number | null;
}

/** A worker and what it holds. */
export interface RosterWorker {
  readonly offer: WorkerOffer;
  readonly types: ReadonlySet<string> | null;
  readonly held: HeldTask[];
  /** A draining worker finishes what it holds and gets nothing new. */
  isDraining: boolean;
}

/** Cameras whose last place is remembered; the one that has been quiet longest is forgotten. */
const CAMERAS_MAX = 4096;

/** Keeps the workers in the order they joined. */
export class WorkerRoster {
  readonly #workers = new Map<WorkerId, RosterWorker>();
  readonly #cameraPlaces = new Map<CameraId, WorkerId>();

  get all(): RosterWorker[] {
    return [...this.#workers.values()];
  }

  /** Slots that are free on workers that take tasks. */
  get freeSlotCount(): number {
    let count = 0;
    for (const { offer, held, isDraining } of this.#workers.values())
      if (!isDraining) count += offer.slots - held.length;
    return count;
  }

  find(id: WorkerId): RosterWorker | undefined {
    return this.#workers.get(id);
  }

  /** @throws {AssertionError} where the offer makes no sense or the id has joined before. */
  join(offer: WorkerOffer): void {
    assert(Number.isInteger(offer.lanes) && offer.lanes >= 1, "lanes is a positive integer");
    assert(Number.isInteger(offer.slots) && offer.slots >= offer.lanes, "slots is an integer of at least lanes");
    assert(offer.linkBytesPerMs > 0, "linkBytesPerMs is positive");
    assert(!this.#workers.has(offer.workerId), "each life of a worker joins once");
    const types = offer.types === null ? null : new Set(offer.types);
    this.#workers.set(offer.workerId, { offer, types, held: [], isDraining: false });
  }

  /** Removes a worker and returns what it held. */
  leave(id: WorkerId): RosterWorker | undefined {
    const worker = this.#workers.get(id);
    this.#workers.delete(id);
    return worker;
  }

  /** Gives a task to a worker with a free slot; returns true where it begins at once. */
  hold(id: WorkerId, held: HeldTask, nowMs: number): boolean {
    const worker = this.#workers.get(id);
    assert(worker !== undefined, "tasks are given to workers that joined");
    assert(worker.held.length < worker.offer.slots, "tasks are given to free slots");
    worker.held.push(held);
    const { cameraId } = held.task;
    if (cameraId !== null) this.#place(cameraId, id);
    const begins = worker.held.length <= worker.offer.lanes;
    if (begins) held.beganMs = nowMs;
    return begins;
  }

  /** Takes a task from a worker; returns the task that begins in its place, where there is one. */
  release(id: WorkerId, task: TaskId, nowMs: number): HeldTask | undefined {
    const worker = this.#workers.get(id);
    const place = worker?.held.findIndex((held) => held.task.id === task) ?? -1;
    if (worker === undefined || place < 0) return undefined;
    worker.held.splice(place, 1);
    const next = worker.held[worker.offer.lanes - 1];
    if (next === undefined || next.beganMs !== null) return undefined;
    next.beganMs = nowMs;
    return next;
  }

  /** The worker on which the camera's last task was placed, where it is still there. */
  placeOf(cameraId: CameraId): WorkerId | null {
    const place = this.#cameraPlaces.get(cameraId);
    return place !== undefined && this.#workers.has(place) ? place : null;
  }

  #place(cameraId: CameraId, id: WorkerId): void {
    this.#cameraPlaces.delete(cameraId);
    this.#cameraPlaces.set(cameraId, id);
    if (this.#cameraPlaces.size <= CAMERAS_MAX) return;
    const [quietest] = this.#cameraPlaces.keys();
    if (quietest !== undefined) this.#cameraPlaces.delete(quietest);
  }
}

/** True where a worker, with nothing else to do, could take the task. */
export function canTake({ offer, types }: RosterWorker, task: Pick<Task, "type" | "gpuMemoryBytes">): boolean {
  return task.gpuMemoryBytes <= offer.gpuMemoryBytes && (types === null || types.has(task.type));
}

/** A worker's load as placement sees it; placement adds to it what it places. */
export type WorkerLoad = {
  -readonly [Key in "taskCount" | "queuedMs" | "gpuMemoryBytesFree"]: Candidate[Key];
};

/** Sums up what a worker holds; a task that has begun counts for what is expected to remain of it. */
export function loadNow({ offer, held }: RosterWorker, nowMs: number): WorkerLoad {
  let queuedMs = 0;
  let gpuMemoryBytesFree = offer.gpuMemoryBytes;
  for (const { task, expectedMs, beganMs } of held) {
    queuedMs += beganMs === null ? expectedMs : Math.max(0, expectedMs - (nowMs - beganMs));
    gpuMemoryBytesFree -= task.gpuMemoryBytes;
  }
  return { taskCount: held.length, queuedMs: queuedMs / offer.lanes, gpuMemoryBytesFree };
}

/** Describes a worker as a candidate for a task. */
export function candidateFor(
  { offer }: RosterWorker,
  load: WorkerLoad,
  task: Task,
  known: { readonly times: ServiceTimes; readonly cameraPlace: WorkerId | null; readonly movedCameraMs: number },
): Candidate {
  const { workerId } = offer;
  const isMoved = known.cameraPlace !== null && known.cameraPlace !== workerId;
  return {
    ...load,
    workerId,
    isFree: load.taskCount < offer.slots && task.gpuMemoryBytes <= load.gpuMemoryBytesFree,
    slotCount: offer.slots,
    taskMs: known.times.expectedMs(workerId, task),
    transferMs: task.inputBytes / offer.linkBytesPerMs,
    movedCameraMs: isMoved ? known.movedCameraMs : 0,
    averageMs: known.times.averageMs(workerId),
  };
}
