/**
 * Opens links of every kind in the same way, for the contract and for the child process that it kills.
 *
 * All of them go over the loopback interface; ports are chosen by the system.
 */
import { systemClock } from "@skyvox/core";
import type { ChecksumKind } from "../src/checksum.ts";
import type { Link, LinkAccept, LinkKind, LinkTraits } from "../src/link.ts";
import type { LinkError } from "../src/link-error.ts";
import { connectTcp, TcpListener, tcpTraits } from "../src/link-tcp.ts";
import { connectUcx, UcxListener, ucxTraits } from "../src/link-ucx.ts";
import { connectUdp, UdpListener, udpTraits } from "../src/link-udp.ts";
import { UcxNode } from "../src/ucx-node.ts";

/** Somebody who listens. */
export interface Listening extends Disposable {
  readonly port: number;
}

/** What a test says about an end. */
export interface FixtureOptions {
  readonly port?: number;
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
  sendRaw(port: number, frames: readonly Uint8Array[]): Promise<Disposable>;
}

const HOST = "127.0.0.1";

function endOptions({ port = 0, checksum = "xxh3", accept, onRefused = unexpected }: FixtureOptions) {
  return { hostname: HOST, port, checksum, clock: systemClock, accept, onRefused };
}

function unexpected(fault: LinkError): never {
  throw fault;
}

const tcp: LinkFixture = {
  kind: "tcp",
  traits: tcpTraits,
  listen: async (options) => new TcpListener(endOptions(options)),
  connect: (options) => connectTcp(endOptions(options)),
  async sendRaw(port, frames) {
    const socket = await Bun.connect({ hostname: HOST, port, socket: { data: () => {} } });
    for (const frame of frames) socket.write(frame);
    return { [Symbol.dispose]: () => socket.end() };
  },
};

const ucx: LinkFixture = {
  kind: "ucx",
  traits: ucxTraits,
  listen: (options) => UcxListener.open(endOptions(options)),
  connect: (options) => connectUcx(endOptions(options)),
  async sendRaw(port, frames) {
    const node = await UcxNode.open({ hostname: HOST, port: 0 });
    node.connect(HOST, port, (peer) => {
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
  listen: (options) => UdpListener.open(endOptions(options)),
  connect: (options) => connectUdp(endOptions(options)),
  async sendRaw(port, frames) {
    const socket = await Bun.udpSocket({ connect: { hostname: HOST, port } });
    for (const frame of frames) socket.send(frame);
    return { [Symbol.dispose]: () => socket.close() };
  },
};

/** Every kind there is. */
export const fixtures = { tcp, udp, ucx } as const;
