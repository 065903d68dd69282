import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { ENVELOPE_BYTES, EnvelopeWriter, PAYLOAD_BYTES_MAX, readEnvelope } from "./envelope.ts";
import { MessageError } from "./message-error.ts";

const SENDER = 0x0123456789abcdefn;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The sixth message of the sender. */
function sixth(payload: Uint8Array, checksum: "xxh3" | "crc32" = "xxh3"): Uint8Array {
  const writer = new EnvelopeWriter({ sender: SENDER, checksum });
  for (let i = 0; i < 5; i++) writer.wrap("mask", payload);
  return writer.wrap("track-updates", payload);
}

/** A good message with bytes changed; the checksum is left as it was. */
function changed(byte: number, ...values: number[]): () => unknown {
  const bytes = sixth(Buffer.from("abc"));
  bytes.set(values, byte);
  return () => readEnvelope(bytes);
}

function refusal(read: () => unknown): string {
  try {
    return JSON.stringify(read());
  } catch (error) {
    if (error instanceof MessageError) return `${error.fault}: ${error.message}`;
    throw error;
  }
}

describe("Envelope", () => {
  // Worked with Python's struct, zlib.crc32 and libxxhash 0.8.1: XXH3_64bits_withSeed(payload, crc32(head)).
  const head = (byteLength: string, checksum: string) =>
    `534b5658010600${checksum}${byteLength}${byteLength}0500000000000000efcdab8967452301`;

  test("has the header of the page, and the checksum other programs compute", () => {
    expect(hex(sixth(new Uint8Array()))).toBe(`${head("00000000", "01")}9e985a0892a5b3ea`);
    expect(hex(sixth(Buffer.from("abc")))).toBe(`${head("03000000", "01")}7a0b9712c44cf887616263`);
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(hex(sixth(bytes))).toBe(`${head("00010000", "01")}ae40ad3a627047a9${hex(bytes)}`);
    expect(hex(sixth(bytes, "crc32"))).toBe(`${head("00010000", "02")}720c2e2e00000000${hex(bytes)}`);
  });

  test("gives back what was put into it, and where the next begins", () => {
    const payload = Buffer.from("abc");
    for (const checksum of ["xxh3", "crc32"] as const) {
      const bytes = Buffer.concat([sixth(payload, checksum), Buffer.from("next")]);
      const read = readEnvelope(bytes);
      expect(read.status).toBe("whole");
      if (read.status !== "whole") continue;
      expect(read.byteLength).toBe(43);
      expect({ ...read.envelope, payload: hex(read.envelope.payload) }).toEqual({
        kind: "track-updates",
        sequence: 5,
        sender: SENDER,
        payload: "616263",
      });
    }
  });

  test("is partial until its last byte, and says how many bytes it needs", () => {
    const bytes = sixth(Buffer.from("abc"));
    for (let length = 0; length < bytes.length; length++) {
      const byteLengthNeeded = length < ENVELOPE_BYTES ? ENVELOPE_BYTES : 43;
      expect(readEnvelope(bytes.subarray(0, length))).toEqual({ status: "partial", byteLengthNeeded });
    }
  });

  test("with any bit flipped is refused or asks for more, never taken", () => {
    for (const checksum of ["xxh3", "crc32"] as const) {
      const bytes = sixth(Buffer.from("abc"), checksum);
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        expect([bit, refusal(() => readEnvelope(bytes))]).not.toEqual([bit, expect.stringContaining("whole")]);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  });

  test("is refused with what was found and what is needed", () => {
    expect(refusal(() => readEnvelope(Buffer.from("GET / HTTP")))).toBe(
      "magic: Cannot read message: found bytes 47455420, need 534b5658",
    );
    expect(refusal(changed(4, 2))).toBe("version: Cannot read message: found version 2, need 1");
    expect(refusal(changed(6, 2))).toBe("compression: Cannot read message: found compression 2, need 0 or 1");
    expect(refusal(changed(7, 0))).toBe("checksum: Cannot read message: found checksum 0, need 1 or 2");
    expect(refusal(changed(8, 4, 0, 0, 0))).toBe(
      "malformed: Cannot read message: found lengths 4 and 3 without compression, need two equal ones",
    );
    expect(refusal(changed(22, 0x20))).toBe(
      "range: Cannot read message: found a sequence of more than 53 bits, need at most 53",
    );
    expect(refusal(changed(42, 0x64))).toMatch(
      /^checksum: Cannot read message 5: found checksum 87f84cc412970b7a, need [0-9a-f]{16}$/,
    );
  });

  test("of another version or magic is refused before the rest of it has come", () => {
    expect(refusal(() => readEnvelope(Buffer.from("SKVX\x02")))).toStartWith("version");
    expect(refusal(() => readEnvelope(Buffer.from("SKVY")))).toStartWith("magic");
    expect(readEnvelope(Buffer.from("SKVX")).status).toBe("partial");
  });

  test("that claims more than the limit is refused by its header alone", () => {
    const claim = changed(8, 1, 0, 0, 1, 1, 0, 0, 1);
    expect(refusal(claim)).toBe("size: Cannot read message: found a payload of 16777217 bytes, need at most 16777216");
    const bytes = sixth(new Uint8Array(11)).subarray(0, ENVELOPE_BYTES);
    expect(refusal(() => readEnvelope(bytes, { payloadBytesMax: 10 }))).toBe(
      "size: Cannot read message: found a payload of 11 bytes, need at most 10",
    );
    // Small when compressed, 4 GiB after: the second length alone.
    expect(refusal(changed(12, 0xff, 0xff, 0xff, 0xff))).toStartWith(
      "size: Cannot read message: found a payload of 4294967295",
    );
  });

  test("of a kind that came later is passed over", () => {
    const bytes = sixth(Buffer.from("abc"), "crc32");
    bytes[5] = 99;
    // CRC-32 of the head with this kind and of "abc", by the same rule as above.
    const crc = Bun.hash.crc32(Buffer.concat([bytes.subarray(0, 32), Buffer.from("abc")]));
    new DataView(bytes.buffer).setUint32(32, crc, true);
    expect(readEnvelope(bytes)).toEqual({ status: "unknown-kind", kindCode: 99, byteLength: 43 });
  });

  test("asserts on a sender past 64 bits and a payload past the limit", () => {
    expect(() => new EnvelopeWriter({ sender: 2n ** 64n })).toThrow(AssertionError);
    expect(() => new EnvelopeWriter({ sender: -1n })).toThrow(AssertionError);
    const writer = new EnvelopeWriter({ sender: 1n });
    expect(() => writer.wrap("mask", new Uint8Array(PAYLOAD_BYTES_MAX + 1))).toThrow(AssertionError);
  });
});
