/**
 * The pool's side of one worker process: starts it, talks to it, hears its heartbeat and notices its end.
 */
import { closeSync } from "node:fs";
import { assert } from "@skyvox/core";
import { HEARTBEAT_FD } from "./heartbeat.ts";
import type { FromWorkerProcess, ToWorkerProcess } from "./worker-messages.ts";

/** What a worker process makes known. */
export interface WorkerProcessListener {
  onMessage(message: FromWorkerProcess): void;
  onHeartbeat(): void;
  /** Said once, when the process is gone. */
  onExit(why: string): void;
}

/** A running worker process. Owns it: {@link end} or {@link kill} it. */
export class WorkerProcess {
  readonly #child: Bun.Subprocess<"ignore", "inherit", "inherit">;

  constructor(open: Extract<ToWorkerProcess, { type: "open" }>, listener: WorkerProcessListener) {
    this.#child = Bun.spawn([process.execPath, new URL("./worker-entry.ts", import.meta.url).pathname], {
      stdio: ["ignore", "inherit", "inherit", "pipe"],
      serialization: "advanced",
      ipc: (message: FromWorkerProcess) => listener.onMessage(message),
      onExit: (_child, code, signal) => listener.onExit(signal === null ? `exit code ${code}` : `signal ${signal}`),
    });
    void listen(this.#child.stdio[HEARTBEAT_FD], listener);
    this.send(open);
  }

  get processId(): number {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Sends a message; one to a process that is gone, or whose end is about to be told, is dropped. @throws where it cannot be cloned. */
  send(message: ToWorkerProcess): void {
    if (this.hasEnded) return;
    try {
      this.#child.send(message);
    } catch (error) {
      // Its channel may be closed before its end is told: then the loss of the worker is about to be said, and no message is at fault.
      if ((error as { readonly code?: string }).code !== "ERR_IPC_CHANNEL_CLOSED") throw error;
    }
  }

  /** Lets the process go: it exits by itself, also from a task. */
  end(): void {
    if (!this.hasEnded) this.#child.disconnect();
  }

  /** Ends the process at once, also one that is stopped. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Hears bytes until the process is gone; the descriptor is ours to close. */
async function listen(fd: unknown, listener: WorkerProcessListener): Promise<void> {
  assert(typeof fd === "number", "a worker process is started with a pipe for its heartbeat");
  for await (const _bytes of Bun.file(fd).stream()) listener.onHeartbeat();
  closeSync(fd);
}
