/**
 * Runs a site on one worker process and keeps its tracks: the part that playing once and running live have in common.
 *
 * In real time a worker that is gone is replaced by one that stands by with its sources and kernels open, on the same backend or on the next
 * (`kernel-choice.ts` says which), and takes up the site's time where it stands now; the tracks, kept here, coast over the gap. One that dies
 * while it stands by is replaced too, as often within a minute as the profile says. Playing once, a worker that is gone ends the run: the
 * recording would have a hole nobody asked for.
 */

import { type FrameProfileName, frameProfiles, type Site } from "@skyvox/cameras";
import { type CameraId, SkyvoxError, type SkyvoxErrorCode, secondsFromNs, type TrackUpdate } from "@skyvox/core";
import { CameraProcess } from "./camera-process.ts";
import type { FramePools } from "./frame-pools.ts";
import { describeEnd, isKnownFromCache, nextBackend, type Selection, type WorkerEnd } from "./kernel-choice.ts";
import type { NodeState } from "./node-state.ts";
import type { TimedPicture } from "./shrink.ts";
import type { Timeline } from "./timeline.ts";
import { wallMs } from "./wall-clock.ts";
import type { Pace } from "./worker-messages.ts";
import { WorkerProcess, type WorkerSaying } from "./worker-process.ts";

/** What is run, on what, and who hears of it. */
export interface SiteRunOptions {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly selection: Selection;
  /** Shared memory for the frames; null: the worker reads the sources itself. Owned by the run. */
  readonly frames: FramePools | null;
  readonly profile: FrameProfileName;
  /** Asks the backends anew, where what was known of the one that runs proved wrong. */
  readonly selectAgain: () => Promise<Selection>;
  readonly pace: Pace;
  readonly lastsNs: bigint | null;
  readonly state: NodeState;
  /** Called after each frame set with all track updates of it, ordered by id. */
  readonly onTracks: (timeNs: bigint, updates: readonly TrackUpdate[]) => void;
  readonly onNotice: (line: string) => void;
}

/** How long a worker may take to end its run once it is asked to; then the run ends without it. */
const STOP_MS_MAX = 2000;
/**
 * The window in which a profile's `replacementsMax` counts: of workers that die while they stand by, when more do, the next one is made at
 * the next takeover; of camera processes, whatever the run does meanwhile, when more do, it ends.
 */
const ENDS_WINDOW_MS = 60_000;

/** A site that runs. Disposing it ends its workers. */
export class SiteRun implements AsyncDisposable {
  readonly #options: SiteRunOptions;
  readonly #outcome = Promise.withResolvers<void>();
  #selection: Selection;
  #timeline: Timeline | null = null;
  #worker: WorkerProcess;
  #spare: WorkerProcess | null = null;
  /** When workers ended that stood by, in milliseconds, within the last `ENDS_WINDOW_MS`. */
  #spareEndsMs: readonly number[] = [];
  #cameras: CameraProcess | null;
  #cameraEndsMs: readonly number[] = [];
  #finished = false;
  #stopping = false;
  #isOpened = false;
  /** True while the backends are asked anew and no worker runs. */
  #isAsking = false;
  #lastTimeNs = 0n;
  /** Frame sets up to here came from workers that are gone. */
  #takenOverNs: bigint | null = null;

  constructor(options: SiteRunOptions) {
    this.#options = options;
    this.#selection = options.selection;
    this.#cameras = this.#makeCameras();
    this.#worker = this.#makeWorker();
    this.#start();
    // Whoever waits for the end may begin to only after the run has broken.
    this.#outcome.promise.catch(() => undefined);
  }

  /** Resolves when every source has ended or the run was stopped. Rejects with a SkyvoxError when it broke. */
  get ended(): Promise<void> {
    return this.#outcome.promise;
  }

  /** True once the worker has opened its kernels and sources. */
  get opened(): boolean {
    return this.#isOpened;
  }

  /** Reads the sources; null where the worker does. */
  get cameraProcessId(): number | null {
    return this.#cameras?.processId ?? null;
  }

  /** What went through the shared memory of the frames; null without any. */
  get frames(): FramePools | null {
    return this.#options.frames;
  }

  /** How the frames come through it. */
  get profile(): FrameProfileName {
    return this.#options.profile;
  }

  get workerProcessId(): number {
    return this.#worker.processId;
  }

  /** The worker that waits to take over; null while there is none, or it is not ready yet. */
  get spareProcessId(): number | null {
    return this.#spare?.isPrepared === true ? this.#spare.processId : null;
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
    const spare = this.#spare;
    spare?.kill();
    const workers = [spare?.[Symbol.asyncDispose](), this.#worker[Symbol.asyncDispose]()];
    await Promise.all([...workers, this.#cameras?.[Symbol.asyncDispose]()]);
    this.#options.frames?.[Symbol.dispose]();
  }

  get #replacementsMax(): number {
    return frameProfiles[this.#options.profile].replacementsMax;
  }

  #makeCameras(): CameraProcess | null {
    const { site, siteDirectory, frames, profile } = this.#options;
    if (frames === null) return null;
    const { isChecked } = frameProfiles[profile];
    return new CameraProcess({
      serve: { site, siteDirectory, places: frames.places, isChecked },
      onMessage: (message, cameras) => {
        if (message.type === "failed" && cameras === this.#cameras) this.#fail(message);
      },
      onExit: (why, cameras) => {
        if (cameras === this.#cameras) this.#replaceCameras(why);
      },
    });
  }

  /** Lets another process read the sources; the worker's requests are repeated until it answers. A recording that is played once would miss frames. */
  #replaceCameras(why: string): void {
    if (this.#finished) return;
    this.#options.frames?.reap();
    const nowMs = wallMs();
    this.#cameraEndsMs = [...this.#cameraEndsMs.filter((ms) => nowMs - ms < ENDS_WINDOW_MS), nowMs];
    const mayGoOn = this.#options.pace === "real-time" && this.#cameraEndsMs.length <= this.#replacementsMax;
    if (!mayGoOn) {
      this.#finish(
        new SkyvoxError("source", `Cannot go on: the camera process ended with ${why}, need one that lasts`),
      );
      return;
    }
    this.#options.onNotice(`the camera process ended with ${why}; another one reads the sources from now on`);
    this.#cameras = this.#makeCameras();
  }

  #makeWorker(): WorkerProcess {
    const { site, siteDirectory, frames, profile } = this.#options;
    const places = frames?.places ?? null;
    return new WorkerProcess({
      begin: { type: "prepare", kernels: this.#kernels(), site, siteDirectory, frames: places, profile },
      onMessage: (message, worker) => this.#receive(message, worker),
      onExit: (why, worker) => this.#exited(why, worker),
    });
  }

  #start(): void {
    const { pace, lastsNs } = this.#options;
    this.#worker.tell({ type: "start", kernels: this.#kernels(), pace, timeline: this.#timeline, lastsNs });
  }

  #kernels(): Pick<Selection, "choice" | "backend"> {
    const { choice, backend } = this.#selection;
    return { choice, backend };
  }

  #receive(message: WorkerSaying, worker: WorkerProcess): void {
    if (this.#finished || this.#isAsking || worker !== this.#worker) return;
    const { state, onTracks } = this.#options;
    switch (message.type) {
      case "opened":
        this.#isOpened = true;
        this.#timeline ??= message.timeline;
        state.opened(message.device);
        if (this.#options.pace === "real-time") this.#spare ??= this.#makeWorker();
        break;
      case "frameSet":
        // A worker that took over may begin a frame set before the last one its forerunner gave.
        if (this.#takenOverNs !== null && message.timeNs <= this.#takenOverNs) break;
        this.#lastTimeNs = message.timeNs;
        this.#attempt(() => onTracks(message.timeNs, state.frameSet(message)));
        break;
      case "voxels":
        state.voxelsReport(message);
        break;
      case "cameras":
        state.camerasReport(message.cameras);
        break;
      case "notice":
        this.#options.onNotice(message.line);
        break;
      case "ended":
        this.#finish();
        break;
      case "failed":
        if (message.code === "device" || message.code === "backend") {
          const kind = message.code === "backend" && !this.#isOpened ? "refused" : "lost";
          this.#replace({ kind, why: message.message, atMs: wallMs() });
        } else this.#fail(message);
        break;
    }
  }

  /** Ends the run with what went wrong; a run that is being stopped has nothing left that could. */
  #fail({ code, message }: { readonly code: SkyvoxErrorCode; readonly message: string }): void {
    if (this.#stopping) this.#finish();
    else this.#finish(new SkyvoxError(code, message));
  }

  #exited(why: string, worker: WorkerProcess): void {
    if (!this.#finished) this.#options.frames?.reap();
    if (worker === this.#spare) this.#replaceSpare(why);
    if (worker === this.#worker) this.#replace({ kind: "crashed", why, atMs: wallMs() });
  }

  /** Lets another worker stand by. One whose forerunner opens at this moment is made when that has opened. */
  #replaceSpare(why: string): void {
    this.#spare = null;
    if (this.#finished || this.#stopping) return;
    const nowMs = wallMs();
    this.#spareEndsMs = [...this.#spareEndsMs.filter((ms) => nowMs - ms < ENDS_WINDOW_MS), nowMs];
    const isReplaced = this.#spareEndsMs.length <= this.#replacementsMax;
    const next = isReplaced
      ? "another is made ready"
      : `none stands by until the next takeover, as ${this.#spareEndsMs.length} ended within a minute`;
    this.#options.onNotice(`the worker that stood by ended with ${why}; ${next}`);
    if (isReplaced && this.#isOpened) this.#spare = this.#makeWorker();
  }

  /** Lets another worker go on, or ends the run where none can. */
  #replace(end: WorkerEnd): void {
    if (this.#stopping) this.#finish();
    if (this.#finished || this.#isAsking) return;
    const wasOpened = this.#isOpened;
    this.#isOpened = false;
    this.#worker.kill();
    if (this.#timeline === null && isKnownFromCache(this.#selection)) {
      void this.#askAgain(describeEnd(this.#selection.backend, end));
      return;
    }
    const mayGoOn = !wasOpened || this.#options.pace === "real-time";
    const next = mayGoOn ? nextBackend(this.#selection, end) : null;
    if (next === null) this.#break(end);
    else this.#goOn(next, `${next.reason} at ${secondsFromNs(this.#lastTimeNs).toFixed(1)} s`);
  }

  async #askAgain(found: string): Promise<void> {
    this.#isAsking = true;
    try {
      const next = await this.#options.selectAgain();
      this.#goOn(next, `${found}; the backends were asked anew, ${next.backend} goes on`);
    } catch (error) {
      this.#finish(error);
    }
    this.#isAsking = false;
  }

  #goOn(selection: Selection, notice: string): void {
    if (this.#finished) return;
    this.#selection = selection;
    if (this.#timeline !== null) this.#takenOverNs = this.#lastTimeNs;
    this.#worker = this.#spare ?? this.#makeWorker();
    this.#spare = null;
    this.#options.state.takenOver(selection);
    this.#options.onNotice(notice);
    this.#start();
  }

  #break(end: WorkerEnd): void {
    const { backend, choice } = this.#selection;
    const message =
      end.kind === "refused"
        ? `Cannot use kernels "${choice}": ${end.why}`
        : `Cannot go on: ${describeEnd(backend, end)}, need one that lasts`;
    this.#finish(new SkyvoxError("backend", message));
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
    this.#spare?.kill();
    this.#cameras?.kill();
    if (error === undefined) this.#outcome.resolve();
    else this.#outcome.reject(error);
  }
}
