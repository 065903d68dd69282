/**
 * What stands around every message: 40 bytes, little-endian, in front of the payload.
 *
 *   byte  0  4 bytes 53 4b 56 58, "SKVX"       16  uint64  sequence: counts the sender's messages, below 2^53
 *         4  uint8   version, 1                24  uint64  sender
 *         5  uint8   kind                      32  uint64  checksum of bytes 0 to 31 and the payload
 *         6  uint8   compression: 0 none, 1 LZ4
 *         7  uint8   checksum: 1 XXH3, 2 CRC-32
 *         8  uint32  bytes of the payload as sent
 *        12  uint32  bytes of the payload when decompressed
 *
 * The reader takes nothing on trust: a length past its limit is refused before anything is allocated, another version before anything
 * else is looked at, and the payload is handed out only once its checksum holds. A kind it does not know it passes over, so
 * that a newer peer may say more. Cutting a stream into messages needs no more than the two answers "partial" and "whole".
 */
import { assert } from "@skyvox/core";
import { type Checksum, checksumCodes, checksumOf } from "./checksum.ts";
import { blockByteLengthMax, compress, decompress } from "./compression.ts";
import { type Lz4, probeLz4 } from "./lz4.ts";
import { MessageError } from "./message-error.ts";

/** Bytes of the header. */
export const ENVELOPE_BYTES = 40;
/** The version of the protocol, of header and payloads alike. */
export const PROTOCOL_VERSION = 1;
/** Bytes of a payload at most, compressed or not, where a reader states no other limit. */
export const PAYLOAD_BYTES_MAX = 2 ** 24;

/** What a payload is. */
export type MessageKind =
  | "motion-records"
  | "motion-batch"
  | "motion-columns"
  | "mask"
  | "observation"
  | "track-updates";

/** The numbers of kinds in headers. */
export const kindCodes: Readonly<Record<MessageKind, number>> = {
  "motion-records": 1,
  "motion-batch": 2,
  "motion-columns": 3,
  mask: 4,
  observation: 5,
  "track-updates": 6,
};

/** A message as it was sent, with its payload decompressed. */
export interface Envelope {
  readonly kind: MessageKind;
  /** Counts the sender's messages from 0; a gap is a loss. */
  readonly sequence: number;
  /** Names the sender for the life of its process, uint64. */
  readonly sender: bigint;
  /** Borrowed from the bytes read where it was not compressed. */
  readonly payload: Uint8Array;
}

/** What the first message in some bytes is; `byteLength` is where the next one begins. */
export type EnvelopeRead =
  | { readonly status: "whole"; readonly envelope: Envelope; readonly byteLength: number }
  /** Nothing is wrong so far, but more bytes have to come: that many in all, as far as can be told. */
  | { readonly status: "partial"; readonly byteLengthNeeded: number }
  /** A message of this version, undamaged, of a kind that came after this program. */
  | { readonly status: "unknown-kind"; readonly kindCode: number; readonly byteLength: number };

const HEAD_BYTES = 32;
const MAGIC = 0x58564b53;
const UINT32 = 2 ** 32;
const compressionCodes = { none: 0, lz4: 1 } as const;
const kinds = new Map(Object.entries(kindCodes).map(([kind, code]) => [code, kind as MessageKind]));
const checksums = new Map(Object.entries(checksumCodes).map(([name, code]) => [code, name as Checksum]));

/** Puts payloads of one sender into envelopes and counts them. */
export class EnvelopeWriter {
  readonly #sender: bigint;
  readonly #checksum: Checksum;
  readonly #lz4: Lz4 | null;
  #sequence = 0;
  /** Where blocks are made; grows to what the largest payload needs. */
  #block = new Uint8Array(0);

  /** With `lz4`, payloads are compressed where that pays. */
  constructor(options: { readonly sender: bigint; readonly checksum?: Checksum; readonly lz4?: Lz4 | null }) {
    assert(options.sender === BigInt.asUintN(64, options.sender), "the sender is a number of 64 bits");
    this.#sender = options.sender;
    this.#checksum = options.checksum ?? "xxh3";
    this.#lz4 = options.lz4 ?? null;
  }

  /** Returns new bytes: the header and the payload. */
  wrap(kind: MessageKind, payload: Uint8Array): Uint8Array {
    assert(payload.length <= PAYLOAD_BYTES_MAX, "a payload has at most PAYLOAD_BYTES_MAX bytes");
    const block = this.#lz4 === null ? null : this.#compress(this.#lz4, payload);
    const sent = block ?? payload;
    const bytes = new Uint8Array(ENVELOPE_BYTES + sent.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, MAGIC, true);
    bytes[4] = PROTOCOL_VERSION;
    bytes[5] = kindCodes[kind];
    bytes[6] = block === null ? compressionCodes.none : compressionCodes.lz4;
    bytes[7] = checksumCodes[this.#checksum];
    view.setUint32(8, sent.length, true);
    view.setUint32(12, payload.length, true);
    view.setUint32(16, this.#sequence % UINT32, true);
    view.setUint32(20, this.#sequence / UINT32, true);
    view.setBigUint64(24, this.#sender, true);
    bytes.set(sent, ENVELOPE_BYTES);
    view.setBigUint64(HEAD_BYTES, checksumOf(this.#checksum, bytes.subarray(0, HEAD_BYTES), sent), true);
    this.#sequence += 1;
    return bytes;
  }

  /** Returns the block, borrowed until the next one, or null where the payload is to be sent as it is. */
  #compress(lz4: Lz4, payload: Uint8Array): Uint8Array | null {
    const room = blockByteLengthMax(payload.length);
    if (this.#block.length < room) this.#block = new Uint8Array(room);
    const byteLength = compress(lz4, payload, this.#block);
    return byteLength === 0 ? null : this.#block.subarray(0, byteLength);
  }
}

/**
 * Reads the message that some bytes begin with.
 *
 * @throws {MessageError} when they are none that can be taken; a stream cannot go on after it.
 */
export function readEnvelope(
  bytes: Uint8Array,
  options: { readonly payloadBytesMax?: number; readonly lz4?: Lz4 | null } = {},
): EnvelopeRead {
  const { payloadBytesMax = PAYLOAD_BYTES_MAX } = options;
  const header = readHeader(bytes, payloadBytesMax);
  if (header === null) return { status: "partial", byteLengthNeeded: ENVELOPE_BYTES };
  const byteLength = ENVELOPE_BYTES + header.sentByteLength;
  if (bytes.length < byteLength) return { status: "partial", byteLengthNeeded: byteLength };
  const sent = bytes.subarray(ENVELOPE_BYTES, byteLength);
  const checksum = checksumOf(header.checksum, bytes.subarray(0, HEAD_BYTES), sent);
  if (checksum !== header.checksumFound) {
    const [found, needed] = [header.checksumFound, checksum].map((sum) => sum.toString(16).padStart(16, "0"));
    throw new MessageError(
      "checksum",
      `Cannot read message ${header.sequence}: found checksum ${found}, need ${needed}`,
    );
  }
  const kind = kinds.get(header.kindCode);
  if (kind === undefined) return { status: "unknown-kind", kindCode: header.kindCode, byteLength };
  const payload = header.isCompressed ? decompress(lz4Of(options.lz4), sent, header.plainByteLength) : sent;
  return { status: "whole", envelope: { kind, sequence: header.sequence, sender: header.sender, payload }, byteLength };
}

interface Header {
  readonly kindCode: number;
  readonly isCompressed: boolean;
  readonly checksum: Checksum;
  readonly sentByteLength: number;
  readonly plainByteLength: number;
  readonly sequence: number;
  readonly sender: bigint;
  readonly checksumFound: bigint;
}

/** Reads the header as soon as it is whole; what can be told to be wrong before that is refused at once. */
function readHeader(bytes: Uint8Array, payloadBytesMax: number): Header | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) return null;
  if (view.getUint32(0, true) !== MAGIC) {
    throw refusal("magic", `bytes ${Buffer.from(bytes.subarray(0, 4)).toString("hex")}`, "534b5658");
  }
  if (bytes.length < 5) return null;
  if (bytes[4] !== PROTOCOL_VERSION) throw refusal("version", `version ${bytes[4]}`, `${PROTOCOL_VERSION}`);
  if (bytes.length < ENVELOPE_BYTES) return null;
  const compression = bytes[6]!;
  if (compression > compressionCodes.lz4) throw refusal("compression", `compression ${compression}`, "0 or 1");
  const checksum = checksums.get(bytes[7]!);
  if (checksum === undefined) throw refusal("checksum", `checksum ${bytes[7]}`, "1 or 2");
  const [sentByteLength, plainByteLength] = [view.getUint32(8, true), view.getUint32(12, true)];
  const byteLengthMax = Math.max(sentByteLength, plainByteLength);
  if (byteLengthMax > payloadBytesMax) {
    throw refusal("size", `a payload of ${byteLengthMax} bytes`, `at most ${payloadBytesMax}`);
  }
  const isCompressed = compression === compressionCodes.lz4;
  if (!isCompressed && sentByteLength !== plainByteLength) {
    throw refusal(
      "malformed",
      `lengths ${sentByteLength} and ${plainByteLength} without compression`,
      "two equal ones",
    );
  }
  const sequence = view.getUint32(20, true) * UINT32 + view.getUint32(16, true);
  if (sequence > Number.MAX_SAFE_INTEGER) throw refusal("range", "a sequence of more than 53 bits", "at most 53");
  const [sender, checksumFound] = [view.getBigUint64(24, true), view.getBigUint64(HEAD_BYTES, true)];
  return {
    kindCode: bytes[5]!,
    isCompressed,
    checksum,
    sentByteLength,
    plainByteLength,
    sequence,
    sender,
    checksumFound,
  };
}

function lz4Of(given: Lz4 | null | undefined): Lz4 {
  if (given !== undefined && given !== null) return given;
  const probe = probeLz4();
  if (given === undefined && probe.ok) return probe.lz4;
  const reason = probe.ok ? "it is switched off" : probe.reason;
  throw new MessageError("compression", `Cannot read message: found compression LZ4, need liblz4: ${reason}`);
}

function refusal(fault: MessageError["fault"], found: string, needed: string): MessageError {
  return new MessageError(fault, `Cannot read message: found ${found}, need ${needed}`);
}
