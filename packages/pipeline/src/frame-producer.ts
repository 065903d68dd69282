/**
 * The writing side of a camera's frames in this process: fills slots of the pool and announces them in the ring.
 *
 * A frame that is written where it lies costs no copy; one that is handed over as an array is copied once, and its checksum is computed on
 * the way. The writer never waits: where no slot is free, or no place in the ring, the frame is dropped and counted.
 */
import { assert, type Clock } from "@skyvox/core";
import { ChecksumFill, checksumOf } from "./checksum.ts";
import type { FrameMetadata } from "./frame-consumer.ts";
import { writeDescriptor } from "./frame-descriptor.ts";
import { FramePool, type PoolBusy } from "./frame-pool.ts";
import type { FrameSlot } from "./frame-slot.ts";
import { RingProducer } from "./ring.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** What became of a frame: announced, or dropped because no slot was free or the ring had no place for it. */
export type WriteOutcome = { readonly ok: true } | { readonly ok: false; readonly reason: "busy" | "unannounced" };

/** What one process wrote. */
export interface FrameProducerStatistics {
  readonly frames: number;
  readonly bytes: number;
  /** Of the frames those that were written where they lie. */
  readonly inPlace: number;
  readonly dropped: {
    /** No slot was free. */
    readonly busy: number;
    /** The ring had no place. */
    readonly unannounced: number;
  };
}

/** Writes frames of one segment (`cameraLayout`); disposed of before it. */
export class FrameProducer implements Disposable {
  readonly #segment: SharedSegment;
  readonly #ring: RingProducer;
  readonly #pool: FramePool;
  readonly #clock: Clock;
  readonly #isChecked: boolean;
  #frames = 0;
  #bytes = 0;
  #inPlace = 0;
  #busy = 0;
  #unannounced = 0;

  /** `isChecked`: a checksum goes with every frame. */
  constructor(segment: SharedSegment, { isChecked, clock }: { readonly isChecked: boolean; readonly clock: Clock }) {
    this.#segment = segment;
    this.#clock = clock;
    this.#isChecked = isChecked;
    this.#ring = new RingProducer(segment, 0);
    this.#pool = new FramePool(segment, 1);
  }

  /** Copies a frame into a slot and announces it. */
  write(frame: Uint8Array, metadata: FrameMetadata): WriteOutcome {
    const begunNs = this.#clock.nowNs();
    assert(frame.length <= (this.#segment.layout[1]?.slotBytes ?? 0), "the frame fits its slot");
    const slot = this.acquire();
    if (!slot.ok) return slot;
    const checksum = this.#copy(frame, slot, metadata.sequence);
    return this.#announce(slot, metadata, { byteLength: frame.length, checksum, isCopied: true, begunNs });
  }

  /** Takes a slot to write into. Its bytes are of an old frame. */
  acquire(): FrameSlot | PoolBusy {
    const slot = this.#pool.acquire();
    if (!slot.ok) this.#busy++;
    return slot;
  }

  /** Announces a slot whose first `byteLength` bytes are a frame. */
  commit(slot: FrameSlot, metadata: FrameMetadata, byteLength: number): WriteOutcome {
    const begunNs = this.#clock.nowNs();
    const bytes = slot.bytes.subarray(0, byteLength);
    const checksum = this.#isChecked ? checksumOf("xxh3", bytes, metadata.sequence) : 0n;
    return this.#announce(slot, metadata, { byteLength, checksum, isCopied: false, begunNs });
  }

  /** Gives an acquired slot up. */
  abort(slot: FrameSlot): void {
    this.#pool.abort(slot);
  }

  /** What was written since the opening. */
  statistics(): FrameProducerStatistics {
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      inPlace: this.#inPlace,
      dropped: { busy: this.#busy, unannounced: this.#unannounced },
    };
  }

  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
    this.#ring[Symbol.dispose]();
  }

  #copy(frame: Uint8Array, slot: FrameSlot, sequence: number): bigint {
    const target = slot.bytes.subarray(0, frame.length);
    if (!this.#isChecked) {
      target.set(frame);
      return 0n;
    }
    const fill = new ChecksumFill({ kind: "xxh3", sequence, target });
    fill.copy(frame);
    return fill.finish();
  }

  #announce(
    slot: FrameSlot,
    { sequence, captureNs, format = 0, flags = 0 }: FrameMetadata,
    how: { byteLength: number; checksum: bigint; isCopied: boolean; begunNs: bigint },
  ): WriteOutcome {
    const { byteLength, checksum, isCopied, begunNs } = how;
    const place = this.#ring.claim();
    if (!place.ok) {
      this.#pool.abort(slot);
      this.#unannounced++;
      return unannounced;
    }
    this.#pool.commit(slot, { sequence, captureNs, byteLength, camera: 0, format, checksum, flags });
    const { index, generation } = slot;
    const writer = this.#segment.participant;
    const length = writeDescriptor(place.view, { slot: index, generation, writer, isCopied, begunNs });
    if (!this.#ring.commit(length)) {
      this.#unannounced++;
      return unannounced;
    }
    this.#frames++;
    this.#bytes += byteLength;
    if (!isCopied) this.#inPlace++;
    return announced;
  }
}

const announced: WriteOutcome = Object.freeze({ ok: true });
const unannounced: WriteOutcome = Object.freeze({ ok: false, reason: "unannounced" });
