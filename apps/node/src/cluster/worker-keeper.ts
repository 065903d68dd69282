/**
 * Keeps a worker process that serves a cluster: starts it, and another when it is gone, on the same backend or the next.
 */
import type { Site } from "@skyvox/cameras";
import { type CameraId, SkyvoxError } from "@skyvox/core";
import { describeEnd, nextBackend, type Selection, type WorkerEnd } from "../kernel-choice.ts";
import type { TimedPicture } from "../shrink.ts";
import { wallMs } from "../wall-clock.ts";
import type { ToWorker } from "../worker-messages.ts";
import { WorkerProcess, type WorkerSaying } from "../worker-process.ts";

/** How a worker stands. */
export type WorkerState = "opening" | "running" | "gone";

/** What is kept running, and who hears of it. */
export interface WorkerKeeperOptions {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly selection: Selection;
  /** Called when a worker serves, the first one and each that took over. */
  readonly onServing: (device: string) => void;
  /** Called when a worker is gone and another is started, on what and why. */
  readonly onReplaced: (selection: Selection, notice: string) => void;
  readonly onMessage: (message: WorkerSaying) => void;
}

/** See the head of this file. Disposing it ends the worker. */
export class WorkerKeeper implements AsyncDisposable {
  readonly #options: WorkerKeeperOptions;
  readonly #broken = Promise.withResolvers<never>();
  readonly #serving = Promise.withResolvers<void>();
  #selection: Selection;
  #worker: WorkerProcess;
  #state: WorkerState = "opening";
  #device = "";
  #restarts = 0;
  #isEnded = false;

  constructor(options: WorkerKeeperOptions) {
    this.#options = options;
    this.#selection = options.selection;
    this.#broken.promise.catch(() => undefined);
    this.#worker = this.#start();
  }

  /** Rejects with a SkyvoxError when no worker can go on. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** Resolves when the first worker serves. */
  get serving(): Promise<void> {
    return this.#serving.promise;
  }

  get facts(): {
    readonly processId: number | null;
    readonly state: WorkerState;
    readonly backend: string;
    readonly device: string;
    readonly restarts: number;
  } {
    const processId = this.#state === "gone" ? null : this.#worker.processId;
    const { backend } = this.#selection;
    return { processId, state: this.#state, backend, device: this.#device, restarts: this.#restarts };
  }

  get processId(): number {
    return this.#worker.processId;
  }

  tell(message: Exclude<ToWorker, { readonly type: "snapshot" | "stop" }>): void {
    this.#worker.tell(message);
  }

  /** Ends the worker, as one that hangs, and starts another. */
  restart(): void {
    this.#worker.kill();
  }

  async snapshot(camera: CameraId, widthPx: number): Promise<TimedPicture | null> {
    return await this.#worker.snapshot(camera, widthPx);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true;
    await this.#worker[Symbol.asyncDispose]();
  }

  #start(): WorkerProcess {
    const { site, siteDirectory } = this.#options;
    const { choice, backend } = this.#selection;
    this.#state = "opening";
    return new WorkerProcess({
      begin: { type: "serve", kernels: { choice, backend }, site, siteDirectory },
      onMessage: (message, worker) => {
        if (worker === this.#worker && !this.#isEnded) this.#hear(message);
      },
      onExit: (why, worker) => {
        if (worker === this.#worker) this.#replace({ kind: "crashed", why, atMs: wallMs() });
      },
    });
  }

  #hear(message: WorkerSaying): void {
    if (message.type === "serving") {
      this.#state = "running";
      this.#device = message.device;
      this.#serving.resolve();
      this.#options.onServing(message.device);
    } else if (message.type === "failed") this.#fail(message);
    else this.#options.onMessage(message);
  }

  #fail({ code, message: why }: Extract<WorkerSaying, { type: "failed" }>): void {
    if (code !== "device" && code !== "backend") {
      this.#break(new SkyvoxError(code, why));
      return;
    }
    const kind = code === "backend" && this.#state === "opening" ? "refused" : "lost";
    this.#replace({ kind, why, atMs: wallMs() });
  }

  #replace(end: WorkerEnd): void {
    if (this.#isEnded) return;
    this.#state = "gone";
    const last = this.#worker;
    const next = nextBackend(this.#selection, end);
    if (next === null) {
      const found = describeEnd(this.#selection.backend, end);
      this.#break(new SkyvoxError("backend", `Cannot go on: ${found}, need one that lasts`));
    } else {
      this.#selection = next;
      this.#restarts += 1;
      this.#worker = this.#start();
      this.#options.onReplaced(next, next.reason);
    }
    last.kill();
  }

  #break(error: SkyvoxError): void {
    this.#isEnded = true;
    this.#worker.kill();
    this.#broken.reject(error);
  }
}
