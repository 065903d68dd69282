/**
 * How one camera's frames go from the process that reads its source to the one that works on them.
 *
 * Both map one segment: a ring of requests, a ring of answers and a pool of frames. The reader of frames says how many it wants in all, so
 * that asking twice changes nothing and nothing is read further ahead than was asked for; the source's side writes each frame into a slot
 * of the pool and answers with the slot's number. Pixels are written once and read where they lie.
 */
import { assert, type ClockState } from "@skyvox/core";
import type { SegmentLayout } from "@skyvox/pipeline";

/** Where the parts of the segment lie. */
export const exchangePart = { requests: 0, answers: 1, pool: 2 } as const;

const REQUEST_BYTES = 64;
const ANSWER_BYTES = 512;
const TEXT_OFFSET = 96;

/** The segment of one camera: rings of requests and answers, and `slots` frames `[heightPx, widthPx]` uint8. */
export function exchangeLayout(options: { widthPx: number; heightPx: number; slots: number }): SegmentLayout {
  const { widthPx, heightPx, slots } = options;
  assert(slots >= 4, "there are slots for the frame in hand, the next ones and the one being written");
  return [
    { kind: "ring", slots: 16, slotBytes: REQUEST_BYTES },
    { kind: "ring", slots: 64, slotBytes: ANSWER_BYTES },
    { kind: "pool", slots, slotBytes: widthPx * heightPx },
  ];
}

/** What the reader of frames wants. */
export interface FrameRequest {
  /** Whose request: another reader has another number. */
  readonly session: number;
  /** Who answered this reader last; 0 before anybody has. */
  readonly server: number;
  /** Frames that this reader has got of that server, and that it wants of it in all. Another server counts from 0. */
  readonly received: number;
  readonly wanted: number;
  /** Frames captured before, in site time, are passed over; null: every frame is wanted. */
  readonly notBeforeNs: bigint | null;
}

/** What the source's side has done with its frames so far. */
export interface SourceCounts {
  readonly delivered: number;
  readonly skipped: number;
  readonly missing: number;
}

/** What the source's side answers; `server` is a number of its own, not 0: another process that takes its place has another. */
export type FrameAnswer = { readonly session: number; readonly server: number; readonly counts: SourceCounts } & (
  | {
      readonly kind: "frame";
      readonly slot: number;
      readonly generation: number;
      readonly clockState: ClockState;
      readonly timeSigmaNs: number;
    }
  /** There are no more frames. */
  | { readonly kind: "end" }
  /** The source is damaged; `text` says where. */
  | { readonly kind: "failed"; readonly text: string }
);

const kinds = ["frame", "end", "failed"] as const;
const clockStates: readonly ClockState[] = ["locked", "holdover", "free"];

/** Writes a request; returns its length in bytes. */
export function writeRequest(view: DataView, request: FrameRequest): number {
  const { session, server, received, wanted, notBeforeNs } = request;
  view.setUint32(0, session, true);
  view.setUint32(4, notBeforeNs === null ? 0 : 1, true);
  view.setFloat64(8, received, true);
  view.setFloat64(16, wanted, true);
  view.setBigInt64(24, notBeforeNs ?? 0n, true);
  view.setUint32(32, server, true);
  return REQUEST_BYTES;
}

/** Reads a request; its view is that of a slot of the ring. */
export function readRequest(view: DataView): FrameRequest {
  return {
    session: view.getUint32(0, true),
    server: view.getUint32(32, true),
    received: view.getFloat64(8, true),
    wanted: view.getFloat64(16, true),
    notBeforeNs: view.getUint32(4, true) === 0 ? null : view.getBigInt64(24, true),
  };
}

/** Writes an answer; a text that is too long is cut. Returns its length in bytes. */
export function writeAnswer(view: DataView<ArrayBuffer>, answer: FrameAnswer): number {
  const { counts } = answer;
  view.setUint32(0, kinds.indexOf(answer.kind), true);
  view.setUint32(4, answer.session, true);
  view.setUint32(8, answer.server, true);
  view.setFloat64(16, counts.delivered, true);
  view.setFloat64(24, counts.skipped, true);
  view.setFloat64(32, counts.missing, true);
  if (answer.kind === "frame") {
    view.setUint32(40, answer.slot, true);
    view.setUint32(44, answer.generation, true);
    view.setUint32(48, clockStates.indexOf(answer.clockState), true);
    view.setFloat64(56, answer.timeSigmaNs, true);
  }
  if (answer.kind === "failed") {
    const text = new Uint8Array(view.buffer, view.byteOffset + TEXT_OFFSET, ANSWER_BYTES - TEXT_OFFSET);
    view.setUint32(64, new TextEncoder().encodeInto(answer.text, text).written, true);
  }
  return ANSWER_BYTES;
}

/** Reads an answer; its view is that of a slot of the ring. */
export function readAnswer(view: DataView<ArrayBuffer>): FrameAnswer {
  const kind = kinds[view.getUint32(0, true)];
  const counts = {
    delivered: view.getFloat64(16, true),
    skipped: view.getFloat64(24, true),
    missing: view.getFloat64(32, true),
  };
  const common = { session: view.getUint32(4, true), server: view.getUint32(8, true), counts };
  if (kind === "end") return { ...common, kind };
  if (kind === "failed") {
    const text = new Uint8Array(view.buffer, view.byteOffset + TEXT_OFFSET, view.getUint32(64, true));
    return { ...common, kind, text: new TextDecoder().decode(text) };
  }
  const clockState = clockStates[view.getUint32(48, true)];
  assert(kind === "frame", "the answer is of a known kind");
  assert(clockState !== undefined, "the clock's state is a known one");
  const [slot, generation] = [view.getUint32(40, true), view.getUint32(44, true)];
  return { ...common, kind, slot, generation, clockState, timeSigmaNs: view.getFloat64(56, true) };
}
