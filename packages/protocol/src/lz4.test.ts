/** LZ4 blocks worked by hand from the block format's description, the gate, and what a damaged block may cost. */
import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { blockByteLengthMax, compress, decompress, RATIO_MIN } from "./compression.ts";
import { EnvelopeWriter, readEnvelope } from "./envelope.ts";
import { type Lz4, openLz4, probeLz4 } from "./lz4.ts";
import { MessageError } from "./message-error.ts";

const probe = probeLz4();
const lz4 = probe.ok ? probe.lz4 : undefined;
if (!probe.ok) console.warn(`skipped: LZ4: ${probe.reason}`);

/** Bytes without a pattern: a 32-bit xorshift (Marsaglia 2003). */
function noise(byteLength: number): Uint8Array {
  let state = 0x9e3779b9;
  return Uint8Array.from({ length: byteLength }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

/** The block of some bytes, or null where compressing does not pay. */
function blockOf(library: Lz4, bytes: Uint8Array): Uint8Array | null {
  const block = new Uint8Array(blockByteLengthMax(bytes.length));
  const byteLength = compress(library, bytes, block);
  return byteLength === 0 ? null : block.subarray(0, byteLength);
}

/** A mask of 8192 x 4320 pixels as bits, with squares of motion in it. */
function squares(count: number): Uint8Array {
  const bits = new Uint8Array(1024 * 4320);
  const places = noise(4 * count);
  for (let i = 0; i < count; i++) {
    const column = (places[4 * i]! << 2) | (places[4 * i + 1]! & 3);
    const row = ((places[4 * i + 2]! << 8) | places[4 * i + 3]!) % 4310;
    for (let line = 0; line < 8; line++) bits[(row + line) * 1024 + column] = 0x7e;
  }
  return bits;
}

/** Literal "abc", then 12 bytes from 3 back, then the literals "defgh" that a block must end with. */
const block = Buffer.from("38616263030050646566676800".slice(0, -2), "hex");
const plain = Buffer.from("abcabcabcabcabcdefgh");

describe("liblz4 that is absent", () => {
  test("is a no with its name and the package that brings it", () => {
    const absent = openLz4("liblz4-absent.so.9");
    expect(absent.ok).toBe(false);
    if (absent.ok) return;
    expect(absent.reason).toMatch(
      /^Cannot open liblz4-absent\.so\.9: .+, need the library liblz4 \(Debian: liblz4-1\)$/,
    );
  });

  test("is a no where the library is another one", () => {
    expect(openLz4("libm.so.6").ok).toBe(false);
  });
});

describe.skipIf(lz4 === undefined)("LZ4", () => {
  const library = lz4 as Lz4;

  test("reads a block worked by hand", () => {
    const into = new Uint8Array(plain.length);
    expect(library.decompress(block, into)).toBe(plain.length);
    expect(Buffer.from(into).toString()).toBe("abcabcabcabcabcdefgh");
    expect(library.version).toMatch(/^1\.\d+\.\d+$/);
  });

  test("gives back what it took", () => {
    for (const bytes of [noise(5000), squares(200), new Uint8Array(70_000), Buffer.from("a")]) {
      const into = new Uint8Array(bytes.length + 300);
      const byteLength = library.compress(bytes, into);
      expect(byteLength).toBeGreaterThan(0);
      expect(Bun.hash(decompress(library, into.subarray(0, byteLength), bytes.length))).toBe(Bun.hash(bytes));
    }
  });

  test("never writes past the buffer, whatever the block says", () => {
    const into = new Uint8Array(24).fill(7);
    expect(library.decompress(block, into.subarray(0, 19))).toBeLessThan(0);
    expect([...into.subarray(19)]).toEqual([7, 7, 7, 7, 7]);
    for (let seed = 0; seed < 2000; seed++) {
      const damaged = Buffer.from(block);
      damaged[seed % damaged.length] = (seed * 37) & 255;
      library.decompress(damaged, into.subarray(0, 19));
      expect([...into.subarray(19)]).toEqual([7, 7, 7, 7, 7]);
    }
  });

  test("of another length than stated, or damaged, is refused", () => {
    expect(() => decompress(library, block, 19)).toThrow(
      "Cannot decompress message: found a damaged LZ4 block, need 19 bytes",
    );
    expect(() => decompress(library, block, 21)).toThrow("Cannot decompress message: found 20 bytes, need 21 bytes");
    expect(() => decompress(library, new Uint8Array(), 4)).toThrow(MessageError);
    expect(() => decompress(library, block, 0)).toThrow(MessageError);
    expect(() => library.compress(new Uint8Array(), new Uint8Array(1))).toThrow(AssertionError);
  });
});

describe.skipIf(lz4 === undefined)("Compression", () => {
  const library = lz4 as Lz4;

  test("takes masks, a hundredfold and more", () => {
    const bits = squares(20);
    const packed = blockOf(library, bits);
    expect(bits.length / (packed?.length ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(100);
    expect(Bun.hash(decompress(library, packed!, bits.length))).toBe(Bun.hash(bits));
  });

  test("leaves noise and what is small as it is", () => {
    expect(blockOf(library, noise(300))).toBeNull();
    expect(blockOf(library, noise(1_000_000))).toBeNull();
    expect(blockOf(library, new Uint8Array(255))).toBeNull();
    expect(blockOf(library, new Uint8Array(256))).not.toBeNull();
    expect(() => compress(library, new Uint8Array(300), new Uint8Array(300))).toThrow(AssertionError);
  });

  test("judges a large payload by its whole length", () => {
    // Noise in front, zeros from a tenth on: the sample has three pieces of zeros and one of noise.
    const bytes = new Uint8Array(1_000_000);
    bytes.set(noise(100_000));
    expect(bytes.length / (blockOf(library, bytes)?.length ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(RATIO_MIN);
    // Zeros in front only.
    const noisy = noise(1_000_000);
    noisy.fill(0, 0, 16_384);
    expect(noisy.length / (blockOf(library, noisy)?.length ?? noisy.length)).toBe(1);
  });

  test("of a message shows in its header only, and needs the library to be read", () => {
    const payload = new Uint8Array(1000).fill(5);
    const bytes = new EnvelopeWriter({ sender: 1n, lz4: library }).wrap("mask", payload);
    expect([...bytes.subarray(4, 8)]).toEqual([1, 4, 1, 1]);
    expect(bytes.length).toBeLessThan(100);
    for (const options of [{}, { lz4: library }]) {
      const read = readEnvelope(bytes, options);
      expect(read.status === "whole" && Bun.hash(read.envelope.payload) === Bun.hash(payload)).toBe(true);
    }
    expect(() => readEnvelope(bytes, { lz4: null })).toThrow(
      "Cannot read message: found compression LZ4, need liblz4: it is switched off",
    );
    expect(() => readEnvelope(bytes, { payloadBytesMax: 999 })).toThrow(
      "found a payload of 1000 bytes, need at most 999",
    );
  });
});
