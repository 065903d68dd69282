/**
 * Reads fields of protobuf's wire format (https://protobuf.dev/programming-guides/encoding/) from bytes that nobody vouches for.
 *
 * Every read checks the end of the message it is in and throws a `MessageError` where a field would pass it. Fields with a tag the caller
 * does not know are skipped, and so are known numbers with another wire type. Lists may come packed, one by one, or in several
 * pieces; memory for them grows with the bytes that are there, never with a length that is merely claimed.
 */
import { MessageError } from "./message-error.ts";
import type { NumberList } from "./number-list.ts";
import { wireType } from "./wire-writer.ts";

const UINT32 = 2 ** 32;
const VARINT_BYTES_MAX = 10;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A place in borrowed bytes from which fields are read one after another. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;
  /** End of the innermost open message. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** Reads a tag: field number times 8 plus wire type. */
  tag(): number {
    const at = this.at;
    // Field numbers up to 15 take one byte, and that is all that this protocol writes.
    const first = this.bytes[at]!;
    if (first < 128 && first > 7) {
      this.at = at + 1;
      return first;
    }
    const tag = this.uint32();
    if (tag < 8) throw this.#malformed("a field number 0", "1 or more");
    return tag;
  }

  /** Reads a varint that must lie from 0 to 2^32 - 1. */
  uint32(): number {
    const bytes = this.bytes;
    let at = this.at;
    let value = 0;
    // Four bytes hold 28 bits, which whole-number arithmetic takes; what is longer or ends early goes the long way.
    for (let shift = 0; shift < 28 && at < this.end; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) {
        this.at = at;
        return value;
      }
    }
    const long = this.uint53();
    if (long < UINT32) return long;
    throw new MessageError("range", `Cannot read message: found the number ${long}, need < 2^32`);
  }

  /** Reads a varint that must lie from 0 to 2^53 - 1. */
  uint53(): number {
    let value = 0;
    let weight = 1;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (this.at >= this.end) throw this.#truncated(1);
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * weight;
      weight *= 128;
      if (byte > 127) continue;
      if (value <= Number.MAX_SAFE_INTEGER) return value;
      throw new MessageError("range", "Cannot read message: found a number of more than 53 bits, need at most 53");
    }
    throw this.#malformed("a varint of more than 10 bytes", "at most 10");
  }

  /** Reads a varint as proto3 reads a bool. */
  bool(): boolean {
    return this.uint53() !== 0;
  }

  sfixed64(): bigint {
    const at = this.#take(8);
    return this.view.getBigInt64(at, true);
  }

  float(): number {
    const at = this.#take(4);
    return this.view.getFloat32(at, true);
  }

  double(): number {
    const at = this.#take(8);
    return this.view.getFloat64(at, true);
  }

  /** Reads a length and returns that many bytes as a view of the message. */
  blob(): Uint8Array {
    const byteLength = this.uint32();
    const at = this.#take(byteLength);
    return this.bytes.subarray(at, at + byteLength);
  }

  string(): string {
    const bytes = this.blob();
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      throw this.#malformed(`text "${Buffer.from(bytes.subarray(0, 40)).toString("latin1")}"`, "UTF-8");
    }
  }

  /** Opens a field of message type: until `endMessage`, `end` is its end. Returns the end of the message around it. */
  beginMessage(): number {
    const around = this.end;
    const byteLength = this.uint32();
    const at = this.#take(byteLength);
    this.at = at;
    this.end = at + byteLength;
    return around;
  }

  endMessage(around: number): void {
    this.end = around;
  }

  /** Reads one double, or a packed list of them, as `type` says, to the end of a list of at most `countMax`. */
  doubles(type: number, into: number[], countMax: number): void {
    const byteLength = type === wireType.bytes ? this.uint32() : 8;
    if (byteLength % 8 !== 0) throw this.#malformed(`${byteLength} bytes of packed doubles`, "a multiple of 8");
    const count = into.length + byteLength / 8;
    if (count > countMax) throw this.#malformed(`a list of ${count} numbers`, `at most ${countMax}`);
    const at = this.#take(byteLength);
    for (let offset = 0; offset < byteLength; offset += 8) into.push(this.view.getFloat64(at + offset, true));
  }

  /** Reads one fixed32, or a packed list of them, to the end of a list. */
  fixed32s(type: number, into: NumberList): void {
    const byteLength = type === wireType.bytes ? this.uint32() : 4;
    if (byteLength % 4 !== 0) throw this.#malformed(`${byteLength} bytes of packed fixed32`, "a multiple of 4");
    const at = this.#take(byteLength);
    into.addBytes(this.bytes.subarray(at, at + byteLength));
  }

  /** Reads one uint32, or a packed list of them, to the end of a list. */
  varints(type: number, into: NumberList): void {
    if (type === wireType.varint) {
      into.reserve(1);
      into.numbers[into.length++] = this.uint32();
      return;
    }
    const around = this.beginMessage();
    // Every number takes a byte or more, so the room asked for is at most four times the bytes that are there.
    into.reserve(this.end - this.at);
    const numbers = into.numbers;
    let count = into.length;
    const { bytes, end } = this;
    let at = this.at;
    while (at < end) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      // Most numbers of a column take one byte or two; the others go the long way.
      if (first < 128) {
        numbers[count++] = first;
        at += 1;
      } else if (second < 128 && at + 1 < end) {
        numbers[count++] = (first & 127) | (second << 7);
        at += 2;
      } else {
        this.at = at;
        numbers[count++] = this.uint32();
        at = this.at;
      }
    }
    this.at = at;
    into.length = count;
    this.endMessage(around);
  }

  /** Passes over the field whose tag was read last. */
  skip(tag: number): void {
    const type = tag & 7;
    if (type === wireType.varint) this.#skipVarint();
    else if (type === wireType.fixed64) this.#take(8);
    else if (type === wireType.bytes) this.#take(this.uint32());
    else if (type === wireType.fixed32) this.#take(4);
    else throw this.#malformed(`a field of wire type ${type}`, "0, 1, 2 or 5");
  }

  #skipVarint(): void {
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (this.at >= this.end) throw this.#truncated(1);
      if (this.bytes[this.at++]! < 128) return;
    }
    throw this.#malformed("a varint of more than 10 bytes", "at most 10");
  }

  /** Moves past `byteLength` bytes and returns where they begin. */
  #take(byteLength: number): number {
    const at = this.at;
    if (byteLength > this.end - at) throw this.#truncated(byteLength);
    this.at = at + byteLength;
    return at;
  }

  #truncated(needed: number): MessageError {
    const left = Math.max(0, this.end - this.at);
    return new MessageError(
      "truncated",
      `Cannot read message: ${left} bytes are left at byte ${this.at}, need ${needed}`,
    );
  }

  #malformed(found: string, needed: string): MessageError {
    return new MessageError("malformed", `Cannot read message: found ${found} at byte ${this.at}, need ${needed}`);
  }
}
