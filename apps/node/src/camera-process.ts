/** The node's side of its camera process: starts it and tells how it fares. Whether one that died is replaced is decided in `site-run.ts`. */
import type { FromCameras, ServeMessage } from "./camera-messages.ts";

/** A running camera process. Disposing it ends it. */
export class CameraProcess implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "inherit", "inherit">;

  constructor(options: {
    readonly serve: ServeMessage;
    readonly onMessage: (message: FromCameras, from: CameraProcess) => void;
    readonly onExit: (why: string, from: CameraProcess) => void;
  }) {
    this.#child = Bun.spawn([process.execPath, new URL("./camera-worker.ts", import.meta.url).pathname], {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      serialization: "advanced",
      ipc: (message: FromCameras) => options.onMessage(message, this),
    });
    void this.#child.exited.then((code) => {
      const { signalCode } = this.#child;
      options.onExit(signalCode === null ? `exit code ${code}` : `signal ${signalCode}`, this);
    });
    this.#child.send(options.serve);
  }

  get processId(): number {
    return this.#child.pid;
  }

  /** Ends the process at once: it holds nothing that is lost with it. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#child.exited;
  }
}
