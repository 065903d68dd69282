/**
 * Motion as the protobuf messages Motion and MotionBatch of `proto/motion.proto`, for readers outside the project.
 *
 * Written by hand: one pass, no object per field, the same bytes as @bufbuild/protobuf and protobufjs write (the tests compare them).
 */
import { assert, type FrameSeq } from "@skyvox/core";
import { FRAME_STAMP_BYTES_MAX, readStampField, writeStamp } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";
import { MOTIONS_MAX, type Motion, motionSourceOf, refuseMoreMotions, sourceCodes } from "./motion.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

/** Bytes of the longest Motion: its stamp, 2 for the source, four numbers of 32 bits, two of 16, 2 for the last field. */
export const MOTION_BYTES_MAX = FRAME_STAMP_BYTES_MAX + 2 + 4 * 6 + 2 * 4 + 2;
const TAG_BYTES = 2;
const WORD_MAX = 2 ** 32 - 1;
const SIDE_PX_MAX = 2 ** 16 - 1;
const SIXTEEN_BITS = "Cannot read motion: found a box wider or higher than 65535 pixels, need at most 65535";

/** Writes the fields of one Motion. The writer has room for `MOTION_BYTES_MAX` bytes. */
export function writeMotion(writer: WireWriter, motion: Motion): void {
  writeStamp(writer, motion);
  writer.uint32(6, sourceCodes[motion.source]);
  writer.uint32(7, motion.uPx256);
  writer.uint32(8, motion.vPx256);
  writer.uint32(9, motion.weight > WORD_MAX ? WORD_MAX : motion.weight);
  writer.uint32(10, motion.pixelCount);
  writer.uint32(11, motion.widthPx);
  writer.uint32(12, motion.heightPx);
  writer.uint32(13, motion.isLast ? 1 : 0);
}

/**
 * Reads the fields of one Motion to the end of the message the reader is in.
 *
 * @throws {MessageError} when the bytes are no Motion.
 */
export function readMotion(reader: WireReader): Motion {
  // One literal with all fields: a spread costs more than reading them.
  const draft: MotionDraft = {
    captureNs: 0n,
    timeSigmaNs: 0,
    clockState: "free",
    cameraIndex: 0,
    seq: 0 as FrameSeq,
    source: "cell",
    uPx256: 0,
    vPx256: 0,
    weight: 0,
    pixelCount: 0,
    widthPx: 0,
    heightPx: 0,
    isLast: false,
  };
  let sourceCode = 0;
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag === 0x30) sourceCode = reader.uint32();
    else if (!readStampField(reader, tag, draft) && !readPointField(reader, tag, draft)) reader.skip(tag);
  }
  if (draft.widthPx > SIDE_PX_MAX || draft.heightPx > SIDE_PX_MAX) throw new MessageError("range", SIXTEEN_BITS);
  draft.source = motionSourceOf(sourceCode);
  return draft;
}

/** Writes a MotionBatch into new bytes: the payload of a message of kind "motion-batch". */
export function encodeMotionBatch(motions: readonly Motion[]): Uint8Array {
  assert(motions.length <= MOTIONS_MAX, "a batch holds at most MOTIONS_MAX points");
  const writer = new WireWriter(new Uint8Array(motions.length * (MOTION_BYTES_MAX + TAG_BYTES)));
  for (const motion of motions) {
    const start = writer.beginMessage(1, 1);
    writeMotion(writer, motion);
    writer.endMessage(start, 1);
  }
  return writer.end();
}

/**
 * Reads a payload of kind "motion-batch".
 *
 * @throws {MessageError} when it is no MotionBatch.
 */
export function decodeMotionBatch(payload: Uint8Array): Motion[] {
  const reader = new WireReader(payload);
  const motions: Motion[] = [];
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    if (tag !== 0x0a) {
      reader.skip(tag);
      continue;
    }
    const around = reader.beginMessage();
    refuseMoreMotions(motions.length + 1);
    motions.push(readMotion(reader));
    reader.endMessage(around);
  }
  return motions;
}

type MotionDraft = { -readonly [Field in keyof Motion]: Motion[Field] };

function readPointField(reader: WireReader, tag: number, draft: MotionDraft): boolean {
  switch (tag) {
    case 0x38:
      draft.uPx256 = reader.uint32();
      return true;
    case 0x40:
      draft.vPx256 = reader.uint32();
      return true;
    case 0x48:
      draft.weight = reader.uint32();
      return true;
    case 0x50:
      draft.pixelCount = reader.uint32();
      return true;
    case 0x58:
      draft.widthPx = reader.uint32();
      return true;
    case 0x60:
      draft.heightPx = reader.uint32();
      return true;
    case 0x68:
      draft.isLast = reader.bool();
      return true;
    default:
      return false;
  }
}
