/**
 * A node's way into its cluster: its own engine where it may lead, its beacon, and the fabric that is at home on one engine of all.
 *
 * A node that starts listens a moment for others. It goes home where they are; where nobody has a home yet, the first by name makes its own
 * engine home and the others follow. Two homes, as after a network was cut in two, become one: who hears of a home whose users obey
 * a later epoch, or the same one at an earlier address, goes there.
 */
import {
  type Announcement,
  BEACON_GROUP,
  beaconKey,
  connectionName,
  Discovery,
  type DiscoveryRefusal,
  type EngineTls,
  engineCredentials,
  engineSecret,
  FabricError,
  findNatsServer,
  isLoopback,
  type NatsCredentials,
  NatsPulse,
  NatsServerChild,
  type NodeId,
  type NodeLife,
  nodeId,
  UdpBeacon,
} from "@skyvox/cluster";
import { createPrng, messageOf, SkyvoxError, systemAlarmClock } from "@skyvox/core";
import { type Home, HomeFabric } from "./home-fabric.ts";

/** How a cluster is found and entered. */
export interface ClusterLinkOptions {
  readonly clusterId: string;
  readonly self: NodeId;
  readonly life: NodeLife;
  readonly role: "master" | "worker";
  readonly token: string;
  /** Address on which its engine listens. */
  readonly listen: string;
  /** Certificate of its engine, by reference; null for none. */
  readonly tls: EngineTls | null;
  /** Authority that signed the engines' certificates; null for those the system trusts. */
  readonly caFile: string | null;
  readonly beaconPort: number;
  /** Address of an engine to go to at once; null to listen for beacons. */
  readonly join: string | null;
  /** Engines of nodes that are known by their cards. */
  readonly homes: () => readonly Home[];
  readonly onHome: (home: Home, why: string | null) => void;
  /** One line about something that was refused. */
  readonly onRefused: (line: string) => void;
}

/** How long a node listens for others before it makes a home of its own. */
const LISTEN_MS = 600;
/** How long it waits for others that start at the same time and come before it by name. */
const EARLIER_MS_MAX = 3000;
const LOOK_MS = 20;
/** How long an engine that is named may take to answer. */
const JOIN_MS_MAX = 10_000;

/** See the head of this file. Owns the engine, the beacon and the fabric. */
export class ClusterLink implements AsyncDisposable {
  readonly fabric: HomeFabric;
  readonly #options: ClusterLinkOptions;
  readonly #secret: Uint8Array;
  readonly #discovery: Discovery;
  readonly #stack = new AsyncDisposableStack();
  #engine: NatsServerChild | null = null;
  #pulse: NatsPulse | null = null;
  #address = "";
  #epoch = 0;
  #turnedAway = 0;
  #isMoving = false;

  private constructor(options: ClusterLinkOptions) {
    this.#options = options;
    const { clusterId, self, life, token } = options;
    const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
    this.#discovery = new Discovery({
      ...{ clusterId, key: beaconKey(token), prng: createPrng(seed), seeds: [], self: this.#announcement() },
    });
    this.#secret = engineSecret(token);
    this.fabric = this.#stack.use(
      new HomeFabric({
        ...{ name: connectionName(self, life), self, homes: () => this.#homes() },
        credentialsAt: (url) => this.#credentialsAt(url),
        onHome: (home, why) => {
          this.#describe();
          this.#pulse?.setCredentials(this.#credentialsAt(home.url));
          options.onHome(home, why);
        },
        onRefused: ({ line, total }) => {
          this.#turnedAway = Math.max(this.#turnedAway, total);
          if (line !== null) options.onRefused(line);
        },
      }),
    );
  }

  /**
   * Enters the cluster: comes back when the fabric is at home.
   *
   * @throws {SkyvoxError} "port" for a beacon that cannot be opened; FabricError for an engine that was named and refuses.
   */
  static async open(options: ClusterLinkOptions, interrupted: Promise<unknown>): Promise<ClusterLink> {
    const link = new ClusterLink(options);
    try {
      await link.#start(interrupted);
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the node's own engine listens; null where it has none. */
  get engineUrl(): string | null {
    return this.#engine?.urls[0] ?? null;
  }

  /** What its own engine cannot promise, a sentence each. */
  get engineLimits(): readonly string[] {
    if (this.#engine !== null) return this.#engine.limits;
    return this.#options.role === "master"
      ? ["no nats-server here: this node cannot take over as host of the engine"]
      : [];
  }

  /** What was refused since the start, by what it was. */
  refused(): ReadonlyMap<DiscoveryRefusal | "connection", number> {
    return new Map<DiscoveryRefusal | "connection", number>([
      ...this.#discovery.refused(),
      ...(this.#turnedAway > 0 ? ([["connection", this.#turnedAway]] as const) : []),
    ]);
  }

  /** Says from now on that this node lives, from a thread of its own; the caller disposes it. */
  startPulse(): AsyncDisposable {
    const { self, life, onRefused } = this.#options;
    this.#pulse = new NatsPulse({
      ...{ nodeId: self, life, clock: systemAlarmClock, onFault: onRefused },
      credentials: this.#credentialsAt(this.fabric.home?.url ?? ""),
    });
    return this.#pulse;
  }

  /** Says in beacons where the node's API listens and which epoch it obeys. */
  announce({ address, epoch }: { readonly address: string; readonly epoch: number }): void {
    if (address === this.#address && epoch === this.#epoch) return;
    this.#address = address;
    this.#epoch = epoch;
    this.#describe();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #start(interrupted: Promise<unknown>): Promise<void> {
    const { role, listen, tls, beaconPort, join } = this.#options;
    if (role === "master" && findNatsServer(null) !== null) {
      const engine = await NatsServerChild.start({ host: listen, program: null, secret: this.#secret, tls });
      // Others hear by the fabric that this node goes; its engine must not go before.
      this.#engine = this.#stack.use(engine);
      this.#stack.use(this.fabric);
    }
    const isLocal = isLoopback(listen);
    const beacon = await UdpBeacon.open({
      ...{ discovery: this.#discovery, clock: systemAlarmClock, port: beaconPort },
      ...(isLocal ? { hosts: { shared: LOOPBACK_BROADCAST, own: "127.0.0.1" } } : {}),
      broadcasts: isLocal ? [LOOPBACK_BROADCAST] : null,
      multicastGroup: isLocal ? null : BEACON_GROUP,
      onAction: (action) => {
        if (action.type === "tell") this.#options.onRefused(action.line);
        if (action.type === "found" || action.type === "changed") this.#hear(action.announcement);
      },
    });
    this.#stack.use(beacon);
    this.#describe();
    if (join === null) await this.#findHome(interrupted);
    else await this.#join(join);
  }

  #credentialsAt(url: string): NatsCredentials {
    return engineCredentials(url, this.#secret, { caFile: this.#options.caFile });
  }

  async #join(url: string): Promise<void> {
    const endMs = performance.now() + JOIN_MS_MAX;
    for (;;) {
      try {
        await this.fabric.goTo(url);
        return;
      } catch (error) {
        // A wrong token or an authority that is not known is no matter of time.
        const isFinal = !(error instanceof FabricError) || /authorization|certificate/i.test(error.message);
        if (isFinal || performance.now() > endMs) throw error;
        await Bun.sleep(LOOK_MS);
      }
    }
  }

  async #findHome(interrupted: Promise<unknown>): Promise<void> {
    let isOver = false;
    void interrupted.then(() => {
      isOver = true;
    });
    const begunMs = performance.now();
    const { self, role } = this.#options;
    while (!isOver) {
      for (const home of this.#homesInUse()) if (await this.#try(home)) return;
      const waitedMs = performance.now() - begunMs;
      const hasEarlier = this.#discovery.found().some((other) => ownUrlOf(other) !== null && other.nodeId < self);
      const isTime = waitedMs > (hasEarlier ? EARLIER_MS_MAX : LISTEN_MS);
      const url = this.engineUrl;
      if (isTime && role === "master" && url !== null) {
        await this.fabric.go({ url, host: self }, null);
        return;
      }
      if (isTime && role === "master") {
        throw new SkyvoxError(
          "missing-program",
          "Cannot found a cluster: no nats-server was found, need the Debian package nats-server",
        );
      }
      await Bun.sleep(LOOK_MS);
    }
    throw new SkyvoxError("usage", "Cannot join a cluster: interrupted before a master was heard, need one");
  }

  async #try(home: Home): Promise<boolean> {
    try {
      await this.fabric.go(home, null);
      return true;
    } catch (error) {
      if (error instanceof FabricError) return false;
      throw error;
    }
  }

  /** Engines of nodes heard or known by their cards, its own among them, by the names of their nodes. */
  #homes(): Home[] {
    const homes = new Map<NodeId, Home>();
    for (const home of this.#options.homes()) homes.set(home.host, home);
    for (const other of this.#discovery.found()) {
      const url = ownUrlOf(other);
      if (url !== null) homes.set(nodeId(other.nodeId), { url, host: nodeId(other.nodeId) });
    }
    const { self } = this.#options;
    const url = this.engineUrl;
    if (url !== null) homes.set(self, { url, host: self });
    return [...homes.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
  }

  /** Homes that others say they are at, best first. */
  #homesInUse(): Home[] {
    const known = new Map(this.#homes().map((home) => [home.url, home]));
    const inUse = this.#discovery.found().flatMap((other) => {
      const home = known.get(other.engineUrls[0] ?? "");
      return home === undefined ? [] : [{ home, epoch: other.epoch }];
    });
    return inUse.sort((a, b) => b.epoch - a.epoch || (a.home.url < b.home.url ? -1 : 1)).map(({ home }) => home);
  }

  /** Goes to the home of others where it counts more than the one it is at. */
  #hear({ engineUrls: [theirs = ""], epoch }: Announcement): void {
    const { home, isThere } = this.fabric;
    if (home === null || !isThere || theirs === "" || theirs === home.url || this.#isMoving) return;
    if (epoch < this.#epoch || (epoch === this.#epoch && theirs > home.url)) return;
    const better = this.#homes().find(({ url }) => url === theirs);
    if (better === undefined) return;
    this.#isMoving = true;
    const why = `epoch ${epoch} is in force at the engine of "${better.host}"`;
    this.fabric
      .go(better, why)
      .catch((error: unknown) => {
        // What others said of it is no longer so.
        if (!(error instanceof FabricError)) throw error;
        this.#options.onRefused(messageOf(error));
      })
      .finally(() => {
        this.#isMoving = false;
      });
  }

  #describe(): void {
    this.#discovery.describe(this.#announcement());
  }

  /** The first address is the home in use, the second its own engine; empty where there is none. */
  #announcement(): Omit<Announcement, "sequence"> {
    const { self, life, role } = this.#options;
    const engineUrls = [this.fabric?.home?.url ?? "", this.engineUrl ?? ""];
    return { nodeId: self, life, role, engineUrls, controlUrl: this.#address, epoch: this.#epoch };
  }
}

const LOOPBACK_BROADCAST = "127.255.255.255";

function ownUrlOf({ engineUrls: [, own = ""] }: Announcement): string | null {
  return own === "" ? null : own;
}
