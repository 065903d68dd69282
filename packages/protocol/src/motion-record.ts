/**
 * Motion as records of 48 bytes, little-endian, written and read where they lie: the form for rings in shared memory.
 *
 *   byte  0  int64   captureNs                24  uint32  vPx256         44  uint8  clock state: 1 locked, 2 holdover, 3 free
 *         8  uint64  seq, below 2^53          28  uint32  weight         45  uint8  source: 1 cell, 2 blob, 3 spot
 *        16  uint32  camera index             32  uint32  pixel count    46  uint8  1 on the last point of its frame, else 0
 *        20  uint32  uPx256                   36  uint16  width px       47  uint8  0
 *                                             38  uint16  height px
 *                                             40  float32 timeSigmaNs
 *
 * A loop over many records reads `words[record * MOTION_RECORD_WORDS + motionWord.u]` and makes no object at all.
 */
import { assert, type FrameSeq } from "@skyvox/core";
import { clockCodes, clockStateOf, sigmaOf } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";
import { MOTIONS_MAX, type Motion, motionSourceOf, refuseMoreMotions, sourceCodes } from "./motion.ts";

/** Bytes of one record. */
export const MOTION_RECORD_BYTES = 48;
/** The same in 32-bit words. */
export const MOTION_RECORD_WORDS = 12;

/** Where the whole 32-bit words of a record lie, counted from its first. */
export const motionWord = {
  captureLow: 0,
  captureHigh: 1,
  seqLow: 2,
  seqHigh: 3,
  camera: 4,
  u: 5,
  v: 6,
  weight: 7,
  pixelCount: 8,
  /** Width in the low half, height in the high half. */
  size: 9,
  /** float32 bits. */
  timeSigma: 10,
  /** Clock state, source, last: one byte each from the lowest. */
  codes: 11,
} as const;

/** Records in memory that somebody else owns, as the arrays they are read through. */
export interface MotionRecords {
  readonly count: number;
  /** `[count, 12]` uint32. */
  readonly words: Uint32Array;
  /** `[count, 6]` int64; the capture time of a record is its first. */
  readonly times: BigInt64Array;
  /** `[count, 12]` float32 over the same words. */
  readonly floats: Float32Array;
}

const UINT32 = 2 ** 32;
const WORD_MAX = UINT32 - 1;
const WORDS_PER_TIME = 2;

assert(new Uint8Array(new Uint32Array([1]).buffer)[0] === 1, "this machine is little-endian");

/** Lays records over memory. The memory is borrowed and begins at a multiple of 8 bytes. */
export function viewMotionRecords(buffer: ArrayBufferLike, byteOffset: number, count: number): MotionRecords {
  assert(byteOffset % 8 === 0, "records begin at a multiple of 8 bytes");
  assert(Number.isInteger(count) && count >= 0, "count is a whole number from 0");
  const wordCount = count * MOTION_RECORD_WORDS;
  return {
    count,
    words: new Uint32Array(buffer, byteOffset, wordCount),
    times: new BigInt64Array(buffer, byteOffset, wordCount / WORDS_PER_TIME),
    floats: new Float32Array(buffer, byteOffset, wordCount),
  };
}

/** Writes one record. Integers are taken modulo their width, but for the weight, which stops at its maximum. */
export function writeMotionRecord(records: MotionRecords, index: number, motion: Motion): void {
  assert(index >= 0 && index < records.count, "index is that of a record");
  const { words } = records;
  const at = index * MOTION_RECORD_WORDS;
  records.times[at / WORDS_PER_TIME] = motion.captureNs;
  words[at + motionWord.seqLow] = motion.seq;
  words[at + motionWord.seqHigh] = motion.seq / UINT32;
  words[at + motionWord.camera] = motion.cameraIndex;
  words[at + motionWord.u] = motion.uPx256;
  words[at + motionWord.v] = motion.vPx256;
  words[at + motionWord.weight] = motion.weight > WORD_MAX ? WORD_MAX : motion.weight;
  words[at + motionWord.pixelCount] = motion.pixelCount;
  words[at + motionWord.size] = (motion.widthPx & 0xffff) | (motion.heightPx << 16);
  records.floats[at + motionWord.timeSigma] = motion.timeSigmaNs;
  words[at + motionWord.codes] =
    clockCodes[motion.clockState] | (sourceCodes[motion.source] << 8) | (motion.isLast ? 1 << 16 : 0);
}

/**
 * Reads one record into an object.
 *
 * @throws {MessageError} fault "range" when the source, the sigma or the sequence is none.
 */
export function readMotionRecord(records: MotionRecords, index: number): Motion {
  assert(index >= 0 && index < records.count, "index is that of a record");
  const { words } = records;
  const at = index * MOTION_RECORD_WORDS;
  const size = words[at + motionWord.size]!;
  const codes = words[at + motionWord.codes]!;
  return {
    captureNs: records.times[at / WORDS_PER_TIME]!,
    timeSigmaNs: sigmaOf(records.floats[at + motionWord.timeSigma]!),
    clockState: clockStateOf(codes & 255),
    cameraIndex: words[at + motionWord.camera]!,
    seq: seqOf(words[at + motionWord.seqLow]!, words[at + motionWord.seqHigh]!),
    source: motionSourceOf((codes >>> 8) & 255),
    uPx256: words[at + motionWord.u]!,
    vPx256: words[at + motionWord.v]!,
    weight: words[at + motionWord.weight]!,
    pixelCount: words[at + motionWord.pixelCount]!,
    widthPx: size & 0xffff,
    heightPx: size >>> 16,
    isLast: ((codes >>> 16) & 255) !== 0,
  };
}

/** Writes records one after another into new bytes: the payload of a message of kind "motion-records". */
export function encodeMotionRecords(motions: readonly Motion[]): Uint8Array {
  assert(motions.length <= MOTIONS_MAX, "a message holds at most MOTIONS_MAX points");
  const bytes = new Uint8Array(motions.length * MOTION_RECORD_BYTES);
  const records = viewMotionRecords(bytes.buffer, 0, motions.length);
  for (let i = 0; i < motions.length; i++) writeMotionRecord(records, i, motions[i]!);
  return bytes;
}

/**
 * Reads a payload of kind "motion-records".
 *
 * @throws {MessageError} when its length is no multiple of 48, or a record holds what none may.
 */
export function decodeMotionRecords(payload: Uint8Array): Motion[] {
  if (payload.length % MOTION_RECORD_BYTES !== 0) {
    throw new MessageError(
      "malformed",
      `Cannot read motion records: found ${payload.length} bytes, need a multiple of ${MOTION_RECORD_BYTES}`,
    );
  }
  const count = payload.length / MOTION_RECORD_BYTES;
  refuseMoreMotions(count);
  // Bytes from a socket begin anywhere; a copy begins at a multiple of 8.
  const aligned = payload.byteOffset % 8 === 0 ? payload : payload.slice();
  const records = viewMotionRecords(aligned.buffer, aligned.byteOffset, count);
  return Array.from({ length: count }, (_, index) => readMotionRecord(records, index));
}

function seqOf(low: number, high: number): FrameSeq {
  const seq = high * UINT32 + low;
  if (seq <= Number.MAX_SAFE_INTEGER) return seq as FrameSeq;
  throw new MessageError("range", "Cannot read message: found a sequence of more than 53 bits, need at most 53");
}
