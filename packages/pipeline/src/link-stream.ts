/**
 * A link's carrier over any stream of bytes that keeps their order: sockets, rings.
 *
 * Frames wait in a queue and are written together. A transfer is written straight from the sender's slot in parts of 1 MiB, between which
 * waiting messages go first; on arrival it is copied once, into the receiver's slot, while its checksum is computed. The stream itself (a
 * `BytePipe`) only takes bytes, and says when it takes more.
 */
import { FrameCutter, type FrameSink } from "./frame-cutter.ts";
import type { TransferView } from "./link.ts";
import type { LinkError } from "./link-error.ts";
import { type FrameHeader, type FrameType, HEADER_BYTES, writeHeader } from "./link-frame.ts";
import { type Carrier, LinkSession, type Pull, type SessionOptions } from "./link-session.ts";

/** The outgoing half of a stream. */
export interface BytePipe {
  /** Copies bytes into the stream and returns how many; when it is fewer than given, `StreamCarrier.pump` is called once there is room. */
  write(bytes: Uint8Array): number;
  /** Ends the stream behind what was written. */
  end(): void;
}

/** A faster way for the bytes of transfers, beside the stream. Disposed of when the link ends. */
export interface SideWay extends Disposable {
  /** Makes bytes ready to be had by it; empty where they have to go through the stream. */
  announce(transfer: number, bytes: Uint8Array): Uint8Array;
  /** The offer is settled: its bytes are the sender's again. */
  letGo(transfer: number): void;
  /** Fills the target of a pull and resolves to the checksum; null, at once or later, where it has to go through the stream. */
  fetch(pull: Pull): Promise<bigint | null> | null;
  /** Shows bytes where they lie; null where that cannot be. */
  view(ticket: Uint8Array, byteLength: number): TransferView | null;
}

/** What is special about a stream. */
export interface StreamOptions {
  readonly side?: SideWay;
  /** The memory of a chunk may go, or be written by the peer, while its taker still waits: messages are copied out of it first. */
  readonly lendsChunks?: boolean;
}

const PART_BYTES = 2 ** 20;
/** Small frames are joined up to this length before they are written. */
const JOINED_BYTES = 2 ** 16;
const NOTHING = new Uint8Array();

interface Serving {
  readonly transfer: number;
  readonly bytes: Uint8Array;
  offset: number;
}

interface Running {
  readonly pull: Pull;
  readonly done: PromiseWithResolvers<void>;
}

/** Moves the frames of one session through a stream. */
export class StreamCarrier implements Carrier, FrameSink {
  readonly session: LinkSession;
  queuedBytes = 0;
  readonly #side: SideWay | null;
  readonly #lendsChunks: boolean;
  readonly #cutter = new FrameCutter(this);
  readonly #frames: Uint8Array[] = [];
  readonly #serving: Serving[] = [];
  readonly #pulls = new Map<number, Running>();
  /** Buffers on their way, the first one written up to `#written`. */
  #writing: Uint8Array[] = [];
  #written = 0;
  #isScheduled = false;
  #isFinishing = false;
  #pipe: BytePipe | undefined;

  constructor(options: Omit<SessionOptions, "carrier">, { side, lendsChunks = false }: StreamOptions = {}) {
    this.#side = side ?? null;
    this.#lendsChunks = lendsChunks;
    this.session = new LinkSession({ ...options, carrier: this });
  }

  /** The stream is there. */
  opened(pipe: BytePipe): void {
    this.#pipe = pipe;
    this.session.greet();
  }

  /** Takes what has arrived. Nothing more may be given before the promise, if there is one, is settled; the chunk is borrowed until then. */
  arrived(chunk: Uint8Array): void | Promise<void> {
    return this.#cutter.feed(chunk);
  }

  /** The stream is gone. */
  ended(why: string): void {
    this.#pipe = undefined;
    this.session.lost(this.#cutter.isInside ? `${why} inside a frame` : why);
    this.#cutter.stop();
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

  announce(transfer: number, bytes: Uint8Array): Uint8Array {
    return this.#side?.announce(transfer, bytes) ?? NOTHING;
  }

  letGo(transfer: number): void {
    this.#side?.letGo(transfer);
  }

  async fetch(pull: Pull): Promise<bigint> {
    if (pull.target.length === 0) return pull.fill.finish();
    const beside = await (this.#side?.fetch(pull) ?? null);
    if (beside !== null) return beside;
    if (!this.session.isOpen) throw this.session.fault("finish with");
    const done = Promise.withResolvers<void>();
    this.#pulls.set(pull.transfer, { pull, done });
    this.session.ask(pull.transfer);
    await done.promise;
    return pull.fill.finish();
  }

  view(ticket: Uint8Array, byteLength: number): TransferView | null {
    return this.#side?.view(ticket, byteLength) ?? null;
  }

  abandon(error: LinkError): void {
    for (const { done } of this.#pulls.values()) done.reject(error);
    this.#pulls.clear();
    this.#side?.[Symbol.dispose]();
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
    this.#cutter.stop();
    this.#pipe?.end();
  }

  payloadBytesMax(type: FrameType): number {
    return type === "bytes" ? PART_BYTES : this.session.payloadBytesMax(type);
  }

  receive(header: FrameHeader, payload: Uint8Array): void | Promise<void> {
    const isCopied = this.#lendsChunks && header.type === "message";
    return this.session.receive(header, isCopied ? payload.slice() : payload);
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

  /** Writes until the stream takes no more or nothing is left. */
  pump(): void {
    const pipe = this.#pipe;
    if (pipe === undefined) return;
    for (;;) {
      const buffer = this.#writing[0] ?? this.#next();
      if (buffer === undefined) break;
      const taken = pipe.write(this.#written === 0 ? buffer : buffer.subarray(this.#written));
      if (taken < 0) return;
      this.#written += taken;
      if (this.#written < buffer.length) return;
      this.#written = 0;
      this.#writing.shift();
    }
    if (this.#isFinishing) pipe.end();
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
      ...{ type: "bytes", checksumKind: "none", sequence, payloadBytes },
      ...{ transfer, checksum: 0n, detail: 0 },
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
