/**
 * Keeps worker processes running: starts them, starts again what dies, ends what hangs, and hands messages on.
 *
 * A worker that dies is noticed by its exit, one that is stopped or swapped out by the silence of its heartbeat; the latter is killed.
 * Either way its tasks are somebody else's at once: `lost` is said before anything is started again. Each life of a worker has an id of
 * its own, "0.1" for the first life of the first worker. Restarts are bounded in rate, see {@link RestartLimit}.
 */
import { type AlarmClock, assert, nowMsOf, scheduleInMs } from "@skyvox/core";
import { RestartLimit } from "./restart-limit.ts";
import { type WorkerId, workerId } from "./task.ts";
import { Watchdog } from "./watchdog.ts";
import type { FromWorkerLoop, FromWorkerProcess, ToWorkerLoop } from "./worker-messages.ts";
import { WorkerProcess } from "./worker-process.ts";
import type { WorkerOffer } from "./worker-roster.ts";

/** How many workers, and what each is. */
export interface PoolOptions {
  readonly clock: AlarmClock;
  readonly processCount: number;
  /** Addresses of the modules that make the handlers, by task type. */
  readonly modules: Readonly<Record<string, string>>;
  /** Tasks a worker runs at once, and is given at once. */
  readonly lanes: number;
  readonly slots: number;
  readonly gpuMemoryBytes: number;
  readonly onJoined: (offer: WorkerOffer) => void;
  readonly onLost: (id: WorkerId, why: string) => void;
  readonly onAnswer: (answer: FromWorkerLoop) => void;
}

/** A worker as it is shown. */
export interface PoolWorker {
  /** Its present life, or the last one where it is being started again. */
  readonly workerId: WorkerId;
  readonly processId: number;
  readonly state: "opening" | "working" | "restarting" | "released";
  /** How often it was started again. */
  readonly restarts: number;
  /** Why the last life ended, or could not begin; null where none has. */
  readonly lastFault: string | null;
}

const HEARTBEAT_MS = 100;
const SILENCE_MS_MAX = 400;
/** A worker may load models and open devices before it works. */
const OPEN_MS_MAX = 60_000;
const RESTARTS_MAX = 10;
const RESTART_WINDOW_MS = 10_000;
/** How long a worker that is let go may take to exit before it is killed. */
const END_MS_MAX = 1000;

/** Owns the worker processes: disposing ends them. */
export class WorkerPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #places: Place[] = [];
  readonly #watchdog = new Watchdog<Place>({ tickMs: HEARTBEAT_MS, silenceMsMax: SILENCE_MS_MAX });
  #cancelTick: () => void;
  #isClosed = false;

  constructor(options: PoolOptions) {
    assert(Number.isInteger(options.processCount) && options.processCount >= 1, "processCount is a positive integer");
    this.#options = options;
    for (let workerIndex = 0; workerIndex < options.processCount; workerIndex++) {
      const place = new Place(workerIndex);
      this.#places.push(place);
      this.#start(place);
    }
    this.#cancelTick = scheduleInMs(options.clock, HEARTBEAT_MS, () => this.#tick());
  }

  /** Shows the workers in the order of their index. */
  get workers(): PoolWorker[] {
    return this.#places.map(({ id, process, state, restarts, lastFault }) => {
      return { workerId: id, processId: process?.processId ?? 0, state, restarts, lastFault };
    });
  }

  /**
   * Sends a worker work; to one that is gone nothing is sent, as its loss has been said.
   *
   * @throws where the message cannot be cloned.
   */
  send(id: WorkerId, message: ToWorkerLoop): void {
    this.#find(id)?.process?.send(message);
  }

  /** Ends the life of a worker at once and starts it again. */
  restart(id: WorkerId, why: string): void {
    const place = this.#find(id);
    if (place !== undefined) this.#fell(place, why);
  }

  /** Lets a worker go that has nothing left to do; it is not started again. */
  release(id: WorkerId): void {
    const place = this.#find(id);
    if (place === undefined) return;
    place.state = "released";
    this.#watchdog.forget(place);
    this.#endInTime(place);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelTick();
    for (const place of this.#places) {
      place.cancelAlarm();
      place.state = "released";
      this.#endInTime(place);
    }
    await Promise.all(this.#places.map(({ ended }) => ended.promise));
  }

  #find(id: WorkerId): Place | undefined {
    return this.#places.find((place) => place.id === id && place.state === "working");
  }

  #start(place: Place): void {
    const { lanes, modules, clock } = this.#options;
    const life = ++place.life;
    place.state = "opening";
    place.ended = Promise.withResolvers();
    const { ended } = place;
    const isThisLife = (): boolean => place.life === life;
    place.process = new WorkerProcess(
      { type: "open", workerIndex: place.workerIndex, lanes, heartbeatMs: HEARTBEAT_MS, modules },
      {
        onMessage: (message) => {
          if (isThisLife()) this.#hear(place, message);
        },
        onHeartbeat: () => {
          if (isThisLife() && place.state === "working") this.#watchdog.hear(place);
        },
        onExit: (why) => {
          ended.resolve();
          if (isThisLife()) this.#fell(place, why);
        },
      },
    );
    place.cancelAlarm = scheduleInMs(clock, OPEN_MS_MAX, () => this.#fell(place, "it did not open in time"));
  }

  #hear(place: Place, message: FromWorkerProcess): void {
    if (message.type === "opened") {
      place.cancelAlarm();
      place.state = "working";
      // From here on it is watched, whether or not its first beat has arrived.
      this.#watchdog.hear(place);
      const { lanes, slots, gpuMemoryBytes, modules } = this.#options;
      this.#options.onJoined({
        ...{ workerId: place.id, lanes, slots, gpuMemoryBytes },
        ...{ types: Object.keys(modules), linkBytesPerMs: Number.POSITIVE_INFINITY },
      });
    } else if (message.type === "open-failed") this.#fell(place, message.message);
    else if (place.state === "working") this.#options.onAnswer(message);
  }

  /** Ends a life that is over or of no use, says so, and starts the next as soon as it may. */
  #fell(place: Place, why: string): void {
    if (place.state === "released" || place.state === "restarting") return;
    const wasWorking = place.state === "working";
    place.cancelAlarm();
    place.state = "restarting";
    place.lastFault = why;
    this.#watchdog.forget(place);
    place.process?.kill();
    if (wasWorking) this.#options.onLost(place.id, why);
    const nowMs = nowMsOf(this.#options.clock);
    place.cancelAlarm = scheduleInMs(this.#options.clock, place.limit.allow(nowMs) - nowMs, () => {
      place.restarts += 1;
      this.#start(place);
    });
  }

  #tick(): void {
    for (const place of this.#watchdog.tick(nowMsOf(this.#options.clock))) {
      this.#fell(place, `no heartbeat for ${SILENCE_MS_MAX} ms`);
    }
    this.#cancelTick = scheduleInMs(this.#options.clock, HEARTBEAT_MS, () => this.#tick());
  }

  #endInTime(place: Place): void {
    const { process, ended } = place;
    if (process === null || process.hasEnded) return;
    process.end();
    const cancelKill = scheduleInMs(this.#options.clock, END_MS_MAX, () => process.kill());
    void ended.promise.then(cancelKill);
  }
}

/** Where one worker after another lives. */
class Place {
  readonly workerIndex: number;
  readonly limit = new RestartLimit({ restartsMax: RESTARTS_MAX, windowMs: RESTART_WINDOW_MS });
  life = 0;
  process: WorkerProcess | null = null;
  state: PoolWorker["state"] = "opening";
  restarts = 0;
  lastFault: string | null = null;
  /** Resolves when the process of the present life is gone. */
  ended = Promise.withResolvers<void>();
  cancelAlarm: () => void = () => undefined;

  constructor(workerIndex: number) {
    this.workerIndex = workerIndex;
  }

  get id(): WorkerId {
    return workerId(`${this.workerIndex}.${this.life}`);
  }
}
