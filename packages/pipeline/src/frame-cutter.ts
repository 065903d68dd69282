/**
 * Cuts a stream of bytes into frames.
 *
 * Chunks come as the socket has them. A payload that lies within one chunk is handed on in place, one that does not is put together first;
 * the payload of `bytes` frames is handed on in parts as they come, since it has a place of its own to go to. When a frame's taker returns
 * a promise, nothing more is cut until it is settled: what has arrived by then waits here, and the caller stops reading.
 */
import type { LinkFault } from "./link-error.ts";
import { type FrameHeader, type FrameType, HEADER_BYTES, readHeader } from "./link-frame.ts";

/** Takes what the reader cuts. */
export interface FrameSink {
  /** Longest payload that a frame of this type may have. */
  payloadBytesMax(type: FrameType): number;
  /** Takes a whole frame of any type but `bytes`; the payload is borrowed as long as the promise is pending. */
  receive(header: FrameHeader, payload: Uint8Array): void | Promise<void>;
  /** Takes the next part of the payload of a `bytes` frame; false when nobody wants it. */
  receivePart(header: FrameHeader, part: Uint8Array, isFirst: boolean): boolean;
  /** Hears that the stream makes no sense; nothing is cut after it. */
  fail(fault: LinkFault, found: string, need: string): void;
}

/** A reader of one stream. */
export class FrameCutter {
  readonly #sink: FrameSink;
  readonly #head = new Uint8Array(HEADER_BYTES);
  #headFilled = 0;
  #header: FrameHeader | undefined;
  #payload: Uint8Array | undefined;
  #payloadFilled = 0;
  #waiting: Uint8Array[] = [];
  #isPaused = false;
  #isDead = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** True when the stream stands in the middle of a frame. */
  get isInside(): boolean {
    return this.#headFilled > 0 || this.#header !== undefined;
  }

  /** Takes a chunk. Returns a promise when the caller must stop reading until it is settled. */
  feed(chunk: Uint8Array): void | Promise<void> {
    if (this.#isDead) return;
    this.#waiting.push(chunk);
    if (this.#isPaused) return;
    const pending = this.#cut();
    if (pending !== undefined) return this.#goOn(pending);
  }

  /** Drops what is waiting and cuts nothing more. */
  stop(): void {
    this.#isDead = true;
    this.#waiting = [];
  }

  async #goOn(first: Promise<void>): Promise<void> {
    this.#isPaused = true;
    for (let pending: Promise<void> | undefined = first; pending !== undefined; pending = this.#cut()) await pending;
    this.#isPaused = false;
  }

  /** Cuts until nothing is left or a taker must be waited for. */
  #cut(): Promise<void> | undefined {
    for (let chunk = this.#waiting.shift(); chunk !== undefined; chunk = this.#waiting.shift()) {
      let at = 0;
      while (at < chunk.length && !this.#isDead) {
        const { taken, pending } = this.#take(chunk.subarray(at));
        at += taken;
        if (pending === undefined) continue;
        if (at < chunk.length) this.#waiting.unshift(chunk.subarray(at));
        return pending;
      }
    }
    return undefined;
  }

  #take(chunk: Uint8Array): { taken: number; pending?: Promise<void> | undefined } {
    if (this.#header !== undefined) return this.#takePayload(this.#header, chunk);
    const part = chunk.subarray(0, HEADER_BYTES - this.#headFilled);
    this.#head.set(part, this.#headFilled);
    this.#headFilled += part.length;
    if (this.#headFilled < HEADER_BYTES) return { taken: part.length };
    this.#headFilled = 0;
    const result = readHeader(this.#head);
    if (!result.ok) return this.#die(result.fault, result.found, result.need);
    const { header } = result;
    const limit = this.#sink.payloadBytesMax(header.type);
    if (header.payloadBytes > limit) {
      return this.#die("oversized", `a "${header.type}" of ${header.payloadBytes} bytes`, `at most ${limit}`);
    }
    if (header.payloadBytes === 0) return { taken: part.length, pending: this.#deliver(header, EMPTY) };
    this.#header = header;
    this.#payloadFilled = 0;
    return { taken: part.length };
  }

  #takePayload(header: FrameHeader, chunk: Uint8Array): { taken: number; pending?: Promise<void> | undefined } {
    const part = chunk.subarray(0, header.payloadBytes - this.#payloadFilled);
    const isFirst = this.#payloadFilled === 0;
    const isLast = this.#payloadFilled + part.length === header.payloadBytes;
    this.#payloadFilled += part.length;
    if (isLast) this.#header = undefined;
    if (header.type === "bytes") {
      if (this.#sink.receivePart(header, part, isFirst)) return { taken: part.length };
      return this.#die("protocol", "bytes that nobody asked for", "a pull first");
    }
    if (isFirst && isLast) return { taken: part.length, pending: this.#deliver(header, part) };
    this.#payload ??= new Uint8Array(header.payloadBytes);
    this.#payload.set(part, this.#payloadFilled - part.length);
    if (!isLast) return { taken: part.length };
    const whole = this.#payload;
    this.#payload = undefined;
    return { taken: part.length, pending: this.#deliver(header, whole) };
  }

  #deliver(header: FrameHeader, payload: Uint8Array): Promise<void> | undefined {
    return this.#sink.receive(header, payload) ?? undefined;
  }

  #die(fault: LinkFault, found: string, need: string): { taken: number } {
    this.stop();
    this.#sink.fail(fault, found, need);
    return { taken: 0 };
  }
}

const EMPTY = new Uint8Array();
