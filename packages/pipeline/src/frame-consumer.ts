/**
 * One consumer of a camera's frames in this process: takes descriptors from the ring and holds the frames they name.
 *
 * Frames it does not get are counted by why: jumped over for newer ones, lost to the ring's next lap, given up by their writer, overwritten
 * in the pool before it came, or damaged. What it holds is taken away only when slots run out and it overstays; the release says so.
 */
import type { Clock } from "@skyvox/core";
import { checksumOf } from "./checksum.ts";
import { readDescriptor } from "./frame-descriptor.ts";
import { FrameReader } from "./frame-pool.ts";
import type { FrameSlot } from "./frame-slot.ts";
import { RingConsumer } from "./ring.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** What a frame's writer says of it. */
export interface FrameMetadata {
  /** Number of the frame at its source, a non-negative integer; a source counts what it could not deliver too. */
  readonly sequence: number;
  /** Middle of the exposure on the site's time line. */
  readonly captureNs: bigint;
  /** How the pixels are laid out, by agreement of writer and reader; 0 where nothing else is said. */
  readonly format?: number;
  readonly flags?: number;
}

/** How a consumer wants its frames. */
export interface FrameConsumerOptions {
  readonly name: string;
  /** `latest` jumps to the newest frame, `dropOldest` takes them in turn as long as they are there. Neither ever holds a writer up. */
  readonly policy: "latest" | "dropOldest";
  /** Frames that it may hold without losing one for it; promised to it alone. */
  readonly quotaSlots?: number;
  /** Longest hold that is not cut short when slots run out. */
  readonly holdMsMax?: number;
}

/** What one consumer got, and what not, by reason. */
export interface FrameConsumerStatistics {
  readonly name: string;
  readonly policy: FrameConsumerOptions["policy"];
  readonly delivered: number;
  readonly dropped: {
    /** Jumped over by policy "latest" for a newer one. */
    readonly conflated: number;
    /** Gone with the ring's next lap. */
    readonly overrun: number;
    /** Never finished by their writer. */
    readonly aborted: number;
    /** Gone from the pool, whose slots were needed for newer ones. */
    readonly overwritten: number;
    /** Other bytes than were written. */
    readonly damaged: number;
  };
  /** Frames that were taken away while it held them too long. */
  readonly evicted: number;
  readonly heldNow: number;
  readonly heldMsMax: number;
}

/** What all frames that consumers of a pipeline got add up to. `foreign`: those that another process wrote. */
export interface ReadTotals {
  frames: number;
  transferNs: bigint;
  foreignFrames: number;
  foreignBytes: number;
  foreignInPlace: number;
}

const QUOTA_SLOTS = 1;
const HOLD_MS_MAX = 1000;

/** Takes frames of one segment (`cameraLayout`); disposed of before it. */
export class FrameConsumer implements Disposable {
  readonly name: string;
  readonly #policy: FrameConsumerOptions["policy"];
  readonly #segment: SharedSegment;
  readonly #ring: RingConsumer;
  readonly #reader: FrameReader;
  readonly #clock: Clock;
  #delivered = 0;
  #damaged = 0;

  /** @throws {SkyvoxError} code "capacity" when the segment has no place for it, or too few slots for its quota. */
  constructor(segment: SharedSegment, options: FrameConsumerOptions, clock: Clock) {
    const { name, policy, quotaSlots = QUOTA_SLOTS, holdMsMax = HOLD_MS_MAX } = options;
    this.name = name;
    this.#policy = policy;
    this.#segment = segment;
    this.#clock = clock;
    this.#reader = new FrameReader(segment, 1, { quotaSlots, holdMsMax });
    this.#ring = new RingConsumer(segment, 0, { policy });
  }

  /** Holds the next frame by the policy of this consumer; null while there is none. */
  next(totals: ReadTotals): HeldFrame | null {
    for (let message = this.#ring.take(); message.ok; message = this.#ring.take()) {
      const { slot: index, generation, writer, isCopied, begunNs } = readDescriptor(message.view);
      this.#ring.release();
      const slot = this.#reader.hold(index, generation);
      if (!slot.ok) continue;
      const frame = new HeldFrame(slot, this.#reader);
      if (!frame.isSound()) {
        this.#damaged++;
        frame.release();
        continue;
      }
      this.#delivered++;
      totals.frames++;
      totals.transferNs += this.#clock.nowNs() - begunNs;
      if (writer !== this.#segment.participant) {
        totals.foreignFrames++;
        totals.foreignBytes += frame.pixels.length;
        if (!isCopied) totals.foreignInPlace++;
      }
      return frame;
    }
    return null;
  }

  /** What it got since its opening. */
  statistics(): FrameConsumerStatistics {
    const { conflated, overrun, aborted } = this.#ring.counters().dropped;
    const { stale, evicted, heldNow, heldMsMax } = this.#reader.counters();
    return {
      name: this.name,
      policy: this.#policy,
      delivered: this.#delivered,
      dropped: { conflated, overrun, aborted, overwritten: stale, damaged: this.#damaged },
      evicted,
      heldNow,
      heldMsMax,
    };
  }

  [Symbol.dispose](): void {
    this.#ring[Symbol.dispose]();
    this.#reader[Symbol.dispose]();
  }
}

/** A frame in the hands of a consumer, read where it lies; given back by `release` or by leaving its `using`. */
export class HeldFrame implements Disposable {
  /** The bytes that were written; borrowed until the release. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly metadata: Required<FrameMetadata>;
  readonly #checksum: bigint;
  readonly #slot: FrameSlot;
  readonly #reader: FrameReader;
  #isHeld = true;

  constructor(slot: FrameSlot, reader: FrameReader) {
    const { sequence, captureNs, byteLength, format, flags, checksum } = slot.words;
    this.pixels = byteLength === slot.bytes.length ? slot.bytes : slot.bytes.subarray(0, byteLength);
    this.metadata = { sequence, captureNs, format, flags };
    this.#checksum = checksum;
    this.#slot = slot;
    this.#reader = reader;
  }

  /** Whether the bytes are those that were written; true where no checksum went with them. */
  isSound(): boolean {
    return this.#checksum === 0n || checksumOf("xxh3", this.pixels, this.metadata.sequence) === this.#checksum;
  }

  /** Gives the frame back; false when it had been taken away, and what was read of it is void. Once only. */
  release(): boolean {
    this.#isHeld = false;
    return this.#reader.release(this.#slot);
  }

  [Symbol.dispose](): void {
    if (this.#isHeld) this.release();
  }
}
