/** Messages of every kind, for callers that take whatever comes; whoever knows the kind calls its own functions. */
import type { Envelope } from "./envelope.ts";
import { decodeMask, encodeMask, type Mask } from "./mask-message.ts";
import type { Motion } from "./motion.ts";
import { decodeMotionColumns, encodeMotionColumns, type MotionColumns } from "./motion-columns.ts";
import { decodeMotionBatch, encodeMotionBatch } from "./motion-message.ts";
import { decodeMotionRecords, encodeMotionRecords } from "./motion-record.ts";
import { decodeObservation, encodeObservation, type StampedObservation } from "./observation-message.ts";
import { decodeTrackUpdates, encodeTrackUpdates, type TrackUpdates } from "./track-message.ts";

/** A message by its kind. */
export type Message =
  | { readonly kind: "motion-records" | "motion-batch"; readonly motions: readonly Motion[] }
  | { readonly kind: "motion-columns"; readonly columns: MotionColumns }
  | { readonly kind: "mask"; readonly mask: Mask }
  | { readonly kind: "observation"; readonly observation: StampedObservation }
  | { readonly kind: "track-updates"; readonly updates: TrackUpdates };

/** Writes the payload of a message into new bytes. */
export function encodeMessage(message: Message): Uint8Array {
  switch (message.kind) {
    case "motion-records":
      return encodeMotionRecords(message.motions);
    case "motion-batch":
      return encodeMotionBatch(message.motions);
    case "motion-columns":
      return encodeMotionColumns(message.columns);
    case "mask":
      return encodeMask(message.mask);
    case "observation":
      return encodeObservation(message.observation);
    case "track-updates":
      return encodeTrackUpdates(message.updates);
  }
}

/**
 * Reads the payload of an envelope by its kind.
 *
 * @throws {MessageError} when the payload is no message of that kind.
 */
export function decodeMessage({ kind, payload }: Pick<Envelope, "kind" | "payload">): Message {
  switch (kind) {
    case "motion-records":
      return { kind, motions: decodeMotionRecords(payload) };
    case "motion-batch":
      return { kind, motions: decodeMotionBatch(payload) };
    case "motion-columns":
      return { kind, columns: decodeMotionColumns(payload) };
    case "mask":
      return { kind, mask: decodeMask(payload) };
    case "observation":
      return { kind, observation: decodeObservation(payload) };
    case "track-updates":
      return { kind, updates: decodeTrackUpdates(payload) };
  }
}
