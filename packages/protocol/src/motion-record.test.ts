import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { blob, extreme } from "../test/samples.ts";
import { MessageError } from "./message-error.ts";
import {
  decodeMotionRecords,
  encodeMotionRecords,
  MOTION_RECORD_BYTES,
  MOTION_RECORD_WORDS,
  motionWord,
  readMotionRecord,
  viewMotionRecords,
  writeMotionRecord,
} from "./motion-record.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("Motion record", () => {
  test("lies in memory as the table of the page says", () => {
    // Worked with Python: struct.pack("<qQIIIIIHHfBBBB", 1790000000123456789, 42, 3, 245888, 138304, 5000, 37, 9, 6, 180000, 1, 2, 0, 0).
    expect(hex(encodeMotionRecords([blob]))).toBe(
      "15cd4e2b845bd7182a000000000000000300000080c00300401c020088130000250000000900060000c82f4801020000",
    );
    // … pack(…, -1, 2**53 - 1, 0, 0, 2**32 - 1, 2**32 - 1, 2**31, 65535, 0, 0.0, 3, 1, 1, 0).
    expect(hex(encodeMotionRecords([extreme]))).toBe(
      "ffffffffffffffffffffffffffff1f000000000000000000ffffffffffffffff00000080ffff00000000000003010100",
    );
  });

  test("is written and read in place, anywhere in a buffer", () => {
    const records = viewMotionRecords(new SharedArrayBuffer(16 + 2 * MOTION_RECORD_BYTES), 16, 2);
    writeMotionRecord(records, 0, extreme);
    writeMotionRecord(records, 1, blob);
    expect(readMotionRecord(records, 0)).toEqual(extreme);
    expect(readMotionRecord(records, 1)).toEqual(blob);
    expect(records.words[MOTION_RECORD_WORDS + motionWord.u]).toBe(245_888);
    expect(records.words[MOTION_RECORD_WORDS + motionWord.size]).toBe(9 | (6 << 16));
    expect(records.floats[MOTION_RECORD_WORDS + motionWord.timeSigma]).toBe(180_000);
  });

  test("keeps a weight past 32 bits at the maximum", () => {
    const [motion] = decodeMotionRecords(encodeMotionRecords([{ ...blob, weight: 2 ** 32 }]));
    expect(motion?.weight).toBe(2 ** 32 - 1);
  });

  test("is read from any address", () => {
    const bytes = new Uint8Array(3 + MOTION_RECORD_BYTES);
    bytes.set(encodeMotionRecords([blob]), 3);
    expect(decodeMotionRecords(bytes.subarray(3))).toEqual([blob]);
  });

  test("takes an unknown clock for a free one, and refuses an unknown source, a sigma below zero and a sequence past 53 bits", () => {
    const changed = (byte: number, value: number) => {
      const bytes = encodeMotionRecords([blob]);
      bytes[byte] = value;
      return () => decodeMotionRecords(bytes);
    };
    expect(changed(44, 9)()[0]?.clockState).toBe("free");
    expect(changed(45, 4)).toThrow("Cannot read message: found motion source 4, need 1, 2 or 3");
    expect(changed(43, 0xc8)).toThrow("found a sigma of -");
    expect(changed(15, 0xff)).toThrow("found a sequence of more than 53 bits, need at most 53");
  });

  test("refuses a payload of another length and one of too many points", () => {
    expect(() => decodeMotionRecords(new Uint8Array(47))).toThrow(
      "Cannot read motion records: found 47 bytes, need a multiple of 48",
    );
    expect(() => decodeMotionRecords(new Uint8Array(65_537 * 48))).toThrow(MessageError);
    expect(decodeMotionRecords(new Uint8Array(0))).toEqual([]);
  });

  test("asserts on an index that is none and on an odd address", () => {
    const records = viewMotionRecords(new ArrayBuffer(48), 0, 1);
    expect(() => writeMotionRecord(records, 1, blob)).toThrow(AssertionError);
    expect(() => readMotionRecord(records, -1)).toThrow(AssertionError);
    expect(() => viewMotionRecords(new ArrayBuffer(64), 4, 1)).toThrow(AssertionError);
    expect(() => viewMotionRecords(new ArrayBuffer(40), 0, 1)).toThrow(RangeError);
  });
});
