/**
 * The source's side of a camera: reads the source as it is asked and writes its frames into shared memory; see `frame-exchange.ts`.
 *
 * It looks for requests once a millisecond and reads nothing that nobody asked for. A reader that is gone leaves nothing behind: the next
 * one has a session of its own, and what was read for the one before is overwritten.
 */

import { assert, type Frame, SkyvoxError } from "@skyvox/core";
import { checksumOf, FramePool, RingConsumer, RingProducer, type SharedSegment } from "@skyvox/pipeline";
import { exchangePart, type FrameAnswer, type FrameRequest, readRequest, writeAnswer } from "./frame-exchange.ts";
import type { FrameSource } from "./source.ts";

const POLL_MS = 1;
/** Formats of pixels in the words of a frame. */
export const GREY8 = 0;

/** Serves one source; disposed of before its segment. The source stays the caller's. */
export class SourceServer implements Disposable {
  /** Tells this server from any before it and after it. */
  readonly #id = ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) | 1) >>> 0;
  readonly #requests: RingConsumer;
  readonly #answers: RingProducer;
  readonly #pool: FramePool;
  readonly #isChecked: boolean;
  #request: FrameRequest | null = null;
  #served = 0;
  #isOpen = true;

  /** Opens the server's end, which from now on hears requests. `isChecked`: a checksum goes with every frame. */
  constructor(segment: SharedSegment, { isChecked = true }: { readonly isChecked?: boolean } = {}) {
    this.#isChecked = isChecked;
    this.#requests = new RingConsumer(segment, exchangePart.requests, { policy: "latest" });
    this.#answers = new RingProducer(segment, exchangePart.answers);
    this.#pool = new FramePool(segment, exchangePart.pool);
  }

  /** Serves until it is disposed of. What the source throws is answered, to this reader and to any after it. */
  async serve(source: FrameSource): Promise<void> {
    for (let over: "end" | SkyvoxError | null = null; this.#isOpen; ) {
      const request = this.#newest();
      if (request === null || this.#served >= this.#wantedOf(request)) await Bun.sleep(POLL_MS);
      else if (over === null) over = await this.#serveFrame(source, request);
      else await this.#tellEnd(source, request, over);
    }
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pool[Symbol.dispose]();
    this.#answers[Symbol.dispose]();
    this.#requests[Symbol.dispose]();
  }

  /** Frames that a request wants of this server; of one that its reader has not heard of yet, as many as it asks for ahead. */
  #wantedOf({ server, received, wanted }: FrameRequest): number {
    return server === this.#id ? wanted : wanted - received;
  }

  /** The newest request. */
  #newest(): FrameRequest | null {
    const slot = this.#requests.take();
    if (!slot.ok) return this.#request;
    const request = readRequest(slot.view);
    this.#requests.release();
    if (request.session !== this.#request?.session) this.#served = 0;
    this.#request = request;
    return request;
  }

  /** Reads one frame into a slot and answers with it; returns how the source has ended, or null. */
  async #serveFrame(source: FrameSource, { session, notBeforeNs }: FrameRequest): Promise<"end" | SkyvoxError | null> {
    const slot = this.#pool.acquire();
    if (!slot.ok) {
      await Bun.sleep(POLL_MS);
      return null;
    }
    let frame: Frame | null;
    try {
      frame = await source.next(notBeforeNs ?? undefined, slot.bytes);
    } catch (error) {
      if (!(error instanceof SkyvoxError)) throw error;
      if (this.#isOpen) this.#pool.abort(slot);
      return error;
    }
    if (!this.#isOpen) return "end";
    if (frame === null) {
      this.#pool.abort(slot);
      return "end";
    }
    assert(frame.pixels.buffer === slot.bytes.buffer, "the source has written into the slot");
    const { seq: sequence, captureNs, clockState, timeSigmaNs } = frame;
    const { bytes, index } = slot;
    const checksum = this.#isChecked ? checksumOf("xxh3", bytes, sequence) : 0n;
    this.#pool.commit(slot, {
      sequence,
      captureNs,
      byteLength: bytes.length,
      camera: 0,
      format: GREY8,
      checksum,
      flags: 0,
    });
    this.#served += 1;
    const { generation } = slot;
    await this.#answer(source, { session, kind: "frame", slot: index, generation, clockState, timeSigmaNs });
    return null;
  }

  async #tellEnd(source: FrameSource, request: FrameRequest, over: "end" | SkyvoxError): Promise<void> {
    const { session } = request;
    this.#served = this.#wantedOf(request);
    await this.#answer(
      source,
      over === "end" ? { session, kind: "end" } : { session, kind: "failed", text: over.message },
    );
  }

  async #answer(source: FrameSource, answer: Told<FrameAnswer>): Promise<void> {
    let slot = this.#answers.claim();
    while (!slot.ok) {
      await Bun.sleep(POLL_MS);
      if (!this.#isOpen) return;
      slot = this.#answers.claim();
    }
    const { delivered, skipped, missing } = source.stats;
    const told = { ...answer, server: this.#id, counts: { delivered, skipped, missing } };
    this.#answers.commit(writeAnswer(slot.view, told));
  }
}

/** An answer before it says who answers. */
type Told<Answer> = Answer extends FrameAnswer ? Omit<Answer, "server" | "counts"> : never;
