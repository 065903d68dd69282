/**
 * Sends and receives beacons: the thin shell around discovery-beacon.ts.
 *
 * An announcement goes to the directed broadcast address of every IPv4 interface (255.255.255.255 fails without a default route), to a
 * multicast group; seeds that are named, for networks that let neither through, are told alone. Nodes of one machine share the
 * port, so that all of them hear what is sent to everybody.
 */
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { type AlarmClock, messageOf, nowMsOf, repeat, SkyvoxError } from "@skyvox/core";
import type { Discovery, DiscoveryAction } from "./discovery-beacon.ts";

/** Port of the beacon. */
export const BEACON_PORT = 9999;
/** Group of the beacon, for use within one organisation (RFC 2365). */
export const BEACON_GROUP = "239.255.99.99";

const TICK_MS = 100;

/** What the owner of a beacon wants to hear. */
export type DiscoveryHandler = (action: Exclude<DiscoveryAction, { type: "send" }>) => void;

/** How a beacon is opened. */
export interface UdpBeaconOptions {
  readonly discovery: Discovery;
  readonly clock: AlarmClock;
  /** {@link BEACON_PORT}, but in tests. */
  readonly port: number;
  /** Addresses to listen on: for what is sent to everybody, and for answers; all of this machine where left out. */
  readonly hosts?: { readonly shared: string; readonly own: string };
  /** Where to broadcast to; null for the broadcast addresses of all interfaces. */
  readonly broadcasts: readonly string[] | null;
  /** Null for none. */
  readonly multicastGroup: string | null;
  readonly onAction: DiscoveryHandler;
}

/** An open beacon; dispose it to fall silent. */
export class UdpBeacon implements AsyncDisposable {
  readonly #options: UdpBeaconOptions;
  /** Hears what is sent to everybody, together with other nodes of this machine. */
  readonly #shared: Socket;
  /** Sends everything and hears the answers: on the shared port they might reach another node of this machine. */
  readonly #own: Socket;
  readonly #stopTicking: () => void;
  /** Datagrams that the system refused to send, by address: an interface may be down. */
  readonly #unsent = new Map<string, number>();

  private constructor(options: UdpBeaconOptions, sockets: { shared: Socket; own: Socket }) {
    this.#options = options;
    this.#shared = sockets.shared;
    this.#own = sockets.own;
    for (const socket of [this.#shared, this.#own]) {
      socket.on("message", (bytes, { address, port }) => {
        const event = { type: "datagram", from: `${address}:${port}`, bytes } as const;
        this.#do(options.discovery.step(nowMsOf(options.clock), event));
      });
    }
    this.#stopTicking = repeat(options.clock, TICK_MS, () => this.#tick());
    this.#tick();
  }

  /**
   * Opens the port and begins to announce.
   *
   * @throws {SkyvoxError} where the port cannot be opened.
   */
  static async open(options: UdpBeaconOptions): Promise<UdpBeacon> {
    const shared = createSocket({ type: "udp4", reuseAddr: true });
    const own = createSocket("udp4");
    try {
      await bind(shared, options.port, options.hosts?.shared);
      await bind(own, 0, options.hosts?.own);
      own.setBroadcast(true);
      if (options.multicastGroup !== null) joinGroup(shared, options.multicastGroup);
    } catch (error) {
      await Promise.all([close(shared), close(own)]);
      const message = `Cannot open beacon on UDP port ${options.port}: ${messageOf(error)}, need a port that may be shared`;
      throw new SkyvoxError("port", message, { cause: error });
    }
    return new UdpBeacon(options, { shared, own });
  }

  /** The port on which it hears what is sent to everybody. */
  get port(): number {
    return this.#shared.address().port;
  }

  /** How many datagrams the system refused to send, by address. */
  unsent(): ReadonlyMap<string, number> {
    return this.#unsent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTicking();
    await Promise.all([close(this.#shared), close(this.#own)]);
  }

  #tick(): void {
    this.#do(this.#options.discovery.step(nowMsOf(this.#options.clock), { type: "tick" }));
  }

  #do(actions: readonly DiscoveryAction[]): void {
    for (const action of actions) {
      if (action.type !== "send") this.#options.onAction(action);
      else if (action.to !== null) this.#send(action.to, action.bytes);
      else for (const to of this.#everybody()) this.#send(to, action.bytes);
    }
  }

  #everybody(): string[] {
    const { broadcasts, multicastGroup } = this.#options;
    const groups = [...(broadcasts ?? broadcastAddresses()), ...(multicastGroup === null ? [] : [multicastGroup])];
    return groups.map((address) => `${address}:${this.port}`);
  }

  #send(to: string, bytes: Uint8Array): void {
    const colon = to.lastIndexOf(":");
    this.#own.send(bytes, Number(to.slice(colon + 1)), to.slice(0, colon), (error) => {
      if (error != null) this.#unsent.set(to, (this.#unsent.get(to) ?? 0) + 1);
    });
  }
}

async function bind(socket: Socket, port: number, address?: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => resolve());
  await promise;
  socket.off("error", reject);
}

async function close(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.close(() => resolve());
  await promise;
}

/** The directed broadcast address of every IPv4 interface: all bits of the host part set. */
export function broadcastAddresses(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string[] {
  const addresses = Object.values(interfaces).flatMap((each) => each ?? []);
  const broadcasts = addresses
    .filter(({ family }) => family === "IPv4")
    .map(({ address, netmask }) => {
      const mask = netmask.split(".").map(Number);
      return address
        .split(".")
        .map((part, index) => (Number(part) | ~mask[index]!) & 255)
        .join(".");
    });
  return [...new Set(broadcasts)];
}

/** Joins on every IPv4 interface; one without multicast is left out. */
function joinGroup(socket: Socket, group: string): void {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const failures = addresses
    .filter(({ family }) => family === "IPv4")
    .map(({ address }) => tryJoin(socket, group, address));
  const failed = failures.filter((failure) => failure !== null);
  // On a machine where no interface takes it the broadcasts and seeds still go out, so only a wrong group is an error.
  if (failed.length > 0 && failed.every((message) => /EINVAL/.test(message))) throw new Error(failed[0]);
}

function tryJoin(socket: Socket, group: string, address: string): string | null {
  try {
    socket.addMembership(group, address);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
