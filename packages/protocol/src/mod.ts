/**
 * Messages between processes and to programs outside: motion as fixed records, batches and columns, masks, observations and tracks,
 * each in an envelope that says what it is and guards it. The page docs/PROTOCOL.md has every byte.
 *
 * @example
 * ```ts
 * import { decodeMessage, EnvelopeWriter, encodeTrackUpdates, readEnvelope } from "@skyvox/protocol";
 * const writer = new EnvelopeWriter({ sender: 7n });
 * const bytes = writer.wrap("track-updates", encodeTrackUpdates({ timeNs: 0n, tracks: [] }));
 * const read = readEnvelope(bytes);
 * if (read.status === "whole") decodeMessage(read.envelope); // { kind: "track-updates", updates: { timeNs: 0n, tracks: [] } }
 * ```
 * @module
 */
export * from "./compression.ts";
export * from "./envelope.ts";
export type { FrameStamp } from "./frame-stamp.ts";
export { type Lz4, type Lz4Probe, probeLz4 } from "./lz4.ts";
export * from "./mask-message.ts";
export * from "./message.ts";
export * from "./message-error.ts";
export { MOTIONS_MAX, type Motion, type MotionSource } from "./motion.ts";
export * from "./motion-columns.ts";
export * from "./motion-message.ts";
export * from "./motion-record.ts";
export * from "./observation-message.ts";
export * from "./track-message.ts";
export { WireReader } from "./wire-reader.ts";
export { WireWriter } from "./wire-writer.ts";
