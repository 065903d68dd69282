import { dlopen, FFIType, ptr } from "bun:ffi";
import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import fc from "fast-check";
import { ChecksumFill, type ChecksumKind, checksumOf } from "./checksum.ts";
import { nativeChecksum } from "./native-checksum.ts";

const kinds: readonly ChecksumKind[] = ["xxh3", "md5", "crc32c"];
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (kind: ChecksumKind, bytes: Uint8Array): string => checksumOf(kind, bytes, 0).toString(16);

/** The bytes that the self-test of xxHash (tests/sanity_test_vectors.h, cli/xsum_sanity_check.c) hashes. */
function sanityBytes(length: number): Uint8Array {
  let state = 2654435761n;
  return Uint8Array.from({ length }, () => {
    const byte = Number(state >> 56n);
    state = (state * 11400714785074694797n) & 0xffffffffffffffffn;
    return byte;
  });
}

/** `whole` is hashed while it arrives in parts of the lengths given, taken in turn. */
function filled(kind: ChecksumKind, whole: Uint8Array, sequence: number, parts: readonly number[]): bigint {
  const target = new Uint8Array(whole.length);
  const fill = new ChecksumFill({ kind, sequence, target });
  for (let turn = 0; fill.filledBytes < whole.length; turn++) {
    const from = fill.filledBytes;
    const part = whole.subarray(from, from + parts[turn % parts.length]!);
    if (turn % 2 === 0) fill.copy(part);
    else {
      target.set(part, from);
      fill.advance(part.length);
    }
  }
  expect(Buffer.compare(target, whole)).toBe(0);
  return fill.finish();
}

describe("Checksum", () => {
  test("xxh3 gives the values of the self-test of xxHash", () => {
    const known: readonly (readonly [number, string])[] = [
      [0, "2d06800538d394c2"],
      [1, "c44bdff4074eecdb"],
      [6, "27b56a84cd2d7325"],
      [12, "a713daf0dfbb77e7"],
      [24, "a3fe70bf9d3510eb"],
      [48, "397da259ecba1f11"],
      [80, "bcdefbbb2c47c90a"],
      [195, "cd94217ee362ec3a"],
      [403, "cdeb804d65c6dea4"],
      [512, "617e49599013cb6b"],
      [2048, "dd59e2c3a5f038e0"],
      [2099, "c6b9d9b3fc9ac765"],
      [2240, "6e73a90539cf2948"],
      [2367, "cb37aeb9e5d361ed"],
    ];
    for (const [length, value] of known) {
      const bytes = sanityBytes(length);
      expect([length, hex("xxh3", bytes)]).toEqual([length, value]);
      expect([length, filled("xxh3", bytes, 0, [100]).toString(16)]).toEqual([length, value]);
    }
  });

  test("md5 gives the values of RFC 1321, appendix A.5", () => {
    expect(hex("md5", bytesOf(""))).toBe("d41d8cd98f00b204e9800998ecf8427e");
    expect(checksumOf("md5", bytesOf("a"), 0)).toBe(0x0cc175b9c0f1b6a831c399e269772661n);
    expect(hex("md5", bytesOf("abc"))).toBe("900150983cd24fb0d6963f7d28e17f72");
    expect(hex("md5", bytesOf("message digest"))).toBe("f96b697d7cb7938d525a2f31aaf161d0");
  });

  test("crc32c gives the values of RFC 3720, appendix B.4, with the instruction and without", () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
    const known = [
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(0xff), 0x62a8ab43],
      [ascending, 0x46dd794e],
      [Uint8Array.from(ascending).reverse(), 0x113fdb5c],
      [bytesOf("123456789"), 0xe3069283],
    ] as const;
    for (const [bytes, value] of known) {
      expect(checksumOf("crc32c", bytes, 0)).toBe(BigInt(value));
      expect(nativeChecksum().sv_crc32c_plain(0, ptr(bytes), bytes.length)).toBe(value);
    }
    expect(checksumOf("crc32c", new Uint8Array(), 0)).toBe(0n);
  });

  test("xxh3 equals the C library bit for bit, whole and in parts, with any 32-bit seed", () => {
    const { symbols } = dlopen("libxxhash.so.0", {
      XXH3_64bits_withSeed: { args: [FFIType.ptr, FFIType.u64, FFIType.u64], returns: FFIType.u64 },
    });
    const lengths = [1, 64, 240, 241, 1023, 1024, 1025, 2048, 2049, 65_535, 65_536, 65_537, 1_000_003];
    for (const [index, length] of lengths.entries()) {
      const bytes = sanityBytes(length);
      const sequence = [0, 1, 2 ** 31, 2 ** 32 - 1][index % 4]!;
      const truth = symbols.XXH3_64bits_withSeed(ptr(bytes), BigInt(length), BigInt(sequence));
      expect([length, checksumOf("xxh3", bytes, sequence)]).toEqual([length, truth]);
      for (const parts of [[7, 1024], [1024], [65_537], [length]]) {
        if (length / Math.min(...parts) < 20_000) expect(filled("xxh3", bytes, sequence, parts)).toBe(truth);
      }
    }
  });

  for (const kind of kinds) {
    test(`${kind} of a buffer that fills is that of the whole, however it fills`, () => {
      const parts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 });
      const data = fc.uint8Array({ minLength: 0, maxLength: 6000 });
      fc.assert(
        fc.property(data, parts, fc.nat(), (bytes, lengths, sequence) => {
          expect(filled(kind, bytes, sequence, lengths)).toBe(checksumOf(kind, bytes, sequence));
        }),
      );
    });

    test(`${kind} changes with every single bit`, () => {
      const bytes = sanityBytes(300);
      const before = checksumOf(kind, bytes, 3);
      let missed = 0;
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        if (checksumOf(kind, bytes, 3) === before) missed++;
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
      expect(missed).toBe(0);
    });
  }

  test("xxh3 tells the same bytes of another sequence apart, also past 32 bits of it", () => {
    const bytes = sanityBytes(500);
    expect(checksumOf("xxh3", bytes, 1)).not.toBe(checksumOf("xxh3", bytes, 2));
    expect(checksumOf("xxh3", bytes, 2 ** 32 + 1)).toBe(checksumOf("xxh3", bytes, 1));
    expect(filled("xxh3", bytes, 2 ** 32 + 1, [100])).toBe(checksumOf("xxh3", bytes, 1));
  });

  test("a fill refuses more than its target holds, and a finish before it is full", () => {
    const fill = new ChecksumFill({ kind: "xxh3", sequence: 0, target: new Uint8Array(300) });
    fill.copy(new Uint8Array(299));
    expect(() => fill.finish()).toThrow(AssertionError);
    expect(() => fill.copy(new Uint8Array(2))).toThrow(AssertionError);
    expect(() => fill.advance(2)).toThrow(AssertionError);
    expect(() => checksumOf("xxh3", new Uint8Array(1), -1)).toThrow(AssertionError);
  });
});
