/**
 * The fabric within one process: the same promises without an engine, for one machine.
 *
 * Messages are handed over in a later microtask, in order; each connection queues at most {@link WAITING_MAX} and then drops the oldest.
 */

import type { AlarmClock } from "@skyvox/core";
import { assert } from "@skyvox/core";
import { BoundedQueue } from "./bounded-queue.ts";
import {
  type Fabric,
  type FabricDescription,
  type FabricDisconnect,
  FabricError,
  type FabricMessage,
  matchesSubject,
} from "./fabric.ts";

/** Messages that wait for one connection. */
const WAITING_MAX = 8192;

/** Connections of one process find each other here. */
export class LocalEngine {
  readonly #clock: AlarmClock;
  readonly #connections = new Set<LocalFabric>();
  readonly #keys = new Map<string, string>();

  constructor(options: { readonly clock: AlarmClock }) {
    this.#clock = options.clock;
  }

  /** Connects under a name; the caller closes. */
  connect(name: string): Fabric {
    const fabric: LocalFabric = new LocalFabric(name, {
      clock: this.#clock,
      keys: this.#keys,
      others: () => this.#connections,
      left: () => this.#connections.delete(fabric),
    });
    this.#connections.add(fabric);
    return fabric;
  }
}

interface Ties {
  readonly clock: AlarmClock;
  readonly keys: Map<string, string>;
  /** All connections, the own one among them while it lasts. */
  others(): Iterable<LocalFabric>;
  left(): void;
}

interface Listener {
  readonly pattern: string;
  readonly handler: (message: FabricMessage) => void;
}

class LocalFabric implements Fabric {
  readonly name: string;
  readonly #ties: Ties;
  readonly #listeners = new Set<Listener>();
  readonly #waiting = new BoundedQueue<FabricMessage>(WAITING_MAX);
  readonly #onDisconnect: ((disconnect: FabricDisconnect) => void)[] = [];
  readonly #onClose = new Set<() => void>();
  #isClosed = false;

  constructor(name: string, ties: Ties) {
    this.name = name;
    this.#ties = ties;
  }

  describe(): FabricDescription {
    return { kind: "local", engine: "in-process", limits: ["one machine only: no other node can join"] };
  }

  publish(subject: string, bytes: Uint8Array): void {
    this.#checkOpen();
    this.#deliver(subject, bytes, () => {});
  }

  subscribe(pattern: string, handler: (message: FabricMessage) => void): Disposable {
    this.#checkOpen();
    const listener = { pattern, handler };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#checkOpen();
    return new Promise((resolve, reject) => {
      const { clock } = this.#ties;
      const atNs = clock.nowNs() + BigInt(Math.round(timeoutMs * 1e6));
      const fail = (fault: "timeout" | "no-responders" | "closed", found: string) => {
        end();
        reject(new FabricError(fault, `Cannot request "${subject}": ${found}, need an answer`));
      };
      const callOff = clock.schedule(atNs, () => fail("timeout", `no answer in ${timeoutMs} ms`));
      const closed = () => fail("closed", "the fabric is closed");
      const end = () => {
        callOff();
        this.#onClose.delete(closed);
      };
      this.#onClose.add(closed);
      const heard = this.#deliver(subject, bytes, (answer) => {
        end();
        resolve(answer);
      });
      if (heard === 0) fail("no-responders", "nobody listens");
    });
  }

  async createKey(key: string, value: string): Promise<boolean> {
    this.#checkOpen();
    if (this.#ties.keys.has(key)) return false;
    this.#ties.keys.set(key, value);
    return true;
  }

  async readKey(key: string): Promise<string | null> {
    this.#checkOpen();
    return this.#ties.keys.get(key) ?? null;
  }

  async deleteKey(key: string): Promise<void> {
    this.#checkOpen();
    this.#ties.keys.delete(key);
  }

  onDisconnect(handler: (disconnect: FabricDisconnect) => void): void {
    this.#onDisconnect.push(handler);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#ties.left();
    for (const closed of [...this.#onClose]) closed();
    for (const other of this.#ties.others()) {
      queueMicrotask(() => other.#hearEnd({ name: this.name, why: "connection closed" }));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new FabricError("closed", "Cannot use fabric: it is closed, need an open one");
  }

  /** Hands a message to all who listen; returns how many do. */
  #deliver(subject: string, bytes: Uint8Array, respond: (bytes: Uint8Array) => void): number {
    assert(!/[*>\s]|^\.|\.$|\.\./.test(subject) && subject !== "", "a subject is words joined by dots");
    const message: FabricMessage = { subject, bytes: bytes.slice(), respond: (answer) => respond(answer.slice()) };
    let heard = 0;
    for (const other of this.#ties.others()) {
      const matching = [...other.#listeners].filter(({ pattern }) => matchesSubject(pattern, subject)).length;
      if (matching > 0) other.#enqueue(message);
      heard += matching;
    }
    return heard;
  }

  #enqueue(message: FabricMessage): void {
    this.#waiting.push(message);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#hand());
  }

  #hand(): void {
    for (const message of this.#waiting.drain()) {
      for (const { pattern, handler } of [...this.#listeners]) {
        if (matchesSubject(pattern, message.subject)) handler(message);
      }
    }
  }

  #hearEnd(disconnect: FabricDisconnect): void {
    if (this.#isClosed) return;
    for (const handler of this.#onDisconnect) handler(disconnect);
  }
}
