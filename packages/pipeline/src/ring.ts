/**
 * A ring of messages in shared memory: fixed slots, any number of producers, up to 32 consumers that each get every message.
 *
 * A producer claims a slot, writes into it in place and commits; a consumer takes the next slot, reads in place and releases. Messages
 * are numbered without end; `sequence` only goes up, and `gap` says how many are missing before the one in hand and was counted by reason.
 *
 * What happens to a consumer that does not keep up is its own choice:
 * `latest` always gets the newest message and counts what it jumped over; `dropOldest` loses the oldest when it is a lap behind;
 * `dropNewest` makes claims fail while it is a lap behind; `block` does so for at most `blockMs` and is then overrun; `lossless` does so as
 * long as its process lives. The first two never touch a producer.
 *
 * Neither `claim` nor `take` ever waits. `claimWait` and `takeWait` block their thread: for Workers and worker processes, never for a main
 * thread.
 */
import type { Pointer } from "bun:ffi";
import { assert } from "@skyvox/core";
import { type PipelineFunctions, pipelineAbi, pipelineStatus } from "./pipeline-library.ts";
import { type RingCounters, ringCounters } from "./ring-counters.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** What becomes of a consumer that falls a lap behind. */
export type RingPolicy = "latest" | "dropOldest" | "dropNewest" | "block" | "lossless";

const policies: Record<RingPolicy, number> = { latest: 0, dropOldest: 1, dropNewest: 2, block: 3, lossless: 4 };

/** There is no message. */
export type RingEmpty = { readonly ok: false; readonly reason: "empty" };
/** A consumer forbids the claim, or every slot is in somebody's hands. */
export type RingFull = { readonly ok: false; readonly reason: "full" };

const empty: RingEmpty = Object.freeze({ ok: false, reason: "empty" });
const full: RingFull = Object.freeze({ ok: false, reason: "full" });

/** One slot, with views that were made once. Borrowed: a producer's until commit or abort, a consumer's until release. */
export class RingSlot {
  readonly ok = true;
  readonly index: number;
  /** The payload, `slotBytes` long. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly #header: DataView<ArrayBuffer>;

  /** Shows slot `index` of a part. */
  constructor(segment: SharedSegment, part: number, index: number) {
    const { slotsOffset, slotStride, payloadOffset, payloadStride } = segment.place(part);
    const byteLength = segment.layout[part]?.slotBytes ?? 0;
    const at = payloadOffset + index * payloadStride;
    this.index = index;
    this.bytes = new Uint8Array(segment.buffer, at, byteLength);
    this.view = new DataView(segment.buffer, at, byteLength);
    this.#header = new DataView(segment.buffer, slotsOffset + index * slotStride, pipelineAbi.ringSlot);
  }

  /** Number of the message: 0, 1, 2, … over all producers. */
  get sequence(): number {
    return this.#header.getFloat64(16, true);
  }

  /** Bytes that the producer committed. */
  get byteLength(): number {
    return this.#header.getUint32(24, true);
  }
}

function ringSlots(segment: SharedSegment, part: number): readonly RingSlot[] {
  const { kind, slots } = segment.layout[part] ?? { kind: "none", slots: 0 };
  assert(kind === "ring", "the part is a ring");
  return Array.from({ length: slots }, (_, index) => new RingSlot(segment, part, index));
}

/** Writes to a ring; disposed of before its segment. Holds at most one claim. */
export class RingProducer implements Disposable {
  readonly #library: PipelineFunctions;
  readonly #segment: SharedSegment;
  readonly #pointer: Pointer;
  readonly #slots: readonly RingSlot[];
  #isOpen = true;

  /** Opens part `part` of a segment for writing. */
  constructor(segment: SharedSegment, part: number) {
    this.#slots = ringSlots(segment, part);
    this.#library = segment.library;
    this.#segment = segment;
    this.#pointer = segment.openHandle((at, out) => segment.library.svp_producer_open(at, part, out));
  }

  /** Claims the next slot. Its payload holds old bytes. */
  claim(): RingSlot | RingFull {
    return this.#claimed(this.#library.svp_ring_claim(this.#pointer));
  }

  /** Claims the next slot, or blocks this thread until there is one or the time is over. */
  claimWait(timeoutMs: number): RingSlot | RingFull {
    return this.#claimed(this.#library.svp_ring_claim_wait(this.#pointer, timeoutMs));
  }

  /** Publishes the claimed slot; false when this producer was a whole lap late, was passed over, and nothing is published. */
  commit(byteLength: number): boolean {
    const status = this.#library.svp_ring_commit(this.#pointer, byteLength);
    assert(status !== pipelineStatus.misuse, "a slot is claimed");
    return status === pipelineStatus.ok;
  }

  /** Gives the claimed slot up; consumers see a gap. Without a claim, nothing. */
  abort(): void {
    this.#library.svp_ring_abort(this.#pointer);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#segment.closeHandle(() => this.#library.svp_producer_close(this.#pointer));
  }

  #claimed(index: number): RingSlot | RingFull {
    if (index >= 0) return this.#slots[index]!;
    assert(index === pipelineStatus.full, "the claim before is committed or aborted");
    return full;
  }
}

/** How a consumer is wanted; `blockMs` only with policy "block". */
export type ConsumerOptions =
  | { readonly policy: Exclude<RingPolicy, "block"> }
  | { readonly policy: "block"; readonly blockMs: number };

/** Reads from a ring, from the first message after its opening; disposed of before its segment. Holds at most one slot. */
export class RingConsumer implements Disposable {
  readonly #library: PipelineFunctions;
  readonly #segment: SharedSegment;
  readonly #pointer: Pointer;
  readonly #slots: readonly RingSlot[];
  readonly #cell: DataView<ArrayBuffer>;
  #isOpen = true;

  /**
   * Opens part `part` of a segment for reading.
   *
   * @throws {SkyvoxError} code "capacity" when all 32 places of the ring are taken.
   */
  constructor(segment: SharedSegment, part: number, options: ConsumerOptions) {
    const { policy } = options;
    const blockMs = policy === "block" ? options.blockMs : 0;
    assert(Number.isInteger(blockMs) && blockMs >= 0, "blockMs is a whole number of milliseconds");
    const library = segment.library;
    this.#slots = ringSlots(segment, part);
    this.#library = library;
    this.#segment = segment;
    this.#pointer = segment.openHandle((at, out) =>
      library.svp_consumer_open(at, part, policies[policy], blockMs, out),
    );
    const index = library.svp_consumer_index(this.#pointer);
    const cellBytes = pipelineAbi.ringConsumer;
    this.#cell = new DataView(segment.buffer, segment.place(part).consumersOffset + index * cellBytes, cellBytes);
  }

  /** Takes the next message by the policy of this consumer. */
  take(): RingSlot | RingEmpty {
    return this.#taken(this.#library.svp_ring_take(this.#pointer));
  }

  /** Takes the next message, or blocks this thread until there is one or the time is over. Spins 2 microseconds, then sleeps. */
  takeWait(timeoutMs: number): RingSlot | RingEmpty {
    return this.#taken(this.#library.svp_ring_take_wait(this.#pointer, timeoutMs));
  }

  /** Gives the taken slot back. */
  release(): void {
    const status = this.#library.svp_ring_release(this.#pointer);
    assert(status === pipelineStatus.ok, "a slot is taken");
  }

  /** Messages lost right before the one taken last. */
  get gap(): number {
    return this.#cell.getUint32(GAP_OFFSET, true);
  }

  /** What this consumer got and did not get, since its opening. */
  counters(): RingCounters {
    return ringCounters(this.#cell);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#segment.closeHandle(() => this.#library.svp_consumer_close(this.#pointer));
  }

  #taken(index: number): RingSlot | RingEmpty {
    if (index >= 0) return this.#slots[index]!;
    assert(index === pipelineStatus.empty, "the slot taken before is released");
    return empty;
  }
}

const GAP_OFFSET = 104;
