/** The hand-written codecs against two other implementations of protobuf, byte for byte. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checksumCodes } from "../src/checksum.ts";
import { clockCodes } from "../src/frame-stamp.ts";
import { decodeMessage, encodeMessage, kindCodes } from "../src/mod.ts";
import { sourceCodes } from "../src/motion.ts";
import { bufbuildCodec, enumNumbers, protobufjsCodec } from "../testing/protobuf-libraries.ts";
import { message } from "./arbitraries.ts";
import { messageJson } from "./message-json.ts";

const protobufMessage = message.filter(({ kind }) => kind !== "motion-records");

describe("Messages of proto/*.proto", () => {
  test("are written with the bytes of @bufbuild/protobuf and protobufjs", () => {
    fc.assert(
      fc.property(protobufMessage, (any) => {
        const { message: name, fields } = messageJson(any);
        const hex = Buffer.from(encodeMessage(any)).toString("hex");
        const [first, second] = [bufbuildCodec(name), protobufjsCodec(name)];
        expect(hex).toBe(Buffer.from(first.encode(first.fromJson(fields))).toString("hex"));
        expect(hex).toBe(Buffer.from(second.encode(second.fromJson(fields))).toString("hex"));
      }),
      { numRuns: 300 },
    );
  });

  test("are read by @bufbuild/protobuf as what they were", () => {
    fc.assert(
      fc.property(protobufMessage, (any) => {
        const { message: name, fields } = messageJson(any);
        const library = bufbuildCodec(name);
        expect(library.toJson(library.decode(encodeMessage(any)))).toEqual(fields);
      }),
      { numRuns: 300 },
    );
  });

  test("come back as they were, records included", () => {
    fc.assert(
      fc.property(message, (any) => {
        expect(decodeMessage({ kind: any.kind, payload: encodeMessage(any) })).toEqual(any);
      }),
      { numRuns: 500 },
    );
  });
});

describe("Numbers of the protocol", () => {
  /** `{ "motion-records": 1 }` as `{ MESSAGE_KIND_MOTION_RECORDS: 1 }`. */
  const named = (prefix: string, codes: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(codes).map(([name, code]) => [`${prefix}_${name.toUpperCase().replaceAll("-", "_")}`, code]),
    );

  test("are those of the enums", () => {
    const first = (prefix: string) => ({ [`${prefix}_UNSPECIFIED`]: 0 });
    expect(enumNumbers("MessageKind")).toEqual({ ...first("MESSAGE_KIND"), ...named("MESSAGE_KIND", kindCodes) });
    expect(enumNumbers("Checksum")).toEqual({ ...first("CHECKSUM"), ...named("CHECKSUM", checksumCodes) });
    expect(enumNumbers("ClockState")).toEqual({ ...first("CLOCK_STATE"), ...named("CLOCK_STATE", clockCodes) });
    expect(enumNumbers("MotionSource")).toEqual({ ...first("MOTION_SOURCE"), ...named("MOTION_SOURCE", sourceCodes) });
    expect(enumNumbers("Compression")).toEqual({ COMPRESSION_NONE: 0, COMPRESSION_LZ4: 1 });
  });
});
