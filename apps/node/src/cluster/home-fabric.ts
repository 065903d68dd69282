/**
 * A fabric that goes where the engine is: when the engine it is on is gone, it goes to another node's and listens there as before.
 *
 * Every node that may lead keeps an engine of its own running; one of them is home to all. When it is gone its users go, each by itself,
 * to the next by the order of names. An engine counts only once its own node has come home to it, so that nobody settles where the
 * others are not: who finds it empty waits a while for its node, then tries the next. Between homes messages are dropped and requests
 * refused; whatever must not be lost is said again.
 */
import { connectNats, type Fabric, FabricError, type NatsCredentials, type NodeId, nodeId } from "@skyvox/cluster";

/** An engine and the node it belongs to. */
export interface Home {
  readonly url: string;
  readonly host: NodeId;
}

/** How a fabric is made. */
export interface HomeFabricOptions {
  /** Name of its connections. */
  readonly name: string;
  readonly self: NodeId;
  readonly credentialsAt: (url: string) => NatsCredentials;
  /** Engines that may be there, in the order in which all nodes try them. */
  readonly homes: () => readonly Home[];
  /** Called when it has come to a home; `why` is null the first time. */
  readonly onHome: (home: Home, why: string | null) => void;
  /** Counts connections that the engine turned away; `line` is told once a minute and sender. */
  readonly onRefused: (refusal: { readonly line: string | null; readonly total: number }) => void;
}

/** How long one attempt to connect may take: to a home that is there, and to one that may be. */
const CONNECT_MS_MAX = { go: 5000, search: 1000 } as const;
/** Subject on which the node whose engine this is answers while it is at home. */
const HOST_SUBJECT = "engine.host";
const HOST_MS_MAX = 200;
/** How long the node of a running engine may take to come home to it. */
const HOST_PATIENCE_MS = 400;
const RETRY_MS = 20;

/** A connection to an engine, and whether it stands. */
interface Link {
  readonly fabric: Fabric;
  readonly state: { isConnected: boolean };
}

type Handler = Parameters<Fabric["subscribe"]>[1];

interface Listener {
  readonly subject: string;
  readonly handler: Handler;
  current: Disposable | null;
}

/** See the head of this file. */
export class HomeFabric implements Fabric {
  readonly #options: HomeFabricOptions;
  readonly #listeners = new Set<Listener>();
  readonly #onDisconnect: Parameters<Fabric["onDisconnect"]>[0][] = [];
  #at: ({ readonly home: Home } & Link) | null = null;
  #isThere = false;
  #isSearching = false;
  #isClosed = false;

  constructor(options: HomeFabricOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** The home it is at, or was at last; null before the first. */
  get home(): Home | null {
    return this.#at?.home ?? null;
  }

  /** True while messages get through. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /**
   * Goes to a home and stays there until it is gone or another one is gone to.
   *
   * @throws {FabricError} where it is not there or refuses us; nothing has changed then.
   */
  async go(home: Home, why: string | null): Promise<void> {
    await this.#settle(home, await this.#connect(home, "go"), why);
  }

  /** Asks the engine at an address whose it is, and goes there. @throws {FabricError} where it is not there or nobody is at home. */
  async goTo(url: string): Promise<void> {
    const link = await this.#connect({ url }, "go");
    const host = await hostAt(link.fabric);
    if (host === null) {
      await link.fabric.close();
      throw new FabricError(
        "unavailable",
        `Cannot join at ${url}: no node is at home there, need a master's engine in use`,
      );
    }
    await this.#settle({ url, host }, link, null);
  }

  /** Waits until what was sent has arrived at the engine, where it is there. */
  async flush(): Promise<void> {
    if (this.#at !== null && this.#isThere) await hostAt(this.#at.fabric);
  }

  describe(): ReturnType<Fabric["describe"]> {
    return this.#open.describe();
  }

  publish(subject: string, bytes: Uint8Array): void {
    this.#checkOpen();
    if (this.#isThere) this.#at?.fabric.publish(subject, bytes);
  }

  subscribe(subject: string, handler: Handler): Disposable {
    this.#checkOpen();
    const listener: Listener = { subject, handler, current: this.#at?.fabric.subscribe(subject, handler) ?? null };
    this.#listeners.add(listener);
    return {
      [Symbol.dispose]: () => {
        if (this.#listeners.delete(listener) && !this.#isClosed) listener.current?.[Symbol.dispose]();
      },
    };
  }

  request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.#open.request(subject, bytes, timeoutMs);
  }

  createKey(key: string, value: string): Promise<boolean> {
    return this.#open.createKey(key, value);
  }

  readKey(key: string): Promise<string | null> {
    return this.#open.readKey(key);
  }

  deleteKey(key: string): Promise<void> {
    return this.#open.deleteKey(key);
  }

  onDisconnect(handler: Parameters<Fabric["onDisconnect"]>[0]): void {
    this.#onDisconnect.push(handler);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#at?.fabric.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #open(): Fabric {
    this.#checkOpen();
    if (this.#at === null) throw new FabricError("unavailable", "Cannot use fabric: no engine was found yet, need one");
    return this.#at.fabric;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new FabricError("closed", "Cannot use fabric: it is closed, need an open one");
  }

  async #connect({ url }: Pick<Home, "url">, purpose: keyof typeof CONNECT_MS_MAX): Promise<Link> {
    const { name, credentialsAt, onRefused } = this.#options;
    const state = { isConnected: true };
    const fabric = await connectNats({
      ...{ name, credentials: credentialsAt(url), replicas: 1, connectMsMax: CONNECT_MS_MAX[purpose], onRefused },
      onConnection: (isConnected) => {
        state.isConnected = isConnected;
        if (this.#at?.state === state) this.#note(isConnected);
      },
    });
    return { fabric, state };
  }

  async #settle(home: Home, { fabric, state }: Link, why: string | null): Promise<void> {
    const before = this.#at;
    if (this.#isClosed) {
      await fabric.close();
      return;
    }
    this.#at = { home, fabric, state };
    for (const listener of this.#listeners) listener.current = fabric.subscribe(listener.subject, listener.handler);
    fabric.onDisconnect((disconnect) => {
      if (this.#at?.fabric === fabric) for (const handler of this.#onDisconnect) handler(disconnect);
    });
    if (home.host === this.#options.self) {
      fabric.subscribe(HOST_SUBJECT, ({ respond }) => respond(new TextEncoder().encode(home.host)));
    }
    this.#options.onHome(home, why);
    this.#note(state.isConnected);
    await before?.fabric.close();
  }

  #note(isConnected: boolean): void {
    if (this.#isClosed) return;
    this.#isThere = isConnected;
    if (!isConnected && !this.#isSearching) void this.#search();
  }

  /** Looks for another home until one is found, or the last one is there again. */
  async #search(): Promise<void> {
    this.#isSearching = true;
    const lost = this.#at?.home;
    const begunMs = performance.now();
    while (!this.#isThere && !this.#isClosed) {
      const others = this.#options.homes().filter(({ url }) => url !== lost?.url);
      const isPatient = performance.now() - begunMs < HOST_PATIENCE_MS;
      for (const home of others) {
        if (this.#isThere || this.#isClosed) break;
        const found = await this.#try(home, `the engine of "${lost?.host}" is gone`);
        if (found === "there" || (found === "empty" && isPatient)) break;
      }
      if (!this.#isThere) await Bun.sleep(RETRY_MS);
    }
    this.#isSearching = false;
  }

  /** Goes to a home where its node is; `empty` where only its engine is. */
  async #try(home: Home, why: string): Promise<"there" | "empty" | "gone"> {
    let link: Link;
    try {
      link = await this.#connect(home, "search");
    } catch (error) {
      if (error instanceof FabricError) return "gone";
      throw error;
    }
    if (home.host !== this.#options.self && (await hostAt(link.fabric)) !== home.host) {
      await link.fabric.close();
      return "empty";
    }
    await this.#settle(home, link, why);
    return "there";
  }
}

/** The node whose engine this is and which is at home there; null where none answers. */
async function hostAt(fabric: Fabric): Promise<NodeId | null> {
  try {
    const answer = await fabric.request(HOST_SUBJECT, new Uint8Array(), HOST_MS_MAX);
    return nodeId(new TextDecoder().decode(answer));
  } catch (error) {
    if (error instanceof FabricError) return null;
    throw error;
  }
}
