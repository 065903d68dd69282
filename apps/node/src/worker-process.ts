/**
 * The node's side of a worker: starts the process, sends it messages and hands on what it says.
 *
 * Which messages there are stands in `worker-messages.ts`. Whether a worker that died is replaced is decided in `site-run.ts`.
 */
import type { CameraId } from "@skyvox/core";
import type { TimedPicture } from "./shrink.ts";
import type { FromWorker, PrepareMessage, ServeMessage, SnapshotMessage, ToWorker } from "./worker-messages.ts";

/** How long a worker may take to answer for a picture before the caller is told there is none. */
const SNAPSHOT_TIMEOUT_MS = 2000;
/** How long a worker may take to stop before it is killed. */
const STOP_TIMEOUT_MS = 1000;

/** What a started worker says beside answers to questions. */
export type WorkerSaying = Exclude<FromWorker, SnapshotMessage | { readonly type: "prepared" }>;

/** A running worker process as the node sees it: it opens what it needs, then waits for its start. Owns the process: disposing ends it. */
export class WorkerProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "inherit", "inherit">;
  readonly #snapshots = new Map<number, (picture: TimedPicture | null) => void>();
  #request = 0;
  #isPrepared = false;

  constructor(options: {
    /** Said first. */
    readonly begin: PrepareMessage | ServeMessage;
    readonly onMessage: (message: WorkerSaying, from: WorkerProcess) => void;
    readonly onExit: (why: string, from: WorkerProcess) => void;
  }) {
    this.#child = Bun.spawn([process.execPath, new URL("./gpu-worker.ts", import.meta.url).pathname], {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      serialization: "advanced",
      ipc: (message: FromWorker) => {
        if (message.type === "snapshot") this.#answer(message);
        else if (message.type === "prepared") this.#isPrepared = true;
        else options.onMessage(message, this);
      },
    });
    void this.#child.exited.then((code) => {
      const { signalCode } = this.#child;
      options.onExit(signalCode === null ? `exit code ${code}` : `signal ${signalCode}`, this);
    });
    this.#send(options.begin);
  }

  /** Says something that is answered by no picture. */
  tell(message: Exclude<ToWorker, { readonly type: "snapshot" | "stop" }>): void {
    this.#send(message);
  }

  /** True once its sources and kernels are open. */
  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  get processId(): number {
    return this.#child.pid;
  }

  /** Asks for the camera's last picture; null when there is none or the worker does not answer in time. */
  async snapshot(cameraId: CameraId, widthPx: number): Promise<TimedPicture | null> {
    const request = ++this.#request;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer({ type: "snapshot", request, picture: null }), SNAPSHOT_TIMEOUT_MS);
      this.#snapshots.set(request, (picture) => {
        clearTimeout(timer);
        resolve(picture);
      });
      this.#send({ type: "snapshot", request, cameraId, widthPx });
    });
  }

  /** Asks the run to end; the worker still reports what it has in hand, then says "ended". */
  stop(): void {
    this.#send({ type: "stop" });
  }

  /** Ends the process at once, for one that is of no use any more. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const request of [...this.#snapshots.keys()]) this.#answer({ type: "snapshot", request, picture: null });
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#child.exited;
    clearTimeout(timer);
  }

  #answer(message: SnapshotMessage): void {
    this.#snapshots.get(message.request)?.(message.picture);
    this.#snapshots.delete(message.request);
  }

  #send(message: ToWorker): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      this.#child.send(message);
    } catch (error) {
      // The channel of a worker that died is closed before its end is told.
      if ((error as { readonly code?: string }).code !== "ERR_IPC_CHANNEL_CLOSED") throw error;
    }
  }
}
