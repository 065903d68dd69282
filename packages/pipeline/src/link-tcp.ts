/**
 * Link over TCP, through Bun's sockets: everywhere available, reliable, in order.
 *
 * Frames wait in a queue and are written together; where the kernel takes less than it is given, writing goes on when it drains. A
 * transfer is written straight from the sender's slot in parts of 1 MiB, between which waiting messages go first, and copied once on
 * arrival, into the receiver's slot, while its checksum is computed.
 *
 * The end of the peer's process closes the connection: the kernel does that whatever kills it. A cable that is pulled shows only to
 * who listens for heartbeats above.
 */
import { assert, messageOf } from "@skyvox/core";
import type { Socket, TCPSocketListener } from "bun";
import { FrameCutter, type FrameSink } from "./frame-cutter.ts";
import type { Link, LinkTraits } from "./link.ts";
import type { ConnectOptions, ListenOptions } from "./link-address.ts";
import { LinkError } from "./link-error.ts";
import { type FrameHeader, type FrameType, HEADER_BYTES, writeHeader } from "./link-frame.ts";
import { type Carrier, LinkSession, type Pull } from "./link-session.ts";

/** What TCP promises. */
export const tcpTraits: LinkTraits = {
  isReliable: true,
  isOrdered: true,
  messageBytesMax: 2 ** 20,
  transferBytesMax: 2 ** 30,
  peerDeath: "atOnce",
};

const PART_BYTES = 2 ** 20;
/** Small frames are joined up to this length before they are written. */
const JOINED_BYTES = 2 ** 16;

/**
 * Opens a link to a listener.
 *
 * @throws {LinkError} when nobody listens, or what listens does not speak this version.
 */
export async function connectTcp({ hostname, port, ...rest }: ConnectOptions): Promise<Link> {
  const peer = `${hostname}:${port}`;
  const carrier = new TcpCarrier();
  const session = new LinkSession({ ...rest, kind: "tcp", peer, traits: tcpTraits, carrier });
  carrier.session = session;
  try {
    await Bun.connect({ hostname, port, data: carrier, socket: handlers });
  } catch (error) {
    throw new LinkError(
      "lost",
      session.name,
      `Cannot connect to ${session.name}: ${messageOf(error)}, need a listener`,
      {
        cause: error,
      },
    );
  }
  await session.greeted;
  return session;
}

/** Takes links until it is disposed; links that it gave out stay open. */
export class TcpListener implements Disposable {
  readonly #server: TCPSocketListener<TcpCarrier>;
  readonly #strangers = new Set<TcpCarrier>();

  /** @throws when the address cannot be listened on. */
  constructor({ hostname, port, onRefused, ...rest }: ListenOptions) {
    const open = (socket: Socket<TcpCarrier>): void => {
      const carrier = new TcpCarrier();
      socket.data = carrier;
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      const session = new LinkSession({ ...rest, kind: "tcp", peer, traits: tcpTraits, carrier });
      carrier.session = session;
      this.#strangers.add(carrier);
      session.greeted.catch(onRefused).finally(() => this.#strangers.delete(carrier));
      handlers.open(socket);
    };
    this.#server = Bun.listen<TcpCarrier>({ hostname, port, socket: { ...handlers, open } });
  }

  /** The port that was taken. */
  get port(): number {
    return this.#server.port;
  }

  [Symbol.dispose](): void {
    this.#server.stop();
    for (const stranger of this.#strangers) stranger.session.terminate();
  }
}

const handlers = {
  binaryType: "uint8array",
  open: (socket: Socket<TcpCarrier>) => socket.data.open(socket),
  data: (socket: Socket<TcpCarrier>, chunk: Uint8Array) => socket.data.arrived(chunk),
  drain: (socket: Socket<TcpCarrier>) => socket.data.pump(),
  close: (socket: Socket<TcpCarrier>, error?: Error) => socket.data.closed(error),
  error: (socket: Socket<TcpCarrier>, error: Error) => {
    socket.data.session.terminate();
    throw error;
  },
} as const;

interface Serving {
  readonly transfer: number;
  readonly bytes: Uint8Array;
  offset: number;
}

class TcpCarrier implements Carrier, FrameSink {
  queuedBytes = 0;
  readonly #reader = new FrameCutter(this);
  readonly #frames: Uint8Array[] = [];
  readonly #serving: Serving[] = [];
  readonly #pulls = new Map<number, { readonly pull: Pull; readonly done: PromiseWithResolvers<void> }>();
  /** Buffers on their way, the first one written up to `#written`. */
  #writing: Uint8Array[] = [];
  #written = 0;
  #isScheduled = false;
  #isFinishing = false;
  #socket: Socket<TcpCarrier> | undefined;
  #session: LinkSession | undefined;

  get session(): LinkSession {
    assert(this.#session !== undefined, "a carrier has its session");
    return this.#session;
  }

  set session(session: LinkSession) {
    this.#session = session;
  }

  open(socket: Socket<TcpCarrier>): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    this.session.greet();
  }

  arrived(chunk: Uint8Array): void {
    const pending = this.#reader.feed(chunk);
    if (pending === undefined) return;
    this.#socket?.pause();
    pending.then(() => this.#socket?.resume());
  }

  closed(error: Error | undefined): void {
    this.#socket = undefined;
    const { session } = this;
    const end = error === undefined ? "the connection ended" : messageOf(error);
    session.lost(this.#reader.isInside ? `${end} inside a frame` : end);
    this.#reader.stop();
    this.#serving.length = 0;
  }

  post(frame: Uint8Array): void {
    this.queuedBytes += frame.length;
    this.#frames.push(frame);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.pump();
    });
  }

  announce(): Uint8Array {
    return NOTHING;
  }

  fetch(pull: Pull): Promise<void> {
    if (pull.target.length === 0) return Promise.resolve();
    const done = Promise.withResolvers<void>();
    this.#pulls.set(pull.transfer, { pull, done });
    this.session.ask(pull.transfer);
    return done.promise;
  }

  abandon(error: LinkError): void {
    for (const { done } of this.#pulls.values()) done.reject(error);
    this.#pulls.clear();
  }

  serve(transfer: number, bytes: Uint8Array): void {
    this.#serving.push({ transfer, bytes, offset: 0 });
    this.pump();
  }

  finish(): void {
    this.#isFinishing = true;
    this.pump();
  }

  cut(): void {
    this.pump();
    this.#reader.stop();
    this.#socket?.end();
  }

  payloadBytesMax(type: FrameType): number {
    return type === "bytes" ? PART_BYTES : this.session.payloadBytesMax(type);
  }

  receive(header: FrameHeader, payload: Uint8Array): void | Promise<void> {
    return this.session.receive(header, payload);
  }

  receivePart({ transfer, sequence, payloadBytes }: FrameHeader, part: Uint8Array, isFirst: boolean): boolean {
    const running = this.#pulls.get(transfer);
    // What was asked for before the end may still come; its target is the caller's again.
    if (running === undefined) return !this.session.isOpen;
    const { fill, target } = running.pull;
    if (isFirst && (sequence !== fill.filledBytes || sequence + payloadBytes > target.length)) return false;
    fill.copy(part);
    if (fill.filledBytes < target.length) return true;
    this.#pulls.delete(transfer);
    running.done.resolve();
    return true;
  }

  fail(...why: Parameters<LinkSession["fail"]>): void {
    this.session.fail(...why);
  }

  /** Writes until the kernel takes no more or nothing is left. */
  pump(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    for (;;) {
      const buffer = this.#writing[0] ?? this.#next();
      if (buffer === undefined) break;
      const taken = socket.write(this.#written === 0 ? buffer : buffer.subarray(this.#written));
      if (taken < 0) return;
      this.#written += taken;
      if (this.#written < buffer.length) return;
      this.#written = 0;
      this.#writing.shift();
    }
    if (this.#isFinishing) socket.end();
  }

  /** Takes what is to be written next: messages first, then a part of the oldest transfer. */
  #next(): Uint8Array | undefined {
    if (this.#frames.length > 0) {
      this.#writing = [this.#joined()];
      this.session.drained();
      return this.#writing[0];
    }
    const serving = this.#serving[0];
    if (serving === undefined) return undefined;
    const { transfer, offset: sequence, bytes } = serving;
    const part = bytes.subarray(sequence, sequence + PART_BYTES);
    serving.offset += part.length;
    if (serving.offset === bytes.length) this.#serving.shift();
    const header = new Uint8Array(HEADER_BYTES);
    const payloadBytes = part.length;
    writeHeader(header, {
      type: "bytes",
      checksumKind: "none",
      sequence,
      payloadBytes,
      transfer,
      checksum: 0n,
      detail: 0,
    });
    this.#writing = [header, part];
    return header;
  }

  #joined(): Uint8Array {
    let count = 0;
    let byteLength = 0;
    while (count < this.#frames.length && (count === 0 || byteLength + this.#frames[count]!.length <= JOINED_BYTES)) {
      byteLength += this.#frames[count++]!.length;
    }
    this.queuedBytes -= byteLength;
    const frames = this.#frames.splice(0, count);
    if (frames.length === 1) return frames[0]!;
    const joined = new Uint8Array(byteLength);
    let at = 0;
    for (const frame of frames) {
      joined.set(frame, at);
      at += frame.length;
    }
    return joined;
  }
}

const NOTHING = new Uint8Array();
