/**
 * The fabric over NATS: core messages for all that is hot, one bucket of a key store in memory for keys that are created once.
 *
 * Keys are only ever created, never updated: an update by compare-and-set had several winners on servers before 2.9.21. While the store
 * has no leader it answers as if it were not enabled; that is told as `unavailable`, which passes. While the engine is gone messages are
 * dropped and requests refused; the client reconnects to the same address by itself.
 */
import { type KV, Kvm } from "@nats-io/kv";
import { connect, type NatsConnection, NoRespondersError, RequestError, TimeoutError } from "@nats-io/transport-node";
import { assert, messageOf } from "@skyvox/core";
import {
  type Fabric,
  type FabricDescription,
  type FabricDisconnect,
  FabricError,
  type FabricMessage,
} from "./fabric.ts";
import type { NatsCredentials } from "./nats-server-child.ts";

const BUCKET = "skyvox-keys";
/** Versions before this one may lose what they acknowledged when the power fails. */
const POWER_SAFE_FROM = [2, 10];

/**
 * Connects to an engine; the caller closes.
 *
 * @param options.replicas how many servers keep the keys: 1, or 3 in an engine of three.
 * @throws {FabricError} where it is not there or refuses us.
 */
export async function connectNats(options: {
  readonly name: string;
  readonly credentials: NatsCredentials;
  readonly replicas: 1 | 3;
}): Promise<Fabric> {
  const { name, credentials, replicas } = options;
  const connection = await open(name, credentials.url, credentials);
  const system =
    credentials.system === null ? null : await open(`${name} (system)`, credentials.url, credentials.system);
  return new NatsFabric(name, connection, system, replicas);
}

async function open(
  name: string,
  url: string,
  { user, password }: { user: string; password: string },
): Promise<NatsConnection> {
  try {
    return await connect({
      ...{ servers: url, name, user, pass: password },
      // The defaults give up after ten attempts and notice a dead server after four minutes.
      ...{ reconnectTimeWait: 50, pingInterval: 1000, maxPingOut: 2, maxReconnectAttempts: -1 },
    });
  } catch (error) {
    throw new FabricError(
      "refused",
      `Cannot connect to engine at ${url}: ${messageOf(error)}, need one that lets us in`,
      {
        cause: error,
      },
    );
  }
}

class NatsFabric implements Fabric {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #system: NatsConnection | null;
  readonly #replicas: 1 | 3;
  readonly #onDisconnect: ((disconnect: FabricDisconnect) => void)[] = [];
  #bucket: KV | null = null;
  #isConnected = true;
  #isClosed = false;

  constructor(name: string, connection: NatsConnection, system: NatsConnection | null, replicas: 1 | 3) {
    this.name = name;
    this.#connection = connection;
    this.#system = system;
    this.#replicas = replicas;
    void this.#follow();
    system?.subscribe("$SYS.ACCOUNT.*.DISCONNECT", {
      callback: (error, message) => {
        if (error === null) this.#hearEnd(message.json());
      },
    });
  }

  describe(): FabricDescription {
    const version = this.#connection.info?.version ?? "unknown";
    const limits: string[] = [];
    if (isBefore(version, POWER_SAFE_FROM))
      limits.push(`nats-server ${version} may lose acknowledged keys when the power fails`);
    if (this.#replicas === 1)
      limits.push("one engine server: its loss is made good by starting another, with an empty store");
    if (this.#system === null) limits.push("no system account: a process that dies is noticed by its silence only");
    return { kind: "nats", engine: `nats-server ${version}`, limits };
  }

  publish(subject: string, bytes: Uint8Array): void {
    this.#checkOpen();
    // The client would keep everything until the engine is back, without a limit; what is old by then is of no use.
    if (!this.#isConnected) return;
    // The client sends later and does not copy.
    this.#connection.publish(subject, bytes.slice());
  }

  subscribe(subject: string, handler: (message: FabricMessage) => void): Disposable {
    this.#checkOpen();
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        handler({
          subject: message.subject,
          bytes: message.data,
          respond: (bytes) => void message.respond(bytes.slice()),
        });
      },
    });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  async request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#checkOpen();
    if (!this.#isConnected) {
      throw new FabricError("unavailable", `Cannot request "${subject}": the engine is gone, need one that answers`);
    }
    try {
      return (await this.#connection.request(subject, bytes.slice(), { timeout: timeoutMs })).data;
    } catch (error) {
      const found = error instanceof RequestError && error.isNoResponders() ? "nobody listens" : messageOf(error);
      const message = `Cannot request "${subject}": ${found}, need an answer`;
      throw new FabricError(this.#faultOf(error), message, { cause: error });
    }
  }

  async createKey(key: string, value: string): Promise<boolean> {
    this.#checkOpen();
    return await this.#store(`create key "${key}"`, async (bucket) => {
      try {
        await bucket.create(key, value);
        return true;
      } catch (error) {
        if (/wrong last/.test(messageOf(error))) return false;
        throw error;
      }
    });
  }

  async readKey(key: string): Promise<string | null> {
    this.#checkOpen();
    return await this.#store(`read key "${key}"`, async (bucket) => {
      const entry = await bucket.get(key);
      return entry === null || entry.operation !== "PUT" ? null : entry.string();
    });
  }

  async deleteKey(key: string): Promise<void> {
    this.#checkOpen();
    await this.#store(`delete key "${key}"`, (bucket) => bucket.purge(key));
  }

  onDisconnect(handler: (disconnect: FabricDisconnect) => void): void {
    this.#onDisconnect.push(handler);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection.close();
    await this.#system?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Notes whether the engine is there, until the connection is closed. */
  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") this.#isConnected = false;
      if (type === "reconnect") this.#isConnected = true;
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new FabricError("closed", "Cannot use fabric: it is closed, need an open one");
  }

  async #store<Result>(what: string, use: (bucket: KV) => Promise<Result>): Promise<Result> {
    if (!this.#isConnected) {
      throw new FabricError("unavailable", `Cannot ${what}: the engine is gone, need a store that answers`);
    }
    try {
      this.#bucket ??= await new Kvm(this.#connection).create(BUCKET, {
        ...{ history: 1, storage: "memory", replicas: this.#replicas },
      });
      return await use(this.#bucket);
    } catch (error) {
      // The bucket may be gone with the server that kept it; the next call makes it anew.
      this.#bucket = null;
      const fault = this.#isClosed ? "closed" : "unavailable";
      throw new FabricError(fault, `Cannot ${what}: ${messageOf(error)}, need a store that answers`, { cause: error });
    }
  }

  #faultOf(error: unknown): "timeout" | "no-responders" | "closed" | "unavailable" {
    if (this.#isClosed) return "closed";
    if (error instanceof NoRespondersError) return "no-responders";
    if (error instanceof RequestError && error.isNoResponders()) return "no-responders";
    return error instanceof TimeoutError ? "timeout" : "unavailable";
  }

  #hearEnd(event: { readonly client?: { readonly name?: string }; readonly reason?: string }): void {
    const name = event.client?.name ?? "";
    if (name === "" || name === this.name) return;
    for (const handler of this.#onDisconnect) handler({ name, why: event.reason ?? "no reason given" });
  }
}

/** Says whether a version such as `2.9.10` comes before another, number by number. */
function isBefore(version: string, limit: readonly number[]): boolean {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10));
  assert(limit.length >= 1, "a limit has numbers");
  for (const [index, wanted] of limit.entries()) {
    const found = numbers[index] ?? 0;
    if (found !== wanted) return found < wanted;
  }
  return false;
}
