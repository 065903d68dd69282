/**
 * One slot of a frame pool: the pixels and the words of the frame in it.
 *
 * Both lie in the segment (`svp_pool_slot` in `shared.h`) and are read where they lie; nothing is copied when a frame changes hands.
 */
import { pipelineAbi } from "./pipeline-library.ts";
import type { SharedSegment } from "./shared-segment.ts";

/** What a frame says of itself, beside its pixels. */
export interface FrameWords {
  /** Number of the frame at its source; a source counts what it could not deliver too. */
  readonly sequence: number;
  /** Middle of the exposure on the site's time line. */
  readonly captureNs: bigint;
  /** Bytes of the frame, at most those of the slot. */
  readonly byteLength: number;
  /** Index of the camera. */
  readonly camera: number;
  /** How the pixels are laid out, by agreement of writer and reader. */
  readonly format: number;
  /** XXH3-64 of the bytes, seeded with the sequence; 0 where none was computed. */
  readonly checksum: bigint;
  readonly flags: number;
}

const { ringSlot: lineBytes } = pipelineAbi;

/** A slot with views that were made once. Borrowed: a writer's until commit or abort, a reader's until release. */
export class FrameSlot {
  readonly ok = true;
  readonly index: number;
  /** All bytes of the slot. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #header: DataView<ArrayBuffer>;

  /** Shows slot `index` of a part. */
  constructor(segment: SharedSegment, part: number, index: number) {
    const { slotsOffset, slotStride, payloadOffset, payloadStride } = segment.place(part);
    this.index = index;
    this.bytes = new Uint8Array(segment.buffer, payloadOffset + index * payloadStride, segment.layout[part]?.slotBytes);
    this.#header = new DataView(segment.buffer, slotsOffset + index * slotStride, pipelineAbi.poolSlot);
  }

  /** Which frame of this slot: counts how often it was written. With `index`, the name of the frame. */
  get generation(): number {
    // Bits 24 to 55 of the word.
    return this.#header.getUint32(3, true);
  }

  /** What the frame in the slot says of itself. */
  get words(): FrameWords {
    const header = this.#header;
    return {
      sequence: header.getFloat64(lineBytes, true),
      captureNs: header.getBigInt64(lineBytes + 8, true),
      byteLength: Number(header.getBigUint64(lineBytes + 16, true)),
      checksum: header.getBigUint64(lineBytes + 24, true),
      camera: header.getUint32(lineBytes + 32, true),
      format: header.getUint32(lineBytes + 36, true),
      flags: header.getUint32(lineBytes + 40, true),
    };
  }

  /** Writes the words of a frame; the pool does it at the commit. */
  describe({ sequence, captureNs, byteLength, checksum, camera, format, flags }: FrameWords): void {
    const header = this.#header;
    header.setFloat64(lineBytes, sequence, true);
    header.setBigInt64(lineBytes + 8, captureNs, true);
    header.setBigUint64(lineBytes + 16, BigInt(byteLength), true);
    header.setBigUint64(lineBytes + 24, checksum, true);
    header.setUint32(lineBytes + 32, camera, true);
    header.setUint32(lineBytes + 36, format, true);
    header.setUint32(lineBytes + 40, flags, true);
  }

  /** Whether the reader of an index holds the slot. */
  isHeldBy(reader: number): boolean {
    return (this.#header.getUint32(8, true) & (1 << reader)) !== 0;
  }
}
