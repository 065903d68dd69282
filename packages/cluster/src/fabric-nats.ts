/**
 * The fabric over NATS: core messages for all that is hot, one bucket of a key store in memory for keys that are created once.
 *
 * Keys are only ever created, never updated: an update by compare-and-set had several winners on servers before 2.9.21. While the store
 * has no leader it answers as if it were not enabled; that is told as `unavailable`, which passes. While the engine is gone messages are
 * dropped and requests refused; the client reconnects to the same address by itself.
 */
import { type KV, Kvm } from "@nats-io/kv";
import {
  connect,
  type NatsConnection,
  NoRespondersError,
  nkeyAuthenticator,
  RequestError,
  TimeoutError,
} from "@nats-io/transport-node";
import { assert, messageOf, nowMsOf, repeat, systemAlarmClock } from "@skyvox/core";
import type { NatsCredentials } from "./engine-keys.ts";
import {
  type Fabric,
  type FabricDescription,
  type FabricDisconnect,
  FabricError,
  type FabricMessage,
} from "./fabric.ts";
import { Refusals } from "./refusals.ts";
import { moveStreamLeader } from "./store-leader.ts";

const CONNECT_MS_MAX = 5000;
const BUCKET = "skyvox-keys";
/** It is tried this often to open the bucket, until it is open. */
const WARM_MS = 500;
/** Characters of a stranger's name that are shown. */
const NAME_SHOWN_MAX = 64;
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
  /** Name of the server of this node, where that is one of three: see {@link Fabric.yieldStore}. */
  readonly ownServer?: string | null;
  /** How long one attempt to connect may take. */
  readonly connectMsMax?: number;
  /** Hears when the engine is gone, and when it is there again. */
  readonly onConnection?: (isConnected: boolean) => void;
  /** Hears of connections that the engine refused, whoever tried: a line once a minute for each sender, and all of them counted. */
  readonly onRefused?: (refusal: { readonly line: string | null; readonly total: number }) => void;
}): Promise<Fabric> {
  const {
    name,
    credentials,
    replicas,
    onConnection = () => {},
    onRefused = () => {},
    connectMsMax,
    ownServer = null,
  } = options;
  const { userSeed, systemSeed } = credentials;
  const connection = await openNats(name, credentials, userSeed, connectMsMax);
  const system = systemSeed === null ? null : await openNats(`${name} (system)`, credentials, systemSeed, connectMsMax);
  if (system !== null) watchRefusals(system, onRefused);
  return new NatsFabric(name, { connection, system }, { replicas, ownServer, onConnection });
}

/** Opens one connection under a key; the caller closes. */
export async function openNats(
  name: string,
  { url, caFile }: NatsCredentials,
  seed: string,
  connectMsMax: number = CONNECT_MS_MAX,
): Promise<NatsConnection> {
  try {
    return await connect({
      ...{ servers: url, name, timeout: connectMsMax },
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
      // Without one a server that wants TLS is still spoken to over TLS, and judged by what the system trusts.
      ...(caFile === null ? {} : { tls: { caFile } }),
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

/** Tells of connections that the engine turned away at its door. */
function watchRefusals(
  system: NatsConnection,
  onRefused: (refusal: { readonly line: string | null; readonly total: number }) => void,
): void {
  const refusals = new Refusals<"refused">();
  system.subscribe("$SYS.SERVER.*.CLIENT.AUTH.ERR", {
    callback: (error, message) => {
      if (error !== null) return;
      const { client, reason = "no reason given" } = message.json<EngineEvent>();
      const sender = client?.host ?? "an unknown address";
      // The name is what a stranger chose to write.
      const name = JSON.stringify((client?.name ?? "").slice(0, NAME_SHOWN_MAX));
      const isTold = refusals.note(nowMsOf(systemAlarmClock), { reason: "refused", sender });
      const line = `Cannot admit connection ${name} from ${sender}: ${reason}, need this cluster's token`;
      onRefused({ line: isTold ? line : null, total: refusals.total });
    },
  });
}

/** What the engine tells of a connection. */
interface EngineEvent {
  readonly client?: { readonly name?: string; readonly host?: string };
  readonly reason?: string;
}

class NatsFabric implements Fabric {
  readonly name: string;
  readonly #connection: NatsConnection;
  readonly #system: NatsConnection | null;
  readonly #replicas: 1 | 3;
  readonly #ownServer: string | null;
  readonly #onConnection: (isConnected: boolean) => void;
  readonly #onDisconnect: ((disconnect: FabricDisconnect) => void)[] = [];
  #bucket: KV | null = null;
  #yielding: Promise<void> | null = null;
  #isConnected = true;
  #isClosed = false;
  /** Opens the bucket ahead of the first claim: it needs parts of the engine that a claim does not, and that may be gone by then. */
  readonly #stopWarming: () => void;

  constructor(
    name: string,
    { connection, system }: { connection: NatsConnection; system: NatsConnection | null },
    options: { replicas: 1 | 3; ownServer: string | null; onConnection: (isConnected: boolean) => void },
  ) {
    const { replicas, ownServer, onConnection } = options;
    this.name = name;
    this.#connection = connection;
    this.#system = system;
    this.#replicas = replicas;
    this.#ownServer = ownServer;
    this.#onConnection = onConnection;
    void this.#follow();
    this.#stopWarming = repeat(systemAlarmClock, WARM_MS, () => void this.#warm());
    void this.#warm();
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

  /** One at a time: a second one would ask the leader that the first one found to step down again. */
  yieldStore(): Promise<void> {
    this.#yielding ??= this.#moveLeader().finally(() => {
      this.#yielding = null;
    });
    return this.#yielding;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWarming();
    await this.#connection.close();
    await this.#system?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Notes whether the engine is there, until the connection is closed. */
  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type !== "disconnect" && type !== "reconnect") continue;
      this.#isConnected = type === "reconnect";
      this.#onConnection(this.#isConnected);
    }
  }

  async #moveLeader(): Promise<void> {
    if (this.#ownServer === null || this.#replicas === 1) return;
    const awayFrom = this.#ownServer;
    await this.#store("move the store's leader", async () => {
      const found = await moveStreamLeader(this.#connection, { stream: `KV_${BUCKET}`, awayFrom });
      if (!found.ok) throw new Error(found.reason);
    });
  }

  /** While the store forms itself it refuses; the next turn tries again. */
  async #warm(): Promise<void> {
    if (this.#bucket !== null || !this.#isConnected || this.#isClosed) return;
    try {
      await this.#store("open the store", async () => undefined);
    } catch (error) {
      if (!(error instanceof FabricError)) throw error;
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
      throw new FabricError(fault, `Cannot ${what}: ${storeFault(error)}, need a store that answers`, { cause: error });
    }
  }

  #faultOf(error: unknown): "timeout" | "no-responders" | "closed" | "unavailable" {
    if (this.#isClosed) return "closed";
    if (error instanceof NoRespondersError) return "no-responders";
    if (error instanceof RequestError && error.isNoResponders()) return "no-responders";
    return error instanceof TimeoutError ? "timeout" : "unavailable";
  }

  #hearEnd({ client, reason = "no reason given" }: EngineEvent): void {
    const name = client?.name ?? "";
    if (name === "" || name === this.name) return;
    for (const handler of this.#onDisconnect) handler({ name, why: reason });
  }
}

/** Says what is wrong with the store. While it has no leader the client says that there is none, which would be read as a setting. */
function storeFault(error: unknown): string {
  const message = messageOf(error);
  return /jetstream is not enabled|temporarily unavailable/i.test(message) ? "its store has no leader now" : message;
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
