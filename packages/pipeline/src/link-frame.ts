/**
 * The frames of a link: a header of 48 bytes, little-endian, and a payload.
 *
 * | offset | field | |
 * |---|---|---|
 * | 0 | magic | u32, "SVLK" |
 * | 4 | version | u16 |
 * | 6 | type | u8, see `FrameType` |
 * | 7 | checksum kind | u8: 0 none, 1 xxh3, 2 md5, 3 crc32c |
 * | 8 | sequence | u64: of the message or of what is transferred; of `bytes` its offset |
 * | 16 | payload length | u32 |
 * | 20 | transfer | u32: number of the transfer on this link; of datagrams the session |
 * | 24 | checksum | 16 bytes: of the payload |
 * | 40 | detail | u32: of `settled` an index into `settlements` |
 * | 44 | header check | u32: low half of XXH3-64 over the 44 bytes before |
 */
import { assert } from "@skyvox/core";
import { type ChecksumKind, checksumOf } from "./checksum.ts";

/** Version of the frames; another one is refused. */
export const FRAME_VERSION = 1;
/** Length of a header. */
export const HEADER_BYTES = 48;

const MAGIC = 0x4b4c5653;
const CHECK_AT = 44;

/** What a frame is for; the index is what stands in the header. */
const frameTypes = ["hello", "message", "offer", "pull", "bytes", "settled", "bye", "credit"] as const;
const checksumKinds = ["none", "xxh3", "md5", "crc32c"] as const;

/**
 * - `hello`: first on each way
 * - `message`: a message of the user
 * - `offer`: announces a transfer; `pull`: asks for its bytes; `bytes`: a part of them; `settled`: the receiver is done with it
 * - `bye`: last; the payload says why, empty when all is well
 * - `credit`: the sequence is how many bytes of frames the receiver has taken so far, where the link itself does not hold the sender back
 */
export type FrameType = (typeof frameTypes)[number];

/** What stands in a header. */
export interface FrameHeader {
  readonly type: FrameType;
  readonly checksumKind: ChecksumKind | "none";
  /** Safe integer. */
  readonly sequence: number;
  readonly payloadBytes: number;
  readonly transfer: number;
  readonly checksum: bigint;
  readonly detail: number;
}

/** A header, or why there is none; `found` and `need` are for the reader of an error. */
export type HeaderResult =
  | { readonly ok: true; readonly header: FrameHeader }
  | { readonly ok: false; readonly fault: "protocol" | "version"; readonly found: string; readonly need: string };

/** Writes a header into the first 48 bytes of `into`. */
export function writeHeader(into: Uint8Array, header: FrameHeader): void {
  assert(into.length >= HEADER_BYTES, "there is room for a header");
  const view = new DataView(into.buffer, into.byteOffset, HEADER_BYTES);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, FRAME_VERSION, true);
  view.setUint8(6, frameTypes.indexOf(header.type));
  view.setUint8(7, checksumKinds.indexOf(header.checksumKind));
  view.setUint32(8, header.sequence >>> 0, true);
  view.setUint32(12, Math.floor(header.sequence / 2 ** 32), true);
  view.setUint32(16, header.payloadBytes, true);
  view.setUint32(20, header.transfer, true);
  view.setBigUint64(24, BigInt.asUintN(64, header.checksum), true);
  view.setBigUint64(32, header.checksum >> 64n, true);
  view.setUint32(40, header.detail, true);
  view.setUint32(CHECK_AT, checkOf(into), true);
}

/** Reads a header from the first 48 bytes. The version is looked at first: other versions may have other headers behind it. */
export function readHeader(from: Uint8Array): HeaderResult {
  assert(from.length >= HEADER_BYTES, "a header is whole");
  const view = new DataView(from.buffer, from.byteOffset, HEADER_BYTES);
  const magic = view.getUint32(0, true);
  if (magic !== MAGIC) return no("protocol", `a frame that begins with ${hex(magic)}`, hex(MAGIC));
  const version = view.getUint16(4, true);
  if (version !== FRAME_VERSION) return no("version", `frames of version ${version}`, `version ${FRAME_VERSION}`);
  const [check, wanted] = [view.getUint32(CHECK_AT, true), checkOf(from)];
  if (check !== wanted) return no("protocol", `a header with check ${hex(check)}`, hex(wanted));
  const type = frameTypes[view.getUint8(6)];
  const checksumKind = checksumKinds[view.getUint8(7)];
  if (type === undefined || checksumKind === undefined) return no("protocol", "a frame of unknown type", "a known one");
  const sequence = view.getUint32(12, true) * 2 ** 32 + view.getUint32(8, true);
  if (!Number.isSafeInteger(sequence)) return no("protocol", `sequence ${sequence}`, "at most 2^53 - 1");
  return {
    ok: true,
    header: {
      type,
      checksumKind,
      sequence,
      payloadBytes: view.getUint32(16, true),
      transfer: view.getUint32(20, true),
      checksum: view.getBigUint64(24, true) | (view.getBigUint64(32, true) << 64n),
      detail: view.getUint32(40, true),
    },
  };
}

/** What goes into a frame whose payload is guarded. */
export interface FrameParts {
  readonly type: FrameType;
  readonly checksumKind: ChecksumKind;
  readonly sequence?: number;
  readonly transfer?: number;
  readonly detail?: number;
  readonly payload?: Uint8Array;
}

/** Builds a whole frame, header and payload, in memory of its own. */
export function encodeFrame(parts: FrameParts): Uint8Array {
  const { type, checksumKind, sequence = 0, transfer = 0, detail = 0, payload = EMPTY } = parts;
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame.set(payload, HEADER_BYTES);
  const checksum = checksumOf(checksumKind, payload, sequence);
  writeHeader(frame, { type, checksumKind, sequence, payloadBytes: payload.length, transfer, checksum, detail });
  return frame;
}

/** How a transfer ended; the index is what stands in `detail`. */
export const settlements = ["ok", "refused", "corrupt"] as const;

/** What an offer announces. */
export interface OfferBody {
  readonly byteLength: number;
  readonly checksum: bigint;
  readonly checksumKind: ChecksumKind;
  readonly description: Uint8Array;
  /** What the link itself needs to fetch the bytes; empty where it asks the peer for them. */
  readonly ticket: Uint8Array;
}

const OFFER_FIXED_BYTES = 32;
const TICKET_BYTES_MAX = 1024;

/** Longest body of an offer whose description has at most `descriptionBytes`. */
export function offerBytesMax(descriptionBytes: number): number {
  return OFFER_FIXED_BYTES + descriptionBytes + TICKET_BYTES_MAX;
}

/** Layout: f64 length, 16 bytes checksum, u32 kind, u16 length of the description, u16 of the ticket, description, ticket. */
export function encodeOffer({ byteLength, checksum, checksumKind, description, ticket }: OfferBody): Uint8Array {
  const body = new Uint8Array(OFFER_FIXED_BYTES + description.length + ticket.length);
  const view = new DataView(body.buffer);
  view.setFloat64(0, byteLength, true);
  view.setBigUint64(8, BigInt.asUintN(64, checksum), true);
  view.setBigUint64(16, checksum >> 64n, true);
  view.setUint32(24, checksumKinds.indexOf(checksumKind), true);
  view.setUint16(28, description.length, true);
  view.setUint16(30, ticket.length, true);
  body.set(description, OFFER_FIXED_BYTES);
  body.set(ticket, OFFER_FIXED_BYTES + description.length);
  return body;
}

/** Reads an offer; null when the lengths or the kind make no sense. Description and ticket are copies. */
export function decodeOffer(body: Uint8Array): OfferBody | null {
  if (body.length < OFFER_FIXED_BYTES) return null;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const byteLength = view.getFloat64(0, true);
  const checksumKind = checksumKinds[view.getUint32(24, true)];
  const ticketAt = OFFER_FIXED_BYTES + view.getUint16(28, true);
  if (ticketAt + view.getUint16(30, true) !== body.length) return null;
  if (!Number.isSafeInteger(byteLength) || byteLength < 0) return null;
  if (checksumKind === undefined || checksumKind === "none") return null;
  return {
    byteLength,
    checksum: view.getBigUint64(8, true) | (view.getBigUint64(16, true) << 64n),
    checksumKind,
    description: body.slice(OFFER_FIXED_BYTES, ticketAt),
    ticket: body.slice(ticketAt),
  };
}

const EMPTY = new Uint8Array();

function checkOf(header: Uint8Array): number {
  return Number(Bun.hash.xxHash3(header.subarray(0, CHECK_AT)) & 0xffffffffn);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}

function no(fault: "protocol" | "version", found: string, need: string): HeaderResult {
  return { ok: false, fault, found, need };
}
