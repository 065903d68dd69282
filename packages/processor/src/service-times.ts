/**
 * How long tasks take, learned from those that were done: an exponential average per worker and type, in milliseconds per unit of work.
 *
 * A worker that has not done a type yet is taken to be as fast as the average over all workers; a type nobody has done yet takes
 * `firstGuessMs`.
 */
import type { Task, WorkerId } from "./task.ts";

/** Weight of the newest sample. */
const NEWEST_SHARE = 0.2;

/** Learns and tells execution times. */
export class ServiceTimes {
  readonly #firstGuessMs: number;
  readonly #byType = new Map<string, number>();
  readonly #byWorker = new Map<WorkerId, Map<string, number>>();
  readonly #averages = new Map<WorkerId, number>();

  constructor(options: { readonly firstGuessMs: number }) {
    this.#firstGuessMs = options.firstGuessMs;
  }

  /** Notes how long a worker took for a task. */
  note(worker: WorkerId, { type, workUnits }: Pick<Task, "type" | "workUnits">, executionMs: number): void {
    const sampleMs = executionMs / workUnits;
    const own = this.#byWorker.get(worker) ?? new Map<string, number>();
    this.#byWorker.set(worker, own);
    own.set(type, blend(own.get(type), sampleMs));
    this.#byType.set(type, blend(this.#byType.get(type), sampleMs));
    this.#averages.set(worker, blend(this.#averages.get(worker), executionMs));
  }

  /** Expects an execution time. */
  expectedMs(worker: WorkerId, { type, workUnits }: Pick<Task, "type" | "workUnits">): number {
    const perUnitMs = this.#byWorker.get(worker)?.get(type) ?? this.#byType.get(type) ?? this.#firstGuessMs;
    return perUnitMs * workUnits;
  }

  /** Average execution time of a worker over everything it did; null before its first task. */
  averageMs(worker: WorkerId): number | null {
    return this.#averages.get(worker) ?? null;
  }

  /** Forgets a worker that is gone. */
  forget(worker: WorkerId): void {
    this.#byWorker.delete(worker);
    this.#averages.delete(worker);
  }
}

function blend(before: number | undefined, sample: number): number {
  return before === undefined ? sample : before + NEWEST_SHARE * (sample - before);
}
