/**
 * Which frame of which camera a message speaks of, and when it was taken: fields 1 to 5 of Motion, MotionColumns and Mask.
 *
 * Cameras are named by their place in the site's list, so that a stamp has a fixed size; the camera's own word for it stands in the
 * site. What is not known of a clock is said as "free": nothing unsynchronised is taken for synchronised.
 */
import type { ClockState, FrameSeq } from "@skyvox/core";
import { MessageError } from "./message-error.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** One frame of one camera. */
export interface FrameStamp {
  /** Middle of the exposure on the site's time line, nanoseconds. */
  readonly captureNs: bigint;
  /** One standard deviation of it, nanoseconds, rounded to float32 on the wire. */
  readonly timeSigmaNs: number;
  readonly clockState: ClockState;
  /** Place of the camera in the site's list, from 0. */
  readonly cameraIndex: number;
  readonly seq: FrameSeq;
}

/** The numbers of clock states in messages. */
export const clockCodes: Readonly<Record<ClockState, number>> = { locked: 1, holdover: 2, free: 3 };

/** Returns the clock state of a number; what is not known counts as free. */
export function clockStateOf(code: number): ClockState {
  if (code === clockCodes.locked) return "locked";
  return code === clockCodes.holdover ? "holdover" : "free";
}

/** A stamp while its fields are being read. */
export type FrameStampDraft = { -readonly [Field in keyof FrameStamp]: FrameStamp[Field] };

/** Bytes of the longest stamp: 9 + 5 + 2 + 6 + 9. */
export const FRAME_STAMP_BYTES_MAX = 31;

/** A stamp as a message says it that holds none of its fields. */
export function emptyStamp(): FrameStampDraft {
  return { captureNs: 0n, timeSigmaNs: 0, clockState: "free", cameraIndex: 0, seq: 0 as FrameSeq };
}

/** Writes fields 1 to 5. */
export function writeStamp(writer: WireWriter, stamp: FrameStamp): void {
  writer.sfixed64(1, stamp.captureNs);
  writer.float(2, stamp.timeSigmaNs);
  writer.uint32(3, clockCodes[stamp.clockState]);
  writer.uint32(4, stamp.cameraIndex);
  writer.uint53(5, stamp.seq);
}

/** Reads one of fields 1 to 5 where the tag is of one; says whether it was. */
export function readStampField(reader: WireReader, tag: number, stamp: FrameStampDraft): boolean {
  switch (tag) {
    case 0x09:
      stamp.captureNs = reader.sfixed64();
      return true;
    case 0x15:
      stamp.timeSigmaNs = sigmaOf(reader.float());
      return true;
    case 0x18:
      stamp.clockState = clockStateOf(reader.uint32());
      return true;
    case 0x20:
      stamp.cameraIndex = reader.uint32();
      return true;
    case 0x28:
      stamp.seq = reader.uint53() as FrameSeq;
      return true;
    default:
      return false;
  }
}

/**
 * Checks a standard deviation that came from elsewhere.
 *
 * @throws {MessageError} fault "range" when it is negative, infinite or no number.
 */
export function sigmaOf(value: number): number {
  if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new MessageError("range", `Cannot read message: found a sigma of ${value}, need a finite number from 0`);
}
