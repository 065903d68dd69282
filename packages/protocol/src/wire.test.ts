/** The wire format against the examples of protobuf's own page (https://protobuf.dev/programming-guides/encoding/) and broken input. */
import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { MessageError, type MessageFault } from "./message-error.ts";
import { NumberList } from "./number-list.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

function written(write: (writer: WireWriter) => void): string {
  const writer = new WireWriter(new Uint8Array(64));
  write(writer);
  return Buffer.from(writer.end()).toString("hex");
}

const reading = (hex: string) => new WireReader(Buffer.from(hex, "hex"));

function faultOf(read: () => unknown): MessageFault | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof MessageError) return error.fault;
    throw error;
  }
  return undefined;
}

describe("Wire writer", () => {
  test("writes the examples of protobuf's page", () => {
    expect(written((writer) => writer.uint32(1, 150))).toBe("089601");
    expect(written((writer) => writer.string(2, "testing"))).toBe("120774657374696e67");
    expect(written((writer) => writer.varints(6, Uint32Array.of(3, 270, 86942)))).toBe("3206038e029ea705");
    const nested = (writer: WireWriter) => {
      const start = writer.beginMessage(3, 1);
      writer.uint32(1, 150);
      writer.endMessage(start, 1);
    };
    expect(written(nested)).toBe("1a03089601");
  });

  test("writes numbers at the ends of their ranges", () => {
    expect(written((writer) => writer.uint32(1, 2 ** 32 - 1))).toBe("08ffffffff0f");
    // 2^53 - 1 are 53 ones: seven groups of 7 and one of 4.
    expect(written((writer) => writer.uint53(1, 2 ** 53 - 1))).toBe("08ffffffffffffff0f");
    expect(written((writer) => writer.uint53(1, 2 ** 32))).toBe("088080808010");
    expect(written((writer) => writer.sfixed64(1, -2n))).toBe("09feffffffffffffff");
    expect(written((writer) => writer.double(1, 1))).toBe("09000000000000f03f");
    expect(written((writer) => writer.float(2, -0.5))).toBe("15000000bf");
    expect(written((writer) => writer.fixed32s(9, Uint32Array.of(1, 0xdeadbeef)))).toBe("4a0801000000efbeadde");
  });

  test("leaves defaults out", () => {
    const defaults = (writer: WireWriter) => {
      writer.uint32(1, 0);
      writer.uint53(2, 0);
      writer.sfixed64(3, 0n);
      writer.float(4, -0);
      writer.double(5, 0);
      writer.doubles(6, []);
      writer.blob(7, new Uint8Array());
      writer.string(8, "");
      writer.varints(9, new Uint32Array());
    };
    expect(written(defaults)).toBe("");
  });

  test("writes the length of a message in two bytes where they are needed", () => {
    const writer = new WireWriter(new Uint8Array(200));
    const start = writer.beginMessage(1, 2);
    writer.blob(2, new Uint8Array(148));
    writer.endMessage(start, 2);
    // 148 bytes, a tag and a length of two bytes: 151, or 97 01 as a varint.
    expect(Buffer.from(writer.end().subarray(0, 6)).toString("hex")).toBe("0a9701129401");
  });

  test("asserts on a buffer that is too small and on a message that does not fit its length", () => {
    const short = new WireWriter(new Uint8Array(2));
    short.uint32(1, 300);
    expect(() => short.end()).toThrow(AssertionError);
    const writer = new WireWriter(new Uint8Array(200));
    const start = writer.beginMessage(1, 1);
    writer.blob(2, new Uint8Array(126));
    expect(() => writer.endMessage(start, 1)).toThrow(AssertionError);
    expect(() => writer.endMessage(writer.beginMessage(1, 2), 2)).toThrow(AssertionError);
  });
});

describe("Wire reader", () => {
  test("reads packed, single and split lists alike", () => {
    for (const hex of ["3206038e029ea705", "3003308e02309ea705", "320103308e0232039ea705"]) {
      const reader = reading(hex);
      const list = new NumberList();
      while (!reader.isAtEnd) reader.varints(reader.tag() & 7, list);
      expect([...list.toArray()]).toEqual([3, 270, 86942]);
    }
    const doubles: number[] = [];
    const reader = reading("0a08000000000000f03f090000000000000040");
    while (!reader.isAtEnd) reader.doubles(reader.tag() & 7, doubles, 2);
    expect(doubles).toEqual([1, 2]);
    const words = new NumberList();
    const fixed = reading("4a0401000000" + "4d02000000");
    while (!fixed.isAtEnd) fixed.fixed32s(fixed.tag() & 7, words);
    expect([...words.toArray()]).toEqual([1, 2]);
  });

  test("skips fields of every wire type but groups", () => {
    // Field 20 as varint, fixed64, bytes and fixed32, then field 1 = 150.
    const reader = reading("a0019601" + "a1010102030405060708" + "a20103616263" + "a50101020304" + "089601");
    const tags: number[] = [];
    for (let tag = reader.tag(); tag !== 8; tag = reader.tag()) {
      tags.push(tag);
      reader.skip(tag);
    }
    expect(tags).toEqual([160, 161, 162, 165]);
    expect(reader.uint32()).toBe(150);
    for (const type of [3, 4, 6, 7]) expect(faultOf(() => reading("00").skip(160 | type))).toBe("malformed");
  });

  test("refuses what ends too early, at every byte", () => {
    expect(faultOf(() => reading("80").uint32())).toBe("truncated");
    expect(faultOf(() => reading("").uint53())).toBe("truncated");
    expect(faultOf(() => reading("01020304050607").sfixed64())).toBe("truncated");
    expect(faultOf(() => reading("010203").float())).toBe("truncated");
    expect(faultOf(() => reading("05010203").blob())).toBe("truncated");
    expect(faultOf(() => reading("ffffffff0f").blob())).toBe("truncated");
    expect(faultOf(() => reading("05").beginMessage())).toBe("truncated");
    expect(faultOf(() => reading("80").skip(8))).toBe("truncated");
    expect(() => reading("01020304050607").double()).toThrow("Cannot read message: 7 bytes are left at byte 0, need 8");
  });

  test("ends a message inside another where its length says", () => {
    const reader = reading("0a0208961a");
    expect(reader.tag()).toBe(10);
    const around = reader.beginMessage();
    expect(reader.tag()).toBe(8);
    // The byte after the inner message would complete the number; it is not the inner message's.
    expect(faultOf(() => reader.uint32())).toBe("truncated");
    expect(around).toBe(5);
  });

  test("refuses numbers past their range and lists that are too long or cut", () => {
    expect(faultOf(() => reading("808080801000").uint32())).toBe("range");
    expect(reading("ffffffff0f").uint32()).toBe(2 ** 32 - 1);
    expect(faultOf(() => reading("8080808080808010").uint53())).toBe("range");
    expect(faultOf(() => reading("ffffffffffffffffffffff01").uint53())).toBe("malformed");
    expect(faultOf(() => reading("ffffffffffffffffffffff01").skip(8))).toBe("malformed");
    expect(faultOf(() => reading("00").tag())).toBe("malformed");
    expect(faultOf(() => reading(`10${"00".repeat(16)}`).doubles(2, [], 1))).toBe("malformed");
    expect(faultOf(() => reading(`07${"00".repeat(7)}`).doubles(2, [], 1))).toBe("malformed");
    expect(faultOf(() => reading("03000000").fixed32s(2, new NumberList()))).toBe("malformed");
    expect(faultOf(() => reading("02c328").string())).toBe("malformed");
  });
});
