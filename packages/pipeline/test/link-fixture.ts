/**
 * Opens links of every kind in the same way, for the contract and for the child process that it kills.
 *
 * Those with sockets go over the loopback interface; ports are chosen by the system.
 */
import { assert, systemClock } from "@skyvox/core";
import type { ChecksumKind } from "../src/checksum.ts";
import type { Link, LinkAccept, LinkKind, LinkTraits } from "../src/link.ts";
import type { LinkError } from "../src/link-error.ts";
import { connectShm, ShmListener, shmLinkLayout, shmTraits } from "../src/link-shm.ts";
import { connectTcp, TcpListener, tcpTraits } from "../src/link-tcp.ts";
import { connectUcx, UcxListener, ucxTraits } from "../src/link-ucx.ts";
import { connectUdp, UdpListener, udpTraits } from "../src/link-udp.ts";
import { RingConsumer, RingProducer } from "../src/ring.ts";
import { SharedSegment } from "../src/shared-segment.ts";
import { UcxNode } from "../src/ucx-node.ts";

/** Somebody who listens. */
export interface Listening extends Disposable {
  /** `127.0.0.1:PORT`, or what shared memory is found by. */
  readonly address: string;
}

/** What a test says about an end. */
export interface FixtureOptions {
  readonly address?: string;
  readonly checksum?: ChecksumKind;
  readonly accept: LinkAccept;
  readonly onRefused?: (fault: LinkError) => void;
}

/** One kind of link under test. */
export interface LinkFixture {
  readonly kind: LinkKind;
  readonly traits: LinkTraits;
  listen(options: FixtureOptions): Promise<Listening>;
  connect(options: FixtureOptions): Promise<Link>;
  /** Connects without the link's code and sends frames as they are; what comes back is thrown away. */
  sendRaw(address: string, frames: readonly Uint8Array[]): Promise<Disposable>;
}

const HOST = "127.0.0.1";

/** Port of an address with one. */
export function portOf(address: string): number {
  return Number(address.split(":").at(-1));
}

function endOptions({ checksum = "xxh3", accept, onRefused = unexpected }: FixtureOptions) {
  return { checksum, clock: systemClock, accept, onRefused } as const;
}

function socketOptions(options: FixtureOptions) {
  const { address = `${HOST}:0` } = options;
  return { ...endOptions(options), hostname: HOST, port: portOf(address) };
}

/** Gives what listens on a port its address. */
function at(listener: Disposable & { readonly port: number }): Listening {
  return { address: `${HOST}:${listener.port}`, [Symbol.dispose]: () => listener[Symbol.dispose]() };
}

function unexpected(fault: LinkError): never {
  throw fault;
}

const tcp: LinkFixture = {
  kind: "tcp",
  traits: tcpTraits,
  listen: async (options) => at(new TcpListener(socketOptions(options))),
  connect: (options) => connectTcp(socketOptions(options)),
  async sendRaw(address, frames) {
    const socket = await Bun.connect({ hostname: HOST, port: portOf(address), socket: { data: () => {} } });
    for (const frame of frames) socket.write(frame);
    return { [Symbol.dispose]: () => socket.end() };
  },
};

const ucx: LinkFixture = {
  kind: "ucx",
  traits: ucxTraits,
  listen: async (options) => at(await UcxListener.open(socketOptions(options))),
  connect: (options) => connectUcx(socketOptions(options)),
  async sendRaw(address, frames) {
    const node = await UcxNode.open({ hostname: HOST, port: 0 });
    node.connect(HOST, portOf(address), (peer) => {
      queueMicrotask(() => {
        for (const frame of frames) node.send(peer, frame);
      });
      return { onMessage: () => {}, onFetched: () => {}, onGone: () => {} };
    });
    return node;
  },
};

const udp: LinkFixture = {
  kind: "udp",
  traits: udpTraits,
  listen: async (options) => at(await UdpListener.open(socketOptions(options))),
  connect: (options) => connectUdp(socketOptions(options)),
  async sendRaw(address, frames) {
    const socket = await Bun.udpSocket({ connect: { hostname: HOST, port: portOf(address) } });
    for (const frame of frames) socket.send(frame);
    return { [Symbol.dispose]: () => socket.close() };
  },
};

const shm: LinkFixture = {
  kind: "shm",
  traits: shmTraits,
  listen: (options) => ShmListener.open({ ...endOptions(options), pools: [] }),
  connect: ({ address = "", ...options }) => connectShm({ ...endOptions(options), address, pools: [] }),
  async sendRaw(address, frames) {
    const [path = ""] = address.split("#");
    using stack = new DisposableStack();
    const segment = stack.use(SharedSegment.attach(path, shmLinkLayout));
    const producer = stack.use(new RingProducer(segment, 1));
    stack.use(new RingConsumer(segment, 0, { policy: "lossless" }));
    for (const frame of frames) {
      const slot = producer.claim();
      assert(slot.ok, "a fresh ring has room");
      slot.bytes.set(frame);
      producer.commit(frame.length);
    }
    return stack.move();
  },
};

/** Every kind there is. */
export const fixtures = { shm, tcp, udp, ucx } as const;
