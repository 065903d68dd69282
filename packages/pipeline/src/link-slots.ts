/**
 * Slots of frame pools that both ends of a link map: the side way of shared memory, on which nothing is copied or once.
 *
 * An offer whose bytes lie in such a slot travels as the name of the frame (segment, part, slot, generation). Both ends hold the slot
 * while they need it, the sender until the offer is settled, so that a process that dies takes its holds with it and no other. A frame that
 * is no longer there is found by its checksum, as anywhere.
 */
import { assert } from "@skyvox/core";
import { FrameReader } from "./frame-pool.ts";
import { FrameSlot } from "./frame-slot.ts";
import type { TransferView } from "./link.ts";
import type { Pull } from "./link-session.ts";
import type { SideWay } from "./link-stream.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** A pool that this end maps; the peer names the same one, attached by itself. The segment outlives the link. */
export interface SharedPool {
  readonly segment: SharedSegment;
  readonly part: number;
  /** As for `FrameReader`: slots this end may hold without being evicted, and for how long. */
  readonly quotaSlots: number;
  readonly holdMsMax: number;
}

/** Copied in one go; the loop comes round between two. */
const PART_BYTES = 4 * 2 ** 20;
const UUID_BYTES = 36;
/** u32 part, u32 slot, u32 generation, u32 offset in the slot, UUID of the segment. */
const TICKET_BYTES = 16 + UUID_BYTES;
const NOTHING = new Uint8Array();

/** Where the bytes of an offer lie. */
interface Frame {
  readonly pool: HeldSlots;
  readonly slot: number;
  readonly generation: number;
  readonly offset: number;
}

/** The pools of one end. Disposing it gives all slots back; it does not close the segments. */
export class SharedSlots implements SideWay {
  readonly #pools: readonly HeldSlots[];
  readonly #offered = new Map<number, Frame>();
  #isOpen = true;

  /** @throws {SkyvoxError} code "capacity" when a pool cannot promise the quota. */
  constructor(pools: readonly SharedPool[]) {
    using stack = new DisposableStack();
    this.#pools = pools.map((pool) => stack.use(new HeldSlots(pool)));
    stack.move();
  }

  announce(transfer: number, bytes: Uint8Array): Uint8Array {
    const frame = this.#frameOf(bytes);
    if (frame?.pool.hold(frame) !== true) return NOTHING;
    this.#offered.set(transfer, frame);
    return ticketOf(frame);
  }

  letGo(transfer: number): void {
    const frame = this.#offered.get(transfer);
    if (frame !== undefined) frame.pool.release(frame.slot);
    this.#offered.delete(transfer);
  }

  fetch({ ticket, target, fill }: Pull): Promise<bigint | null> | null {
    const frame = this.#frameFrom(ticket, target.length);
    if (frame === null) return null;
    const copy = async (): Promise<bigint | null> => {
      const isHeld = frame.pool.hold(frame);
      const from = frame.pool.bytes(frame, target.length);
      while (fill.filledBytes < target.length && this.#isOpen) {
        fill.copy(from.subarray(fill.filledBytes, fill.filledBytes + PART_BYTES));
        if (fill.filledBytes < target.length) await new Promise(setImmediate);
      }
      if (isHeld && this.#isOpen) frame.pool.release(frame.slot);
      return fill.filledBytes === target.length ? fill.finish() : null;
    };
    return copy();
  }

  view(ticket: Uint8Array, byteLength: number): TransferView | null {
    const frame = this.#frameFrom(ticket, byteLength);
    if (frame === null || !frame.pool.hold(frame)) return null;
    let isReleased = false;
    const release = (): boolean => {
      assert(!isReleased, "a view is released once");
      isReleased = true;
      return this.#isOpen && frame.pool.release(frame.slot);
    };
    return {
      bytes: frame.pool.bytes(frame, byteLength),
      release,
      [Symbol.dispose]: () => {
        if (!isReleased) release();
      },
    };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const pool of this.#pools) pool[Symbol.dispose]();
  }

  #frameOf(bytes: Uint8Array): Frame | null {
    if (!this.#isOpen) return null;
    for (const pool of this.#pools) {
      const place = pool.find(bytes);
      if (place !== null) return { pool, ...place };
    }
    return null;
  }

  /** Reads a ticket; null when it is of a pool that this end does not map, or makes no sense. */
  #frameFrom(ticket: Uint8Array, byteLength: number): Frame | null {
    if (!this.#isOpen || ticket.length !== TICKET_BYTES) return null;
    const view = new DataView(ticket.buffer, ticket.byteOffset, TICKET_BYTES);
    const [part, slot, generation, offset] = [0, 4, 8, 12].map((at) => view.getUint32(at, true)) as FrameNumbers;
    const uuid = new TextDecoder().decode(ticket.subarray(16));
    const pool = this.#pools.find((one) => one.uuid === uuid && one.part === part);
    if (pool === undefined || slot >= pool.slotCount || offset + byteLength > pool.slotBytes) return null;
    return { pool, slot, generation, offset };
  }
}

type FrameNumbers = [number, number, number, number];

function ticketOf({ pool, slot, generation, offset }: Frame): Uint8Array {
  const ticket = new Uint8Array(TICKET_BYTES);
  const view = new DataView(ticket.buffer);
  for (const [index, value] of [pool.part, slot, generation, offset].entries()) view.setUint32(index * 4, value, true);
  ticket.set(new TextEncoder().encode(pool.uuid), 16);
  return ticket;
}

/** One pool, of whose slots several transfers may hold the same one. */
class HeldSlots implements Disposable {
  readonly part: number;
  readonly slotCount: number;
  readonly slotBytes: number;
  readonly #segment: SharedSegment;
  readonly #reader: FrameReader;
  readonly #slots: readonly FrameSlot[];
  readonly #held = new Map<number, { readonly generation: number; holds: number }>();

  constructor({ segment, part, quotaSlots, holdMsMax }: SharedPool) {
    this.#segment = segment;
    this.part = part;
    this.#reader = new FrameReader(segment, part, { quotaSlots, holdMsMax });
    this.slotCount = segment.layout[part]?.slots ?? 0;
    this.slotBytes = segment.layout[part]?.slotBytes ?? 0;
    this.#slots = Array.from({ length: this.slotCount }, (_, index) => new FrameSlot(segment, part, index));
  }

  get uuid(): string {
    return this.#segment.uuid;
  }

  /** The slot that bytes lie in, with the frame that is in it now. */
  find(bytes: Uint8Array): Omit<Frame, "pool"> | null {
    if (bytes.buffer !== this.#segment.buffer) return null;
    for (const { index, generation, bytes: whole } of this.#slots) {
      const offset = bytes.byteOffset - whole.byteOffset;
      if (offset >= 0 && offset + bytes.length <= whole.length) return { slot: index, generation, offset };
    }
    return null;
  }

  bytes({ slot, offset }: Frame, byteLength: number): Uint8Array {
    const whole = this.#slots[slot];
    assert(whole !== undefined, "a ticket names a slot of the pool");
    return whole.bytes.subarray(offset, offset + byteLength);
  }

  /** Holds a frame; false when it is no longer there. */
  hold({ slot, generation }: Frame): boolean {
    const held = this.#held.get(slot);
    if (held === undefined) {
      if (!this.#reader.hold(slot, generation).ok) return false;
      this.#held.set(slot, { generation, holds: 1 });
      return true;
    }
    // One that was evicted and is not released yet stands in the way of the frame after it.
    if (held.generation !== generation) return false;
    held.holds++;
    return true;
  }

  /** Gives one hold back; false when the frame was taken away meanwhile. */
  release(slot: number): boolean {
    const [held, frame] = [this.#held.get(slot), this.#slots[slot]];
    assert(held !== undefined && frame !== undefined, "the slot is held");
    held.holds--;
    if (held.holds > 0) return frame.generation === held.generation;
    this.#held.delete(slot);
    return this.#reader.release(frame);
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}
