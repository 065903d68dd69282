/**
 * Writes fields of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) into a buffer of the caller's.
 *
 * A field that holds its default is left out, as proto3 has it, so the bytes equal those of any other encoder that writes fields in the
 * order of their numbers. All field numbers are below 16, so a tag is one byte. Nothing here checks room per field: the caller
 * makes the buffer as large as the message can be (`…_BYTES_MAX`), and `end` asserts once that this held.
 */
import { assert } from "@skyvox/core";

/** Wire types of protobuf, as they stand in the low three bits of a tag. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Bytes of the longest varint of 32 bits. */
export const VARINT32_BYTES_MAX = 5;

const UINT32 = 2 ** 32;
const utf8 = new TextEncoder();

/** A place in a buffer where fields are written one after another. The buffer is borrowed. */
export class WireWriter {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Returns what was written since the start of the buffer, as a view of it. */
  end(): Uint8Array {
    // A typed array drops what is written past its end, so this is where a buffer too small shows.
    assert(this.at <= this.bytes.length, "the buffer holds the whole message");
    return this.bytes.subarray(0, this.at);
  }

  /** Writes an integer from 0 to 2^32 - 1 without a tag. */
  varint32(value: number): void {
    const bytes = this.bytes;
    let at = this.at;
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.at = at;
  }

  /** Field of type uint32, enum or bool. */
  uint32(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.at++] = field << 3;
    this.varint32(value);
  }

  /** Field of type uint64 with a value from 0 to 2^53 - 1. */
  uint53(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.at++] = field << 3;
    let rest = value;
    while (rest >= UINT32) {
      this.bytes[this.at++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    this.varint32(rest);
  }

  /** Field of type sfixed64. */
  sfixed64(field: number, value: bigint): void {
    if (value === 0n) return;
    this.bytes[this.at] = (field << 3) | wireType.fixed64;
    this.view.setBigInt64(this.at + 1, value, true);
    this.at += 9;
  }

  /** Field of type float; zero of either sign is the default. */
  float(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.at] = (field << 3) | wireType.fixed32;
    this.view.setFloat32(this.at + 1, value, true);
    this.at += 5;
  }

  /** Field of type double; zero of either sign is the default. */
  double(field: number, value: number): void {
    if (value === 0) return;
    this.bytes[this.at] = (field << 3) | wireType.fixed64;
    this.view.setFloat64(this.at + 1, value, true);
    this.at += 9;
  }

  /** Field of packed doubles; left out when empty. */
  doubles(field: number, values: ArrayLike<number>): void {
    if (values.length === 0) return;
    this.bytes[this.at++] = (field << 3) | wireType.bytes;
    this.varint32(values.length * 8);
    for (let i = 0; i < values.length; i++) this.view.setFloat64(this.at + 8 * i, values[i]!, true);
    this.at += 8 * values.length;
  }

  /** Field of packed fixed32: the memory of the array as it is, since every machine this runs on is little-endian. */
  fixed32s(field: number, values: Uint32Array): void {
    this.blob(field, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  /** Field of type bytes. */
  blob(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.bytes[this.at++] = (field << 3) | wireType.bytes;
    this.varint32(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Field of type string. */
  string(field: number, value: string): void {
    this.blob(field, utf8.encode(value));
  }

  /** Opens a field of message type whose length will take `lengthBytes` bytes; what it returns goes to `endMessage`. */
  beginMessage(field: number, lengthBytes: 1 | 2): number {
    this.bytes[this.at++] = (field << 3) | wireType.bytes;
    this.at += lengthBytes;
    return this.at;
  }

  /** Closes the message that began at `start`: writes its length in front of it. */
  endMessage(start: number, lengthBytes: 1 | 2): void {
    const byteLength = this.at - start;
    if (lengthBytes === 1) {
      assert(byteLength < 128, "a message with a length of one byte has at most 127");
      this.bytes[start - 1] = byteLength;
      return;
    }
    assert(byteLength >= 128, "a message with a length of two bytes has at least 128");
    assert(byteLength < 16384, "a message with a length of two bytes has at most 16383");
    this.bytes[start - 2] = (byteLength & 127) | 128;
    this.bytes[start - 1] = byteLength >> 7;
  }

  /** Field of packed uint32; left out when empty. */
  varints(field: number, values: Uint32Array): void {
    if (values.length === 0) return;
    this.bytes[this.at++] = (field << 3) | wireType.bytes;
    this.varint32(varintsByteLength(values));
    const bytes = this.bytes;
    let at = this.at;
    for (let i = 0; i < values.length; i++) {
      let rest = values[i]!;
      while (rest > 127) {
        bytes[at++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      bytes[at++] = rest;
    }
    this.at = at;
  }
}

function varintsByteLength(values: Uint32Array): number {
  let byteLength = values.length;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    byteLength += (value > 0x7f ? 1 : 0) + (value > 0x3fff ? 1 : 0);
    byteLength += (value > 0x1fffff ? 1 : 0) + (value > 0xfffffff ? 1 : 0);
  }
  return byteLength;
}
