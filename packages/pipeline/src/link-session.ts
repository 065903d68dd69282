/**
 * What reliable links share: greetings, messages with back pressure, transfers, checksums, counters, the end.
 *
 * A carrier below moves whole frames in order and fetches the bytes of a transfer in its own way (`Carrier`); it hands every frame that
 * arrives to `receive`. The session asks no socket and no clock of the system, so it is the same over tcp and over ucx.
 *
 * An end is final and told once: work that waits is answered with the error, then the owner hears `onEnd`.
 */
import type { Clock } from "@skyvox/core";
import { type ChecksumFill, type ChecksumKind, checksumOf } from "./checksum.ts";
import {
  DESCRIPTION_BYTES_MAX,
  type Delivery,
  type Link,
  type LinkAccept,
  type LinkHandlers,
  type LinkKind,
  type LinkStatistics,
  type LinkTraits,
  type SendOutcome,
  type TransferSource,
  type TransferView,
} from "./link.ts";
import { LinkCounters } from "./link-counters.ts";
import { ChecksumError, LinkError, type LinkFault } from "./link-error.ts";
import {
  encodeFrame,
  type FrameHeader,
  type FrameParts,
  type FrameType,
  HEADER_BYTES,
  offerBytesMax,
} from "./link-frame.ts";
import { LinkTransfers } from "./link-transfers.ts";

/** Bytes of frames that may wait on their way out; a message that would pass it is refused. */
export const QUEUE_BYTES_MAX = 4 * 2 ** 20;
/** Longest reason that a `bye` gives. */
const BYE_BYTES_MAX = 1024;

/** A transfer that is being fetched. */
export interface Pull {
  readonly transfer: number;
  /** What the peer's carrier announced. */
  readonly ticket: Uint8Array;
  readonly target: Uint8Array;
  /** What the checksum is of: the kind, and the sequence that seeds it. */
  readonly kind: ChecksumKind;
  readonly sequence: number;
  readonly fill: ChecksumFill;
}

/** Moves frames for a session. */
export interface Carrier {
  /** Queues a frame, which is the carrier's from here on. */
  post(frame: Uint8Array): void;
  /** Bytes of frames that wait. */
  readonly queuedBytes: number;
  /** Makes the bytes of an offer ready to be fetched; what it returns travels with the offer. */
  announce(transfer: number, bytes: Uint8Array): Uint8Array;
  /** An offer is settled: its bytes are the sender's again. Not told of those that the end of the link settles. */
  letGo(transfer: number): void;
  /** Fills the target of a pull, through `fill` or by itself; resolves to the checksum of what is in it then. */
  fetch(pull: Pull): Promise<bigint>;
  /** Holds bytes where the peer has them; null where they cannot be seen. */
  view(ticket: Uint8Array, byteLength: number): TransferView | null;
  /** Rejects the fetches that run, each as soon as nothing writes into its target any more. */
  abandon(error: LinkError): void;
  /** The peer asks for the bytes of an offer. */
  serve(transfer: number, bytes: Uint8Array): void;
  /** Sends what is queued, then ends the connection. */
  finish(): void;
  /** Sends what goes out without waiting, then ends the connection. */
  cut(): void;
}

/** What a session is made with. */
export interface SessionOptions {
  readonly kind: LinkKind;
  readonly peer: string;
  readonly traits: LinkTraits;
  readonly checksum: ChecksumKind;
  readonly clock: Clock;
  readonly carrier: Carrier;
  readonly accept: LinkAccept;
}

/** One end of a reliable link. */
export class LinkSession implements Link {
  readonly kind: LinkKind;
  readonly peer: string;
  readonly traits: LinkTraits;
  /** Kind and address, as errors name the link. */
  readonly name: string;
  readonly #options: SessionOptions;
  readonly #counters = new LinkCounters();
  readonly #transfers: LinkTransfers;
  readonly #greeted = Promise.withResolvers<void>();
  readonly #over = Promise.withResolvers<void>();
  #handlers: LinkHandlers | undefined;
  #writable: PromiseWithResolvers<void> | undefined;
  #messagesOut = 0;
  #messagesIn = 0;
  #isClosing = false;
  #end: LinkError | null | undefined;

  constructor(options: SessionOptions) {
    const { kind, peer, traits, checksum, clock, carrier } = options;
    this.kind = kind;
    this.peer = peer;
    this.traits = traits;
    this.name = `${kind} ${peer}`;
    this.#options = options;
    this.#transfers = new LinkTransfers({
      ...{ name: this.name, traits, checksum, clock, carrier, counters: this.#counters },
      post: (frame) => this.#post(frame),
      fail: (fault, found, need) => this.fail(fault, found, need),
    });
  }

  /** Resolves when both ends have greeted; rejects when the link ends before. */
  get greeted(): Promise<void> {
    return this.#greeted.promise;
  }

  /** True once the owner has the link. */
  get isGreeted(): boolean {
    return this.#handlers !== undefined;
  }

  /** True until the first end. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  send(bytes: Uint8Array): SendOutcome {
    const { drops } = this.#counters;
    if (this.#isOver) return { ok: false, reason: "closed" };
    if (bytes.length > this.traits.messageBytesMax) {
      drops.oversized++;
      return { ok: false, reason: "oversized" };
    }
    if (this.#options.carrier.queuedBytes + HEADER_BYTES + bytes.length > QUEUE_BYTES_MAX) {
      drops.full++;
      return { ok: false, reason: "full" };
    }
    this.#post({ type: "message", sequence: this.#messagesOut++, payload: bytes });
    this.#counters.sent(bytes.length);
    return { ok: true };
  }

  whenWritable(): Promise<void> {
    if (this.#isOver) return Promise.reject(this.fault("wait for"));
    if (this.#options.carrier.queuedBytes <= QUEUE_BYTES_MAX / 2) return Promise.resolve();
    this.#writable ??= Promise.withResolvers();
    return this.#writable.promise;
  }

  async offer(source: TransferSource): Promise<Delivery> {
    if (this.#isOver) throw this.fault("offer over");
    return await this.#transfers.offer(source);
  }

  statistics(): LinkStatistics {
    return this.#counters.statistics();
  }

  async close(): Promise<void> {
    if (!this.#isOver) {
      this.#isClosing = true;
      this.#post({ type: "bye" });
      this.#options.carrier.finish();
    }
    await this.#over.promise;
  }

  terminate(): void {
    this.end(null);
    this.#options.carrier.cut();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Says hello; first thing on the way out. */
  greet(): void {
    this.#post({ type: "hello" });
  }

  /** Asks the peer for the bytes of a transfer. */
  ask(transfer: number): void {
    this.#post({ type: "pull", transfer });
  }

  /** The carrier has sent something. */
  drained(): void {
    if (this.#options.carrier.queuedBytes > QUEUE_BYTES_MAX / 2) return;
    this.#writable?.resolve();
    this.#writable = undefined;
  }

  /** Says what is wrong, tells the peer as far as it can still be told, and ends the link. */
  fail(fault: LinkFault, found: string, need: string): void {
    this.#refuse(new LinkError(fault, this.name, `Cannot read from ${this.name}: ${found}, need ${need}`));
  }

  /** The connection is gone: in order if this end wanted it so, else a loss. */
  lost(found: string): void {
    if (this.#isClosing) this.end(null);
    else this.end(new LinkError("lost", this.name, `Cannot go on with ${this.name}: ${found}, need the peer`));
  }

  /** Ends the session; the first end counts. */
  end(fault: LinkError | null): void {
    if (this.#end !== undefined) return;
    this.#end = fault;
    const error = this.fault("finish with");
    this.#greeted.reject(error);
    this.#writable?.reject(error);
    this.#transfers.end(error);
    this.#over.resolve();
    this.#handlers?.onEnd(fault);
  }

  /** What ended the link, or that it is closed. */
  fault(verb: string): LinkError {
    return this.#end ?? new LinkError("closed", this.name, `Cannot ${verb} ${this.name}: closed, need an open link`);
  }

  /** Longest payload that may follow a header, so that a carrier need not read what is refused anyway. */
  payloadBytesMax(type: FrameType): number {
    if (type === "message") return this.traits.messageBytesMax;
    if (type === "offer") return offerBytesMax(DESCRIPTION_BYTES_MAX);
    return type === "bye" ? BYE_BYTES_MAX : 0;
  }

  /** Takes a frame that arrived whole; its payload is borrowed until the promise, if there is one, is settled. */
  receive(header: FrameHeader, payload: Uint8Array): void | Promise<void> {
    if (!this.isOpen || !this.#verify(header, payload)) return;
    const { type } = header;
    if (type === "bye") return this.#bye(payload);
    const handlers = this.#handlers;
    if (type === "hello" && handlers === undefined) {
      this.#handlers = this.#options.accept(this);
      return this.#greeted.resolve();
    }
    if (handlers === undefined || type === "hello") return this.fail("protocol", `"${type}"`, "one hello, first");
    switch (type) {
      case "message":
        return this.#message(header, payload, handlers);
      case "offer":
        return this.#transfers.announced(header, payload, handlers);
      case "pull":
        return this.#transfers.serve(header);
      case "settled":
        return this.#transfers.settled(header);
      case "bytes":
      case "credit":
        return this.fail("protocol", `"${type}"`, "what this kind of link knows");
    }
  }

  get #isOver(): boolean {
    return this.#isClosing || this.#end !== undefined;
  }

  #verify({ checksumKind, checksum: expected, sequence, type }: FrameHeader, payload: Uint8Array): boolean {
    if (checksumKind === "none") {
      this.fail("protocol", `"${type}" without a checksum`, "one with");
      return false;
    }
    const found = checksumOf(checksumKind, payload, sequence);
    if (found === expected) return true;
    this.#counters.checksumFailures++;
    this.#counters.drops.corrupt++;
    this.#refuse(new ChecksumError({ link: this.name, what: type, sequence, expected, found }));
    return false;
  }

  #message({ sequence }: FrameHeader, bytes: Uint8Array, handlers: LinkHandlers): void | Promise<void> {
    if (sequence !== this.#messagesIn) {
      return this.fail("protocol", `message ${sequence}`, `message ${this.#messagesIn}`);
    }
    this.#messagesIn++;
    this.#counters.received(bytes.length);
    return handlers.onMessage({ bytes, sequence });
  }

  #bye(payload: Uint8Array): void {
    const said = new TextDecoder().decode(payload);
    const why = `Cannot go on with ${this.name}: it says "${said}", need an orderly end`;
    this.end(said === "" ? null : new LinkError("refused", this.name, why));
    this.#options.carrier.finish();
  }

  #refuse(error: LinkError): void {
    if (!this.isOpen) return;
    this.#post({ type: "bye", payload: new TextEncoder().encode(error.message).subarray(0, BYE_BYTES_MAX) });
    this.end(error);
    this.#options.carrier.cut();
  }

  #post(frame: Omit<FrameParts, "checksumKind">): void {
    this.#options.carrier.post(encodeFrame({ ...frame, checksumKind: this.#options.checksum }));
  }
}
