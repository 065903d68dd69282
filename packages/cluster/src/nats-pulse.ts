/**
 * Says that this node lives from a thread of its own, so that a node whose event loop is busy is not taken for dead.
 *
 * The thread has a connection of its own and publishes a small message every {@link PULSE_MS}. It vouches for the event loop no longer than
 * `vouchMsMax` after that last moved: a node that hangs for good is to be given up. What a message of the thread proves is that the
 * process runs, nothing more: leases and grants of cameras are renewed by the event loop alone, and end as fast as ever.
 */
import { type AlarmClock, repeat } from "@skyvox/core";
import type { NatsCredentials } from "./engine-keys.ts";
import type { NodeId, NodeLife } from "./node-id.ts";

/** Pulses go out this often. */
export const PULSE_MS = 100;
/** How long the thread vouches for an event loop that does not move; the specification's timeout of a node. */
const VOUCH_MS_MAX = 5000;
/** The event loop shows that it moves this often. */
const TOUCH_MS = 50;

/** What the thread is told. */
export type ToPulseThread =
  | {
      readonly type: "open";
      readonly nodeId: NodeId;
      readonly life: NodeLife;
      readonly vouchMsMax: number;
      /** One word that the event loop changes while it moves. */
      readonly moves: Int32Array;
    }
  | { readonly type: "credentials"; readonly credentials: NatsCredentials }
  | { readonly type: "end" };

/** A thread that says that this node lives; dispose it to end it. */
export class NatsPulse implements AsyncDisposable {
  readonly #thread: Worker;
  readonly #moves = new Int32Array(new SharedArrayBuffer(4));
  readonly #ended = Promise.withResolvers<void>();
  readonly #stopTouching: () => void;

  constructor(options: {
    readonly nodeId: NodeId;
    readonly life: NodeLife;
    readonly credentials: NatsCredentials;
    readonly clock: AlarmClock;
    readonly vouchMsMax?: number;
    /** Hears in one line that the thread could not connect, or has ended. */
    readonly onFault: (line: string) => void;
  }) {
    const { nodeId, life, credentials, clock, vouchMsMax = VOUCH_MS_MAX, onFault } = options;
    this.#thread = new Worker(new URL("./nats-pulse-thread.ts", import.meta.url).href);
    this.#thread.onmessage = ({ data }: MessageEvent<string>) => onFault(data);
    this.#thread.onerror = ({ message }) => onFault(`Cannot keep up the pulse: ${message}, need a thread that runs`);
    this.#thread.addEventListener("close", () => this.#ended.resolve());
    this.#tell({ type: "open", nodeId, life, vouchMsMax, moves: this.#moves });
    this.#tell({ type: "credentials", credentials });
    this.#stopTouching = repeat(clock, TOUCH_MS, () => void Atomics.add(this.#moves, 0, 1));
  }

  /** Goes to another engine. */
  setCredentials(credentials: NatsCredentials): void {
    this.#tell({ type: "credentials", credentials });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTouching();
    this.#tell({ type: "end" });
    await this.#ended.promise;
  }

  #tell(message: ToPulseThread): void {
    this.#thread.postMessage(message);
  }
}
