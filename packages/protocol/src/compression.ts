/**
 * When a payload is compressed, and how far a compressed one may unfold.
 *
 * Pictures with noise do not shrink, masks do a hundredfold. So a large payload is judged by 64 KiB of it, taken in four pieces from
 * its whole length: what does not reach a ratio of 1.2 there is sent as it is, for about one percent of the time that copying
 * a picture takes.
 */
import { assert } from "@skyvox/core";
import type { Lz4 } from "./lz4.ts";
import { MessageError } from "./message-error.ts";

/** Compressing pays from this ratio of plain to compressed bytes. */
export const RATIO_MIN = 1.2;
const SAMPLE_BYTES = 65_536;
const PIECES = 4;
const PIECE_BYTES = SAMPLE_BYTES / PIECES;
/** A smaller payload fits one packet anyway. */
const PLAIN_BYTES_MIN = 256;

/** Room that `compress` needs for a payload. */
export function blockByteLengthMax(plainByteLength: number): number {
  return Math.max(PIECE_BYTES, Math.floor(plainByteLength / RATIO_MIN));
}

/**
 * Compresses into a buffer of `blockByteLengthMax` bytes or more where that pays.
 *
 * Returns how many bytes the block takes, or 0 when the payload is to be sent as it is; then the buffer holds nothing of use.
 */
export function compress(lz4: Lz4, plain: Uint8Array, into: Uint8Array): number {
  assert(into.length >= blockByteLengthMax(plain.length), "the buffer has room for a block that pays");
  if (plain.length < PLAIN_BYTES_MIN) return 0;
  if (plain.length > SAMPLE_BYTES && !isWorthSample(lz4, plain, into.subarray(0, PIECE_BYTES))) return 0;
  return lz4.compress(plain, into.subarray(0, Math.floor(plain.length / RATIO_MIN)));
}

/**
 * Decompresses into new bytes of exactly the length stated, which the caller has held against its limit.
 *
 * @throws {MessageError} fault "malformed" when the block is damaged or of another length.
 */
export function decompress(lz4: Lz4, block: Uint8Array, plainByteLength: number): Uint8Array {
  const plain = new Uint8Array(plainByteLength);
  const byteLength = block.length === 0 || plainByteLength === 0 ? -1 : lz4.decompress(block, plain);
  if (byteLength === plainByteLength) return plain;
  const found = byteLength < 0 ? "a damaged LZ4 block" : `${byteLength} bytes`;
  throw new MessageError("malformed", `Cannot decompress message: found ${found}, need ${plainByteLength} bytes`);
}

function isWorthSample(lz4: Lz4, plain: Uint8Array, block: Uint8Array): boolean {
  let byteLength = 0;
  for (let piece = 0; piece < PIECES; piece++) {
    const at = Math.floor(((plain.length - PIECE_BYTES) * piece) / (PIECES - 1));
    byteLength += lz4.compress(plain.subarray(at, at + PIECE_BYTES), block) || PIECE_BYTES;
  }
  return SAMPLE_BYTES >= RATIO_MIN * byteLength;
}
