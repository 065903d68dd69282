import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeOffer,
  encodeFrame,
  encodeOffer,
  FRAME_VERSION,
  type FrameHeader,
  HEADER_BYTES,
  readHeader,
  writeHeader,
} from "./link-frame.ts";

const kinds = ["xxh3", "md5", "crc32c"] as const;

describe("Frame of a link", () => {
  test("has the layout that its table states", () => {
    const payload = new TextEncoder().encode("123456789");
    const frame = encodeFrame({
      type: "message",
      checksumKind: "crc32c",
      sequence: 0x0102030405,
      transfer: 0xa1b2c3d4,
      detail: 7,
      payload,
    });
    const head = Buffer.from(frame.subarray(0, 44)).toString("hex");
    expect(head).toBe(
      [
        "53564c4b", // "SVLK"
        "0100", // version
        "01", // message
        "03", // crc32c
        "0504030201000000", // sequence
        "09000000", // payload length
        "d4c3b2a1", // transfer
        "839206e3000000000000000000000000", // 0xe3069283, the check value of CRC-32C
        "07000000", // detail
      ].join(""),
    );
    const check = Number(Bun.hash.xxHash3(frame.subarray(0, 44)) & 0xffffffffn);
    expect(new DataView(frame.buffer).getUint32(44, true)).toBe(check);
    expect(frame.length).toBe(HEADER_BYTES + 9);
  });

  test("is read as it was written", () => {
    const header = fc.record({
      type: fc.constantFrom("hello", "message", "offer", "pull", "bytes", "settled", "bye", "credit"),
      checksumKind: fc.constantFrom("none", ...kinds),
      sequence: fc.maxSafeNat(),
      payloadBytes: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      transfer: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      checksum: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }),
      detail: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    }) as fc.Arbitrary<FrameHeader>;
    fc.assert(
      fc.property(header, (written) => {
        const bytes = new Uint8Array(HEADER_BYTES);
        writeHeader(bytes, written);
        expect(readHeader(bytes)).toEqual({ ok: true, header: written });
      }),
    );
  });

  test("is refused when any bit of its header is flipped", () => {
    const clean = encodeFrame({ type: "offer", checksumKind: "xxh3", sequence: 12, transfer: 3 });
    for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
      const frame = clean.slice();
      frame[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, readHeader(frame).ok]).toEqual([bit, false]);
    }
  });

  test("of another version is told by its version, whatever follows", () => {
    const frame = encodeFrame({ type: "hello", checksumKind: "xxh3" });
    frame[4] = FRAME_VERSION + 1;
    frame.fill(0xff, 6);
    expect(readHeader(frame)).toEqual({ ok: false, fault: "version", found: "frames of version 2", need: "version 1" });
  });

  test("refuses a sequence that a number cannot hold, and types that it does not know", () => {
    const frame = encodeFrame({ type: "hello", checksumKind: "xxh3" });
    const sign = () =>
      new DataView(frame.buffer).setUint32(44, Number(Bun.hash.xxHash3(frame.subarray(0, 44)) & 0xffffffffn), true);
    frame[14] = 0x20;
    sign();
    expect(readHeader(frame)).toMatchObject({ ok: false, fault: "protocol", need: "at most 2^53 - 1" });
    frame[14] = 0;
    frame[6] = 99;
    sign();
    expect(readHeader(frame)).toMatchObject({ ok: false, fault: "protocol", found: "a frame of unknown type" });
  });

  test("offers are read as they were written, and refused when a length does not fit", () => {
    const bytes = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(bytes, bytes, fc.maxSafeNat(), fc.constantFrom(...kinds), (description, ticket, byteLength, kind) => {
        const body = { byteLength, checksum: 5n << 70n, checksumKind: kind, description, ticket };
        const encoded = encodeOffer(body);
        expect(decodeOffer(encoded)).toEqual(body);
        expect(decodeOffer(encoded.subarray(0, -1))).toBe(null);
        new DataView(encoded.buffer).setFloat64(0, -1, true);
        expect(decodeOffer(encoded)).toBe(null);
      }),
    );
  });
});
