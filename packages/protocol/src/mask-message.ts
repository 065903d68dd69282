/**
 * The motion pixels of a whole frame, one bit each: the protobuf message Mask of `proto/mask.proto`.
 *
 * Mostly zeros, and made to be compressed: the envelope shrinks a sky with some targets a hundredfold.
 */
import { assert } from "@skyvox/core";
import { emptyStamp, FRAME_STAMP_BYTES_MAX, type FrameStamp, readStampField, writeStamp } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Which pixels of one frame moved. */
export interface Mask extends FrameStamp {
  /** 1 to 65535. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** `[heightPx, ceil(widthPx / 8)]` bytes, row-major; the lowest bit is the leftmost pixel, bits past the width are 0. */
  readonly bits: Uint8Array;
}

const SIDE_PX_MAX = 2 ** 16 - 1;
/** Width, height, tag and length of the bits. */
const SIZE_BYTES_MAX = 4 + 4 + 6;

/** Writes a payload of kind "mask" into new bytes. */
export function encodeMask(mask: Mask): Uint8Array {
  assert(isSide(mask.widthPx), "widthPx is an integer from 1 to 65535");
  assert(isSide(mask.heightPx), "heightPx is an integer from 1 to 65535");
  assert(mask.bits.length === maskByteLength(mask), "bits are heightPx rows of ceil(widthPx / 8) bytes");
  const writer = new WireWriter(new Uint8Array(FRAME_STAMP_BYTES_MAX + SIZE_BYTES_MAX + mask.bits.length));
  writeStamp(writer, mask);
  writer.uint32(6, mask.widthPx);
  writer.uint32(7, mask.heightPx);
  writer.blob(8, mask.bits);
  return writer.end();
}

/**
 * Reads a payload of kind "mask". The bits are a view of the payload.
 *
 * @throws {MessageError} when it is no Mask, or its bits are not as many as its size says.
 */
export function decodeMask(payload: Uint8Array): Mask {
  const reader = new WireReader(payload);
  const draft = { ...emptyStamp(), widthPx: 0, heightPx: 0, bits: payload.subarray(0, 0) };
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x30) draft.widthPx = reader.uint32();
    else if (tag === 0x38) draft.heightPx = reader.uint32();
    else if (tag === 0x42) draft.bits = reader.blob();
    else if (!readStampField(reader, tag, draft)) reader.skip(tag);
  }
  const { widthPx, heightPx, bits } = draft;
  if (!isSide(widthPx) || !isSide(heightPx)) {
    throw new MessageError("range", `Cannot read mask: found ${widthPx} x ${heightPx} pixels, need 1 to 65535 each`);
  }
  if (bits.length !== maskByteLength(draft)) {
    throw new MessageError(
      "malformed",
      `Cannot read mask: found ${bits.length} bytes of bits, need ${maskByteLength(draft)}`,
    );
  }
  return draft;
}

function maskByteLength({ widthPx, heightPx }: Pick<Mask, "widthPx" | "heightPx">): number {
  return Math.ceil(widthPx / 8) * heightPx;
}

function isSide(px: number): boolean {
  return Number.isInteger(px) && px >= 1 && px <= SIDE_PX_MAX;
}
