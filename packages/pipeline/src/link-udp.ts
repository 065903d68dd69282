/**
 * Link over UDP, for motion records: what is lost stays lost, but is counted; what comes late is delivered late, with its number.
 *
 * One datagram is one frame. Who connects says so in every datagram by the number of its session, so that a sender that starts anew at
 * the same address is a new link. Datagrams stay below 1,472 bytes, so that Ethernet carries each in one piece; there are no transfers.
 *
 * Nobody is told when a peer dies: who connected learns it from the refusal of its next datagram, who listens does not learn it at all
 * and leaves that to heartbeats. A listener keeps 64 links; a stranger beyond is counted and dropped.
 */
import { type Clock, messageOf, SkyvoxError } from "@skyvox/core";
import { type ChecksumKind, checksumOf } from "./checksum.ts";
import type { Delivery, Link, LinkHandlers, LinkStatistics, LinkTraits, SendOutcome } from "./link.ts";
import type { ConnectOptions, EndOptions, ListenOptions } from "./link-address.ts";
import { LinkCounters } from "./link-counters.ts";
import { ChecksumError, LinkError } from "./link-error.ts";
import { encodeFrame, type FrameHeader, HEADER_BYTES, readHeader } from "./link-frame.ts";
import { SequenceWindow } from "./sequence-window.ts";

/** Payload of a datagram in one Ethernet frame: 1500 less the headers of IPv4 and UDP. */
const DATAGRAM_BYTES_MAX = 1472;
const PEERS_MAX = 64;

/** What UDP promises to who connects. */
export const udpTraits: LinkTraits = {
  isReliable: false,
  isOrdered: false,
  messageBytesMax: DATAGRAM_BYTES_MAX - HEADER_BYTES,
  transferBytesMax: 0,
  peerDeath: "onSend",
};

/**
 * Opens a link to a listener. Nothing is waited for: whether anybody listens shows when messages are sent.
 *
 * @throws {SkyvoxError} code "port" when there is no socket to be had.
 */
export async function connectUdp({ hostname, port, ...rest }: ConnectOptions): Promise<Link> {
  const peer = `${hostname}:${port}`;
  let link: UdpLink | undefined;
  const socket = await Bun.udpSocket({
    connect: { hostname, port },
    socket: {
      data: (_socket, bytes) => link?.arrived(bytes),
      // Bun hands over the error alone, whatever its types say: the refusal of a datagram that was sent before.
      error: (...told: unknown[]) => link?.refused(told.find((one) => one instanceof Error)),
    },
  }).catch((error: unknown): never => {
    throw new SkyvoxError("port", `Cannot open udp ${peer}: ${messageOf(error)}, need a socket`, { cause: error });
  });
  const session = sessionOf(rest.clock);
  const way: UdpWay = { send: (bytes) => socket.send(bytes), close: () => socket.close() };
  link = new UdpLink({ ...rest, peer, traits: udpTraits, session, way });
  link.greet();
  return link;
}

/** Takes links until it is disposed, which ends them all: they share its socket. */
export class UdpListener implements Disposable {
  readonly #socket: Bun.udp.Socket<"buffer">;
  readonly #options: ListenOptions;
  readonly #links = new Map<string, UdpLink>();

  /**
   * Starts to listen.
   *
   * @throws {SkyvoxError} code "port" when the port cannot be had.
   */
  static async open(options: ListenOptions): Promise<UdpListener> {
    const { hostname, port } = options;
    let listener: UdpListener | undefined;
    const socket = await Bun.udpSocket({
      ...{ hostname, port },
      socket: {
        data: (_socket, bytes, fromPort, address) => listener?.arrived(bytes, fromPort, address),
        // Which peer refused a datagram is not told.
        error: () => undefined,
      },
    }).catch((error: unknown): never => {
      const found = messageOf(error);
      throw new SkyvoxError("port", `Cannot listen on udp ${hostname}:${port}: ${found}, need a free port`, {
        cause: error,
      });
    });
    listener = new UdpListener(socket, options);
    return listener;
  }

  private constructor(socket: Bun.udp.Socket<"buffer">, options: ListenOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** The port that was taken. */
  get port(): number {
    return this.#socket.port;
  }

  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link.terminate();
    this.#socket.close();
  }

  /** Takes a datagram, whoever sent it. */
  arrived(bytes: Uint8Array, port: number, address: string): void {
    const peer = `${address}:${port}`;
    const known = this.#links.get(peer);
    const frame = frameOf(bytes, `udp ${peer}`);
    if (frame instanceof LinkError) {
      if (known === undefined) this.#options.onRefused(frame);
      else known.foreign(frame);
      return;
    }
    const session = frame.header.transfer;
    if (known?.session === session) {
      known.frame(frame.header, frame.payload);
      return;
    }
    if (frame.header.type === "bye") return;
    // The hello may be lost: any frame of a new session opens its link.
    known?.replaced();
    if (this.#links.size >= PEERS_MAX) {
      const found = `${PEERS_MAX} links`;
      this.#options.onRefused(
        new LinkError("refused", `udp ${peer}`, `Cannot take udp ${peer}: ${found}, need a free one`),
      );
      return;
    }
    const traits = { ...udpTraits, peerDeath: "unseen" } as const;
    const way: UdpWay = {
      send: (datagram) => this.#sendTo(datagram, port, address),
      close: () => this.#links.delete(peer),
    };
    const link = new UdpLink({ ...this.#options, peer, traits, session, way });
    this.#links.set(peer, link);
    link.frame(frame.header, frame.payload);
  }

  /** A refusal of an earlier datagram, to whomever, fails the next send and is gone with it. */
  #sendTo(datagram: Uint8Array, port: number, address: string): boolean {
    try {
      return this.#socket.send(datagram, port, address);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ECONNREFUSED")) throw error;
      return this.#socket.send(datagram, port, address);
    }
  }
}

/** How datagrams leave; false when the socket's buffer is full. */
interface UdpWay {
  send(datagram: Uint8Array): boolean;
  close(): void;
}

interface UdpLinkOptions extends EndOptions {
  readonly peer: string;
  readonly traits: LinkTraits;
  readonly session: number;
  readonly way: UdpWay;
}

class UdpLink implements Link {
  readonly kind = "udp";
  readonly peer: string;
  readonly traits: LinkTraits;
  readonly session: number;
  readonly #name: string;
  readonly #checksum: ChecksumKind;
  readonly #way: UdpWay;
  readonly #handlers: LinkHandlers;
  readonly #counters = new LinkCounters();
  readonly #window = new SequenceWindow();
  #messagesOut = 0;
  #end: LinkError | null | undefined;

  constructor({ peer, traits, session, way, checksum, accept }: UdpLinkOptions) {
    this.peer = peer;
    this.traits = traits;
    this.session = session;
    this.#name = `udp ${peer}`;
    this.#checksum = checksum;
    this.#way = way;
    this.#handlers = accept(this);
  }

  send(bytes: Uint8Array): SendOutcome {
    const { drops } = this.#counters;
    if (this.#end !== undefined) return { ok: false, reason: "closed" };
    if (bytes.length > this.traits.messageBytesMax) {
      drops.oversized++;
      return { ok: false, reason: "oversized" };
    }
    const sequence = this.#messagesOut;
    const outcome = this.#post(
      encodeFrame({
        ...{ type: "message", checksumKind: this.#checksum, sequence },
        ...{ transfer: this.session, payload: bytes },
      }),
    );
    if (outcome === "closed") return { ok: false, reason: "closed" };
    if (outcome === "full") {
      drops.full++;
      return { ok: false, reason: "full" };
    }
    this.#messagesOut++;
    this.#counters.sent(bytes.length);
    return { ok: true };
  }

  /** The kernel's buffer drains by itself in microseconds: a turn of the loop is all there is to wait for. */
  async whenWritable(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (this.#end !== undefined) throw this.#fault();
  }

  async offer(): Promise<Delivery> {
    if (this.#end !== undefined) throw this.#fault();
    this.#counters.drops.oversized++;
    return { ok: false, reason: "oversized" };
  }

  statistics(): LinkStatistics {
    const statistics = this.#counters.statistics();
    return { ...statistics, drops: { ...statistics.drops, lost: this.#window.lostCount } };
  }

  async close(): Promise<void> {
    if (this.#end === undefined) {
      this.#post(encodeFrame({ type: "bye", checksumKind: this.#checksum, transfer: this.session }));
    }
    this.#over(null);
  }

  terminate(): void {
    this.#over(null);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Says hello, so that the listener has a link before the first message. */
  greet(): void {
    this.#post(encodeFrame({ type: "hello", checksumKind: this.#checksum, transfer: this.session }));
  }

  /** Takes a datagram of the peer. */
  arrived(bytes: Uint8Array): void {
    const frame = frameOf(bytes, this.#name);
    if (frame instanceof LinkError) this.foreign(frame);
    else if (frame.header.transfer === this.session) this.frame(frame.header, frame.payload);
  }

  /** Takes what is no frame of a link. */
  foreign(fault: LinkError): void {
    if (this.#end !== undefined) return;
    this.#counters.drops.foreign++;
    this.#handlers.onFault(fault);
  }

  /** The host of the peer said that nobody listens there. */
  refused(error: unknown): void {
    const why = `Cannot go on with ${this.#name}: ${messageOf(error)}, need somebody who listens`;
    this.#over(new LinkError("lost", this.#name, why, { cause: error }));
  }

  /** A new session came from the same address. */
  replaced(): void {
    this.#over(
      new LinkError("lost", this.#name, `Cannot go on with ${this.#name}: it began anew, need the old session`),
    );
  }

  /** Takes a frame of this session. */
  frame({ type, sequence, checksumKind, checksum: expected }: FrameHeader, payload: Uint8Array): void {
    if (this.#end !== undefined) return;
    const found = checksumKind === "none" ? ~expected : checksumOf(checksumKind, payload, sequence);
    if (found !== expected) {
      this.#counters.checksumFailures++;
      this.#counters.drops.corrupt++;
      this.#handlers.onFault(new ChecksumError({ link: this.#name, what: type, sequence, expected, found }));
      return;
    }
    if (type === "bye") this.#over(null);
    if (type !== "message") return;
    const arrival = this.#window.arrive(sequence);
    if (arrival === "duplicate") {
      this.#counters.drops.duplicate++;
      return;
    }
    if (arrival === "late") this.#counters.reordered++;
    this.#counters.received(payload.length);
    // A taker that returns a promise is not waited for: the kernel would drop what comes meanwhile without a word.
    this.#handlers.onMessage({ bytes: payload, sequence });
  }

  #post(datagram: Uint8Array): "sent" | "full" | "closed" {
    try {
      return this.#way.send(datagram) ? "sent" : "full";
    } catch (error) {
      this.refused(error);
      return "closed";
    }
  }

  #over(fault: LinkError | null): void {
    if (this.#end !== undefined) return;
    this.#end = fault;
    this.#way.close();
    this.#handlers.onEnd(fault);
  }

  #fault(): LinkError {
    return this.#end ?? new LinkError("closed", this.#name, `Cannot use ${this.#name}: closed, need an open link`);
  }
}

/** Nanoseconds of the clock tell two starts apart; low 32 bits, as the header has them. */
function sessionOf(clock: Clock): number {
  return Number(BigInt.asUintN(32, clock.nowNs()));
}

function frameOf(bytes: Uint8Array, name: string): { header: FrameHeader; payload: Uint8Array } | LinkError {
  if (bytes.length < HEADER_BYTES)
    return refusal(name, "protocol", `${bytes.length} bytes`, `at least ${HEADER_BYTES}`);
  const result = readHeader(bytes);
  if (!result.ok) return refusal(name, result.fault, result.found, result.need);
  const payload = bytes.subarray(HEADER_BYTES);
  const { header } = result;
  if (payload.length === header.payloadBytes) return { header, payload };
  return refusal(name, "protocol", `${payload.length} bytes behind a header`, `${header.payloadBytes}`);
}

function refusal(name: string, fault: "protocol" | "version", found: string, need: string): LinkError {
  return new LinkError(fault, name, `Cannot read from ${name}: ${found}, need ${need}`);
}
