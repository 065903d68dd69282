/**
 * Runs a site on one worker process and keeps its tracks: the part that playing once and running live have in common.
 *
 * In real time a worker that dies is replaced and takes up the site's time where it stands now; the tracks, kept here, coast over
 * the gap. Playing once, a worker that dies ends the run: the recording would have a hole nobody asked for.
 */

import type { Site } from "@skyvox/cameras";
import { type CameraId, SkyvoxError, secondsFromNs, type TrackUpdate } from "@skyvox/core";
import type { NodeState } from "./node-state.ts";
import type { Selection } from "./select-kernels.ts";
import type { TimedPicture } from "./shrink.ts";
import type { Timeline } from "./timeline.ts";
import type { FromWorker, Pace, SnapshotMessage } from "./worker-messages.ts";
import { WorkerProcess } from "./worker-process.ts";

/** What is run, on what, and who hears of it. */
export interface SiteRunOptions {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly selection: Selection;
  readonly threads: number;
  readonly pace: Pace;
  readonly lastsNs: bigint | null;
  readonly state: NodeState;
  /** Called after each frame set with all track updates of it, ordered by id. */
  readonly onTracks: (timeNs: bigint, updates: readonly TrackUpdate[]) => void;
  readonly onNotice: (line: string) => void;
}

/** Workers replaced in one run; when more die, something is wrong that another will not mend. */
const RESTARTS_MAX = 5;
/** How long a worker may take to end its run once it is asked to; then the run ends without it. */
const STOP_MS_MAX = 2000;

/** A site that runs. Disposing it ends its worker. */
export class SiteRun implements AsyncDisposable {
  readonly #options: SiteRunOptions;
  readonly #outcome = Promise.withResolvers<void>();
  #timeline: Timeline | null = null;
  #worker: WorkerProcess;
  #finished = false;
  #stopping = false;
  #restarts = 0;
  #opened = false;
  #lastTimeNs = 0n;

  constructor(options: SiteRunOptions) {
    this.#options = options;
    this.#worker = this.#startWorker();
    // Whoever waits for the end may begin to only after the run has broken.
    this.#outcome.promise.catch(() => undefined);
  }

  /** Resolves when every source has ended or the run was stopped. Rejects with a SkyvoxError when it broke. */
  get ended(): Promise<void> {
    return this.#outcome.promise;
  }

  /** True once the worker has opened its kernels and sources. */
  get opened(): boolean {
    return this.#opened;
  }

  get workerProcessId(): number {
    return this.#worker.processId;
  }

  /** Ends the run after the frame set in hand; `ended` then resolves, within a few seconds even if the worker is stuck. */
  stop(): void {
    this.#stopping = true;
    this.#worker.stop();
    setTimeout(() => this.#finish(), STOP_MS_MAX).unref();
  }

  async snapshot(camera: CameraId, widthPx: number): Promise<TimedPicture | null> {
    return await this.#worker.snapshot(camera, widthPx);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finished = true;
    await this.#worker[Symbol.asyncDispose]();
  }

  #startWorker(): WorkerProcess {
    const { site, siteDirectory, selection, threads, pace, lastsNs } = this.#options;
    const worker = new WorkerProcess({
      start: {
        type: "start",
        site,
        siteDirectory,
        backend: selection.backend,
        threads,
        pace,
        timeline: this.#timeline,
        lastsNs,
      },
      onMessage: (message) => this.#receive(message),
    });
    void worker.exited.then((why) => this.#workerExited(worker, why));
    return worker;
  }

  #receive(message: Exclude<FromWorker, SnapshotMessage>): void {
    if (this.#finished) return;
    const { state, onTracks } = this.#options;
    switch (message.type) {
      case "opened":
        this.#opened = true;
        this.#timeline ??= message.timeline;
        state.opened(message.device);
        break;
      case "frameSet":
        // A worker that took over may begin a frame set before the last one its forerunner gave.
        if (message.timeNs <= this.#lastTimeNs && this.#restarts > 0) break;
        this.#lastTimeNs = message.timeNs;
        this.#attempt(() => onTracks(message.timeNs, state.frameSet(message)));
        break;
      case "voxels":
        state.voxelsReport(message);
        break;
      case "cameras":
        state.camerasReport(message.cameras);
        break;
      case "ended":
        this.#finish();
        break;
      case "failed":
        this.#finish(new SkyvoxError(message.code, message.message));
        break;
    }
  }

  #workerExited(worker: WorkerProcess, why: string): void {
    if (this.#finished || worker !== this.#worker) return;
    if (this.#stopping) {
      this.#finish();
      return;
    }
    const { pace, onNotice, state } = this.#options;
    if (pace !== "real-time" || this.#restarts >= RESTARTS_MAX || !this.#opened) {
      this.#finish(
        new SkyvoxError("backend", `Cannot go on: the worker process ended with ${why}, need it alive to the end`),
      );
      return;
    }
    this.#restarts += 1;
    this.#opened = false;
    state.restarted();
    onNotice(`worker ended with ${why} at ${secondsFromNs(this.#lastTimeNs).toFixed(1)} s; starting another`);
    this.#worker = this.#startWorker();
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#finish(error);
    }
  }

  #finish(error?: unknown): void {
    if (this.#finished) return;
    this.#finished = true;
    if (error === undefined) this.#outcome.resolve();
    else this.#outcome.reject(error);
  }
}
