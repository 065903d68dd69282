/**
 * All motion of one frame as columns: the protobuf message MotionColumns of `proto/motion.proto`.
 *
 * Points come in raster order, so places are written as differences to the point before, which take one or two bytes each; what is said
 * of the frame is said once. The integers arrive as they left.
 */
import { assert } from "@skyvox/core";
import { emptyStamp, FRAME_STAMP_BYTES_MAX, type FrameStamp, readStampField, writeStamp } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";
import { type MotionSource, motionSourceOf, sourceCodes } from "./motion.ts";
import { NumberList } from "./number-list.ts";
import { WireReader } from "./wire-reader.ts";
import { VARINT32_BYTES_MAX, WireWriter } from "./wire-writer.ts";

/** The points of one frame. Every column is `[count]` uint32, with units and ranges as in `Motion`. */
export interface MotionColumns extends FrameStamp {
  readonly source: MotionSource;
  readonly uPx256: Uint32Array;
  readonly vPx256: Uint32Array;
  readonly weights: Uint32Array;
  readonly pixelCounts: Uint32Array;
  /** Both `[count]`, or both empty where no size is known. */
  readonly widthsPx: Uint32Array;
  readonly heightsPx: Uint32Array;
}

const COLUMNS = 6;
/** Tag and length of a column take at most 6 bytes, the source 2. */
const HEAD_BYTES_MAX = FRAME_STAMP_BYTES_MAX + 2 + COLUMNS * 6;
const SIDE_PX_MAX = 2 ** 16 - 1;

/** Writes a payload of kind "motion-columns" into new bytes. */
export function encodeMotionColumns(columns: MotionColumns): Uint8Array {
  const count = columns.uPx256.length;
  const flaw = flawOf(columns);
  assert(flaw === null, flaw ?? "columns are whole");
  const writer = new WireWriter(new Uint8Array(HEAD_BYTES_MAX + COLUMNS * VARINT32_BYTES_MAX * count));
  writeStamp(writer, columns);
  writer.uint32(6, sourceCodes[columns.source]);
  writer.varints(7, differences(columns.uPx256));
  writer.varints(8, differences(columns.vPx256));
  writer.varints(9, columns.weights);
  writer.varints(10, columns.pixelCounts);
  writer.varints(11, columns.widthsPx);
  writer.varints(12, columns.heightsPx);
  return writer.end();
}

/**
 * Reads a payload of kind "motion-columns". Takes memory of at most 12 times the payload.
 *
 * @throws {MessageError} when it is no MotionColumns, or its columns differ in length.
 */
export function decodeMotionColumns(payload: Uint8Array): MotionColumns {
  const reader = new WireReader(payload);
  const stamp = emptyStamp();
  let source: MotionSource | undefined;
  const lists = Array.from({ length: COLUMNS }, () => new NumberList());
  while (!reader.isAtEnd) {
    const tag = reader.tag();
    const list = lists[(tag >>> 3) - 7];
    const type = tag & 7;
    if (list !== undefined && (type === 0 || type === 2)) reader.varints(type, list);
    else if (tag === 0x30) source = motionSourceOf(reader.uint32());
    else if (!readStampField(reader, tag, stamp)) reader.skip(tag);
  }
  const [uPx256, vPx256, weights, pixelCounts, widthsPx, heightsPx] = lists.map((list) => list.toArray());
  const columns = {
    ...stamp,
    source: source ?? motionSourceOf(0),
    uPx256: sums(uPx256!),
    vPx256: sums(vPx256!),
    weights: weights!,
    pixelCounts: pixelCounts!,
    widthsPx: widthsPx!,
    heightsPx: heightsPx!,
  };
  const flaw = flawOf(columns);
  if (flaw !== null) throw new MessageError("malformed", `Cannot read motion columns: found others, need that ${flaw}`);
  return columns;
}

/** Says which rule the columns break, or null. */
function flawOf(columns: MotionColumns): string | null {
  const { uPx256, vPx256, weights, pixelCounts, widthsPx, heightsPx } = columns;
  const count = uPx256.length;
  if ([vPx256, weights, pixelCounts].some(({ length }) => length !== count)) return "all columns are of one length";
  const sizes = [widthsPx, heightsPx];
  if (sizes.some(({ length }) => length !== widthsPx.length || (length !== 0 && length !== count))) {
    return "widths and heights are of that length or both empty";
  }
  if (sizes.some((side) => maximum(side) > SIDE_PX_MAX)) return "a box is at most 65535 pixels wide and high";
  return null;
}

function maximum(values: Uint32Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > most) most = values[i]!;
  return most;
}

/** Each number less the one before it, modulo 2^32, in zigzag order: 0, -1, 1, -2, … become 0, 1, 2, 3, … */
function differences(values: Uint32Array): Uint32Array {
  const zigzag = new Uint32Array(values.length);
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = (values[i]! - before) | 0;
    zigzag[i] = (difference << 1) ^ (difference >> 31);
    before = values[i]!;
  }
  return zigzag;
}

/** Turns `differences` back, in place. */
function sums(zigzag: Uint32Array): Uint32Array {
  let before = 0;
  for (let i = 0; i < zigzag.length; i++) {
    const word = zigzag[i]!;
    before = (before + ((word >>> 1) ^ -(word & 1))) | 0;
    zigzag[i] = before;
  }
  return zigzag;
}
