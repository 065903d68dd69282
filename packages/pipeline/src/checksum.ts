/**
 * Checksums that guard every transfer: XXH3-64 by default, MD5 and CRC-32C for who must have them.
 *
 * They tell accidents, not attacks: none of them is a signature. XXH3 is seeded with the sequence of what is guarded, so that the right
 * bytes of an earlier frame in a reused slot are found as well; MD5 and CRC-32C are those of the bytes alone, as their standards have them.
 *
 * Sources: XXH3 of xxHash 0.8 (doc/xxhash_spec.md), MD5 of RFC 1321, CRC-32C of RFC 3720, appendix B.4.
 */
import { type Pointer, ptr } from "bun:ffi";
import { assert } from "@skyvox/core";
import { type NativeChecksum, nativeChecksum } from "./native-checksum.ts";

/** How a transfer is guarded. */
export type ChecksumKind = "xxh3" | "md5" | "crc32c";

/** XXH3 has other formulas up to this length, and Bun has them. */
const XXH3_SHORT_BYTES = 240;
const SEED_MODULUS = 2 ** 32;

/**
 * Computes the checksum of some bytes.
 *
 * @param sequence of the frame or message, a non-negative safe integer; its low 32 bits seed XXH3, the other kinds leave it alone.
 * @returns an unsigned integer of 64 (xxh3), 128 (md5, the digest read big-endian) or 32 bits (crc32c).
 * @throws {SkyvoxError} code "io" when crc32c is wanted and the native library is missing.
 */
export function checksumOf(kind: ChecksumKind, bytes: Uint8Array, sequence: number): bigint {
  switch (kind) {
    case "xxh3":
      return Bun.hash.xxHash3(bytes, BigInt(seedOf(sequence)));
    case "md5":
      return BigInt(`0x${new Bun.CryptoHasher("md5").update(bytes).digest("hex")}`);
    case "crc32c":
      return BigInt(bytes.length === 0 ? 0 : nativeChecksum().sv_crc32c(0, ptr(bytes), bytes.length));
  }
}

/** Bun takes no more than 32 bits of a seed. */
function seedOf(sequence: number): number {
  assert(Number.isSafeInteger(sequence) && sequence >= 0, "sequence is a non-negative safe integer");
  return sequence % SEED_MODULUS;
}

/** What a filling buffer is for. */
export interface ChecksumFillOptions {
  readonly kind: ChecksumKind;
  /** As for `checksumOf`. */
  readonly sequence: number;
  /** Borrowed until `finish`; its whole length is what the checksum is of. */
  readonly target: Uint8Array;
}

/** Computes the checksum of a buffer while it fills from its start, so that each part is read while it is still in the cache. */
export class ChecksumFill {
  readonly #target: Uint8Array;
  readonly #hash: FillHash;
  #filled = 0;

  /** @throws {SkyvoxError} code "io" when the native library is missing. */
  constructor({ kind, sequence, target }: ChecksumFillOptions) {
    this.#target = target;
    this.#hash = hashes[kind](target, seedOf(sequence));
  }

  /** How many bytes are filled, from the start. */
  get filledBytes(): number {
    return this.#filled;
  }

  /** Copies the next bytes in. */
  copy(from: Uint8Array): void {
    assert(this.#filled + from.length <= this.#target.length, "what is copied fits into the target");
    if (from.length === 0) return;
    this.#hash.copy(this.#filled, from);
    this.#filled += from.length;
  }

  /** Takes the next `byteLength` bytes, which somebody else wrote into the target. */
  advance(byteLength: number): void {
    assert(byteLength >= 0 && this.#filled + byteLength <= this.#target.length, "what was written lies in the target");
    if (byteLength === 0) return;
    this.#hash.advance(this.#filled, byteLength);
    this.#filled += byteLength;
  }

  /** Returns the checksum, as `checksumOf` does; the target is full. */
  finish(): bigint {
    assert(this.#filled === this.#target.length, "the target is full");
    return this.#hash.finish();
  }
}

/** One way to hash a target that fills. */
interface FillHash {
  copy(offset: number, from: Uint8Array): void;
  advance(offset: number, byteLength: number): void;
  finish(): bigint;
}

const hashes: Record<ChecksumKind, (target: Uint8Array, seed: number) => FillHash> = {
  xxh3: (target, seed) =>
    target.length <= XXH3_SHORT_BYTES ? new ShortFill(target, seed) : new Xxh3Fill(target, seed),
  md5: (target) => new Md5Fill(target),
  crc32c: (target) => new Crc32cFill(target),
};

class ShortFill implements FillHash {
  readonly #target: Uint8Array;
  readonly #seed: number;

  constructor(target: Uint8Array, seed: number) {
    this.#target = target;
    this.#seed = seed;
  }

  copy(offset: number, from: Uint8Array): void {
    this.#target.set(from, offset);
  }

  advance(): void {}

  finish(): bigint {
    return checksumOf("xxh3", this.#target, this.#seed);
  }
}

class Xxh3Fill implements FillHash {
  readonly #native: NativeChecksum = nativeChecksum();
  /** Held, because the library knows its address only. */
  readonly #target: Uint8Array;
  readonly #targetAt: Pointer;
  readonly #state = new Uint8Array(new ArrayBuffer(this.#native.sv_xxh3_state_bytes()));
  readonly #stateAt: Pointer = ptr(this.#state);

  constructor(target: Uint8Array, seed: number) {
    this.#target = target;
    // A short array lies in its object until somebody asks for its buffer, and then moves for good: ask before its address is kept.
    assert(target.buffer.byteLength >= target.length, "the target lies in its buffer");
    this.#targetAt = ptr(target);
    this.#native.sv_xxh3_start(this.#stateAt, target.length, seed);
  }

  copy(offset: number, from: Uint8Array): void {
    this.#native.sv_xxh3_copy(this.#stateAt, this.#targetAt, offset, ptr(from), from.length);
  }

  advance(offset: number, byteLength: number): void {
    this.#native.sv_xxh3_advance(this.#stateAt, this.#targetAt, offset + byteLength);
  }

  finish(): bigint {
    const hash = new BigUint64Array(new ArrayBuffer(8));
    this.#native.sv_xxh3_finish(this.#stateAt, ptr(this.#target), ptr(hash));
    return hash[0]!;
  }
}

class Md5Fill implements FillHash {
  readonly #target: Uint8Array;
  readonly #hasher = new Bun.CryptoHasher("md5");

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  copy(offset: number, from: Uint8Array): void {
    this.#target.set(from, offset);
    this.#hasher.update(from);
  }

  advance(offset: number, byteLength: number): void {
    this.#hasher.update(this.#target.subarray(offset, offset + byteLength));
  }

  finish(): bigint {
    return BigInt(`0x${this.#hasher.digest("hex")}`);
  }
}

class Crc32cFill implements FillHash {
  readonly #native: NativeChecksum = nativeChecksum();
  readonly #target: Uint8Array;
  #crc = 0;

  constructor(target: Uint8Array) {
    this.#target = target;
  }

  copy(offset: number, from: Uint8Array): void {
    this.#target.set(from, offset);
    this.#crc = this.#native.sv_crc32c(this.#crc, ptr(from), from.length);
  }

  advance(offset: number, byteLength: number): void {
    const part = this.#target.subarray(offset, offset + byteLength);
    this.#crc = this.#native.sv_crc32c(this.#crc, ptr(part), byteLength);
  }

  finish(): bigint {
    return BigInt(this.#crc);
  }
}
