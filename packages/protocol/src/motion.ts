import type { FrameStamp } from "./frame-stamp.ts";
import { MessageError } from "./message-error.ts";

/** What a point of motion stands for: motion pixels of one square, connected motion pixels, or a place that stands out like a point. */
export type MotionSource = "cell" | "blob" | "spot";

/** One point of motion in one frame. Integers are those the kernels returned. */
export interface Motion extends FrameStamp {
  readonly source: MotionSource;
  /** 1/256 pixel right of and below the centre of the top-left pixel, uint32. */
  readonly uPx256: number;
  readonly vPx256: number;
  /** Sum of the grey-level differences of its pixels, uint32; a larger sum is written as 2^32 - 1. */
  readonly weight: number;
  readonly pixelCount: number;
  /** Size of the bounding box, uint16; 0 where it is not known, as for a cell. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** True on the last point of its frame. */
  readonly isLast: boolean;
}

/** Points in one message at most: an object takes some 40 times the bytes of the shortest Motion. */
export const MOTIONS_MAX = 65_536;

/** The numbers of sources in messages. */
export const sourceCodes: Readonly<Record<MotionSource, number>> = { cell: 1, blob: 2, spot: 3 };

const sources: readonly (MotionSource | undefined)[] = [undefined, "cell", "blob", "spot"];

/**
 * Returns the source of a number.
 *
 * @throws {MessageError} fault "range" when there is none.
 */
export function motionSourceOf(code: number): MotionSource {
  const source = sources[code];
  if (source !== undefined) return source;
  throw new MessageError("range", `Cannot read message: found motion source ${code}, need 1, 2 or 3`);
}

/**
 * Checks how many points a message holds before objects are made of them.
 *
 * @throws {MessageError} fault "size" when they are more than `MOTIONS_MAX`.
 */
export function refuseMoreMotions(count: number): void {
  if (count <= MOTIONS_MAX) return;
  throw new MessageError("size", `Cannot read motion: found ${count} points or more, need at most ${MOTIONS_MAX}`);
}
