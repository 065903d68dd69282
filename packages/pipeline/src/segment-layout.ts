/** What lies in a segment, and how many bytes that takes. Pure arithmetic; the native library lays it out the same way. */
import { assert } from "@skyvox/core";
import { pipelineAbi } from "./pipeline-library.ts";

/**
 * One ring or one pool.
 *
 * `slots` of a ring is a power of two from 2 to 65536, of a pool 2 to 4096; `slotBytes` is what one message or one frame may take.
 */
export interface SegmentPart {
  readonly kind: "ring" | "pool";
  readonly slots: number;
  readonly slotBytes: number;
}

/** The parts of a segment in order; both sides of an attachment must name the same. */
export type SegmentLayout = readonly SegmentPart[];

/** A ring of descriptors as streams use it: 64 slots of 128 bytes. */
export const descriptorRing: SegmentPart = { kind: "ring", slots: 64, slotBytes: 128 };

/** Bytes of shared memory that a segment of this layout takes, headers and rounding included. */
export function layoutBytes(layout: SegmentLayout): number {
  let bytes = roundUp(pipelineAbi.header, PAGE_BYTES);
  for (const part of layout) bytes = roundUp(bytes + partBytes(part), PAGE_BYTES);
  return bytes;
}

const PAGE_BYTES = 4096;
const LINE_BYTES = 64;

function partBytes({ kind, slots, slotBytes }: SegmentPart): number {
  assert(Number.isInteger(slots) && slots > 0, "slots is a positive integer");
  assert(Number.isInteger(slotBytes) && slotBytes > 0, "slotBytes is a positive integer");
  if (kind === "ring") return pipelineAbi.ring + slots * (pipelineAbi.ringSlot + roundUp(slotBytes, LINE_BYTES));
  // A part begins on a page, so its payloads do when its headers are rounded up to one.
  return roundUp(pipelineAbi.pool + slots * pipelineAbi.poolSlot, PAGE_BYTES) + slots * roundUp(slotBytes, PAGE_BYTES);
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
