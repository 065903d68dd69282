/**
 * The test vectors: for each a `.bin` with the bytes of one message and a `.json` that says what a reader makes of them.
 *
 * Headers and the LZ4 block are put together here by hand, apart from the code under test. Senders with CRC-32 are for
 * readers whose language brings no XXH3.
 */
import { crc32 } from "node:zlib";
import { encodeMessage, kindCodes, type Message } from "../src/mod.ts";
import { messageJson } from "./message-json.ts";
import { samples } from "./samples.ts";

/** What `NAME.json` says of `NAME.bin`. */
export interface VectorFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly json: { readonly about: string; readonly status: string; readonly [key: string]: unknown };
}

const SENDER = 0x0123456789abcdefn;

interface Parts {
  readonly kindCode: number;
  readonly sent: Uint8Array;
  readonly plainByteLength?: number;
  readonly compression?: number;
  readonly checksum?: 1 | 2;
  readonly sequence?: bigint;
}

/** Lays a message out after the table of the page. */
function layOut({ kindCode, sent, plainByteLength, compression = 0, checksum = 2, sequence = 0n }: Parts): Buffer {
  const head = Buffer.alloc(32);
  head.write("SKVX", 0, "latin1");
  head.set([1, kindCode, compression, checksum], 4);
  head.writeUInt32LE(sent.length, 8);
  head.writeUInt32LE(plainByteLength ?? sent.length, 12);
  head.writeBigUInt64LE(sequence, 16);
  head.writeBigUInt64LE(SENDER, 24);
  const sum = Buffer.alloc(8);
  const crc = crc32(head);
  sum.writeBigUInt64LE(checksum === 2 ? BigInt(crc32(sent, crc)) : Bun.hash.xxHash3(sent, BigInt(crc)));
  return Buffer.concat([head, sum, sent]);
}

/** Writes bytes whose end repeats with a period as an LZ4 block: literals, one match, and the five literals a block ends with. */
function lz4Block(bytes: Uint8Array, repeatsFrom: number, period: number): Buffer {
  const literals = repeatsFrom + period;
  const matched = bytes.length - literals - 5;
  const extension = (length: number) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255];
  return Buffer.concat([
    Buffer.of(0xff, ...extension(literals - 15)),
    bytes.subarray(0, literals),
    Buffer.of(period & 255, period >> 8, ...extension(matched - 4 - 15)),
    Buffer.of(0x50),
    bytes.subarray(bytes.length - 5),
  ]);
}

/** Makes all vectors anew. */
export function makeVectors(): VectorFile[] {
  const whole = Object.entries(samples).map(([name, sample]) => {
    const sent = encodeMessage(sample);
    return wholeVector(name, `One message of kind ${sample.kind}.`, sample, { kindCode: kindCodes[sample.kind], sent });
  });
  return [...whole, ...variedVectors(), ...refusedVectors()];
}

function wholeVector(name: string, about: string, sample: Message, parts: Parts): VectorFile {
  const bytes = layOut(parts);
  const envelope = {
    kind: sample.kind,
    kindCode: parts.kindCode,
    compression: parts.compression === 1 ? "lz4" : "none",
    checksum: parts.checksum === 1 ? "xxh3" : "crc32",
    sequence: `${parts.sequence ?? 0n}`,
    sender: `${SENDER}`,
    byteLength: bytes.length,
  };
  return { name, bytes, json: { about, status: "whole", envelope, ...messageJson(sample) } };
}

/** Whole messages in other clothes. */
function variedVectors(): VectorFile[] {
  const { mask, observation, "track-updates": tracks, "motion-records": records } = samples;
  if (mask?.kind !== "mask" || !observation || !tracks || !records) throw new Error("a sample of each kind");
  const plain = encodeMessage(mask);
  const later = Buffer.from("7a03616263" + "8101000000000000f03f" + "c03e05", "hex");
  return [
    wholeVector("mask-lz4", "The mask, its payload compressed with LZ4.", mask, {
      kindCode: 4,
      sent: lz4Block(plain, plain.length - mask.mask.bits.length, 3),
      plainByteLength: plain.length,
      compression: 1,
    }),
    wholeVector("track-updates-xxh3", "The tracks under XXH3, with the largest sequence.", tracks, {
      kindCode: 6,
      sent: encodeMessage(tracks),
      checksum: 1,
      sequence: 2n ** 53n - 1n,
    }),
    wholeVector("motion-records-xxh3", "The records under XXH3.", records, {
      kindCode: 1,
      sent: encodeMessage(records),
      checksum: 1,
      sequence: 1n,
    }),
    wholeVector("later-fields", "An observation with fields of a later version: 15, 16 and 1000.", observation, {
      kindCode: 5,
      sent: Buffer.concat([later, encodeMessage(observation)]),
    }),
    {
      name: "later-kind",
      bytes: layOut({ kindCode: 99, sent: Buffer.from("whatever") }),
      json: {
        about: "A message of a later kind: to be passed over.",
        status: "unknown-kind",
        kindCode: 99,
        byteLength: 48,
      },
    },
  ];
}

/** What is not a message, or not yet. */
function refusedVectors(): VectorFile[] {
  const good = layOut({ kindCode: 6, sent: encodeMessage(samples["track-updates"]!) });
  const changed = (byte: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[byte] = value;
    return bytes;
  };
  const refused = (fault: string, about: string, bytes: Uint8Array): VectorFile => {
    return { name: `refused-${fault}`, bytes, json: { about, status: "refused", fault } };
  };
  const cut = encodeMessage(samples["track-updates"]!).subarray(0, -1);
  return [
    refused("magic", "The first byte is another.", changed(0, 0x54)),
    refused("version", "Version 2.", changed(4, 2)),
    refused("compression", "Compression 2.", changed(6, 2)),
    refused("size", "A payload of 2^24 + more bytes is claimed.", changed(11, 1)),
    refused("checksum", "One bit of the payload is flipped.", changed(60, good[60]! ^ 4)),
    refused(
      "truncated",
      "The payload ends one byte too early, under a right checksum.",
      layOut({ kindCode: 6, sent: cut }),
    ),
    {
      name: "partial",
      bytes: good.subarray(0, 100),
      json: { about: "The first 100 bytes of a message.", status: "partial", byteLengthNeeded: good.length },
    },
  ];
}
