/**
 * A pool of frames in shared memory: a few large slots of one camera, written in place, read in place, never copied.
 *
 * A writer acquires a slot, fills it and commits it with the frame's own words (camera, time, format, checksum). Readers hold a frame by
 * slot and generation, as a descriptor names it, or take the newest. A slot is written anew only when nobody holds it. When all are held, a
 * writer evicts readers that have overstayed: those holding more slots than their quota, or one for longer than `holdMsMax`. Such a reader
 * learns it from `release`, which then says that what was read is void; all others are never disturbed.
 *
 * The writer never waits: a pool without a slot to give is `busy`, and the frame is dropped and counted.
 */
import type { Pointer } from "bun:ffi";
import { assert } from "@skyvox/core";
import { FrameSlot, type FrameWords } from "./frame-slot.ts";
import { type PipelineFunctions, pipelineAbi, pipelineStatus } from "./pipeline-library.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** No slot can be had: all are held by readers within their rights, or being written. */
export type PoolBusy = { readonly ok: false; readonly reason: "busy" };
/** The frame asked for has been overwritten, or there is none yet. */
export type FrameGone = { readonly ok: false; readonly reason: "gone" };

const busy: PoolBusy = Object.freeze({ ok: false, reason: "busy" });
const gone: FrameGone = Object.freeze({ ok: false, reason: "gone" });

/** What a pool has done, over all its writers. */
export interface PoolCounters {
  readonly published: number;
  /** Frames given up half written, by their writer or by its death. */
  readonly aborted: number;
  /** Frames for which there was no slot. */
  readonly refused: number;
  /** Slots taken away from readers. */
  readonly evicted: number;
}

/** What a reader got. */
export interface ReaderCounters {
  readonly delivered: number;
  /** Frames that were gone when it came for them. */
  readonly stale: number;
  /** Slots that were taken away from it. */
  readonly evicted: number;
  readonly heldNow: number;
  readonly heldMsMax: number;
}

function frameSlots(segment: SharedSegment, part: number): readonly FrameSlot[] {
  const { kind, slots } = segment.layout[part] ?? { kind: "none", slots: 0 };
  assert(kind === "pool", "the part is a pool");
  return Array.from({ length: slots }, (_, index) => new FrameSlot(segment, part, index));
}

/** Writes frames into a pool; disposed of before its segment. May fill several slots at once. */
export class FramePool implements Disposable {
  readonly #library: PipelineFunctions;
  readonly #segment: SharedSegment;
  readonly #pointer: Pointer;
  readonly #slots: readonly FrameSlot[];
  readonly #header: DataView<ArrayBuffer>;
  #isOpen = true;

  /** Opens part `part` of a segment for writing. */
  constructor(segment: SharedSegment, part: number) {
    this.#slots = frameSlots(segment, part);
    this.#library = segment.library;
    this.#segment = segment;
    this.#pointer = segment.openHandle((at, out) => segment.library.svp_pool_open(at, part, out));
    this.#header = new DataView(segment.buffer, segment.place(part).partOffset, pipelineAbi.pool);
  }

  /** Takes a slot to write. Its pixels are of an old frame. Reaps the dead before it evicts the living. */
  acquire(): FrameSlot | PoolBusy {
    const index = this.#library.svp_pool_acquire(this.#pointer);
    return index >= 0 ? this.#slots[index]! : busy;
  }

  /** Publishes an acquired slot. */
  commit(slot: FrameSlot, words: FrameWords): void {
    assert(words.byteLength <= slot.bytes.length, "the frame fits its slot");
    slot.describe(words);
    const status = this.#library.svp_pool_commit(this.#pointer, slot.index);
    assert(status === pipelineStatus.ok, "the slot is acquired");
  }

  /** Gives an acquired slot up. */
  abort(slot: FrameSlot): void {
    const status = this.#library.svp_pool_abort(this.#pointer, slot.index);
    assert(status === pipelineStatus.ok, "the slot is acquired");
  }

  /** What this pool has done since its creation. */
  counters(): PoolCounters {
    const count = (offset: number): number => Number(this.#header.getBigUint64(offset, true));
    return { published: count(32), aborted: count(40), refused: count(48), evicted: count(56) };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#segment.closeHandle(() => this.#library.svp_pool_close(this.#pointer));
  }
}

/** What a reader is promised. */
export interface ReaderOptions {
  /** Slots it may hold without being evicted for it; promised to it alone. 0: it may hold what nobody else needs. */
  readonly quotaSlots: number;
  /** Longest hold that is not cut short when slots run out. */
  readonly holdMsMax: number;
}

/** Reads frames of a pool; disposed of before its segment. */
export class FrameReader implements Disposable {
  readonly #library: PipelineFunctions;
  readonly #segment: SharedSegment;
  readonly #pointer: Pointer;
  readonly #slots: readonly FrameSlot[];
  readonly #cell: DataView<ArrayBuffer>;
  readonly #index: number;
  #isOpen = true;

  /**
   * Opens part `part` of a segment for reading.
   *
   * @throws {SkyvoxError} code "capacity" when all 32 places are taken or the quotas do not fit the pool with 2 slots for the writer.
   */
  constructor(segment: SharedSegment, part: number, { quotaSlots, holdMsMax }: ReaderOptions) {
    assert(Number.isInteger(quotaSlots) && quotaSlots >= 0, "quotaSlots is a count");
    assert(Number.isInteger(holdMsMax) && holdMsMax >= 0, "holdMsMax is a whole number of milliseconds");
    const library = segment.library;
    this.#slots = frameSlots(segment, part);
    this.#library = library;
    this.#segment = segment;
    this.#pointer = segment.openHandle((at, out) => library.svp_reader_open(at, part, quotaSlots, holdMsMax, out));
    this.#index = library.svp_reader_index(this.#pointer);
    const at = segment.place(part).consumersOffset + this.#index * pipelineAbi.poolReader;
    this.#cell = new DataView(segment.buffer, at, pipelineAbi.poolReader);
  }

  /** Holds the frame that a descriptor names. */
  hold(slot: number, generation: number): FrameSlot | FrameGone {
    const status = this.#library.svp_pool_hold(this.#pointer, slot, generation);
    return status === pipelineStatus.ok ? this.#slots[slot]! : this.#missed(status);
  }

  /** Holds the newest of the frames that this reader does not hold yet. */
  holdNewest(): FrameSlot | FrameGone {
    const status = this.#library.svp_pool_hold_newest(this.#pointer);
    return status >= 0 ? this.#slots[status]! : this.#missed(status);
  }

  /** Gives a held frame back; false when this reader was evicted from it, and what it read is void. */
  release(slot: FrameSlot): boolean {
    const status = this.#library.svp_pool_release(this.#pointer, slot.index);
    assert(status !== pipelineStatus.misuse, "the slot is held");
    return status === pipelineStatus.ok;
  }

  /** What this reader got since its opening. */
  counters(): ReaderCounters {
    const count = (offset: number): number => Number(this.#cell.getBigUint64(offset, true));
    const heldNow = this.#slots.filter((slot) => slot.isHeldBy(this.#index)).length;
    return {
      delivered: count(16),
      stale: count(24),
      evicted: count(32),
      heldNow,
      heldMsMax: this.#cell.getUint32(12, true),
    };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#segment.closeHandle(() => this.#library.svp_reader_close(this.#pointer));
  }

  #missed(status: number): FrameGone {
    assert(status !== pipelineStatus.misuse, "the frame is not held yet");
    return gone;
  }
}
