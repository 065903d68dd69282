/**
 * The task "reconstruct" on its way to a worker and back: a frame set as its observations in their envelopes, and what was found in it.
 */
import type { FrameSet } from "@skyvox/cameras";
import { cameraId, type Detection, type Observation } from "@skyvox/core";
import { type AttemptKey, taskId, workerId } from "@skyvox/processor";
import { decodeObservation, MessageError, readEnvelope } from "@skyvox/protocol";
import { z } from "zod";
import { detectionRows, detectionRowsBytes, detectionsOf } from "./detection-rows.ts";
import { idText, nsText } from "./line-messages.ts";
import { packParcel, unpackParcel } from "./parcel.ts";

/** The type of these tasks. */
export const RECONSTRUCT = "reconstruct";

/** An observation and the envelope it came in. */
export interface EnvelopedObservation extends Observation {
  readonly envelope: Uint8Array;
}

const keySchema = z.strictObject({
  taskId: z.string().min(1).max(200).transform(taskId),
  attempt: z.int().min(1),
  epoch: z.int().min(1),
  workerId: z.string().min(1).max(200).transform(workerId),
});

const taskHeader = z.discriminatedUnion("type", [
  z.strictObject({
    ...{ type: z.literal("assign"), key: keySchema, replyTo: idText },
    ...{ setId: z.int(), timeNs: nsText, spreadNs: nsText },
    missing: z.array(z.string().transform(cameraId)).max(1024),
  }),
  z.strictObject({ type: z.literal("abort"), key: keySchema }),
]);

/** A task as a worker reads it. */
export type LineTask =
  | { readonly type: "assign"; readonly key: AttemptKey; readonly replyTo: string; readonly set: FrameSet<Observation> }
  | { readonly type: "abort"; readonly key: AttemptKey };

/** Writes a frame set for a worker; `replyTo` is the node whose answer is awaited at. */
export function encodeAssign(
  key: AttemptKey,
  replyTo: string,
  { setId, timeNs, spreadNs, members, missing }: FrameSet<EnvelopedObservation>,
): Uint8Array {
  const header = { type: "assign", key, replyTo, setId, timeNs: String(timeNs), spreadNs: String(spreadNs), missing };
  return packParcel(header, ...members.map(({ envelope }) => envelope));
}

/** Writes that a task is no longer wanted. */
export function encodeAbort(key: AttemptKey): Uint8Array {
  return packParcel({ type: "abort", key });
}

/** Reads a task; null where it is none, or an observation in it is none. */
export function decodeTask(bytes: Uint8Array): LineTask | null {
  const parcel = unpackParcel(bytes, taskHeader);
  if (parcel === null) return null;
  const { header, body } = parcel;
  if (header.type === "abort") return header;
  const { type, key, replyTo, ...set } = header;
  try {
    return { type, key, replyTo, set: { ...set, members: observationsIn(body) } };
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}

function observationsIn(bytes: Uint8Array): Observation[] {
  const observations: Observation[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = readEnvelope(bytes.subarray(at));
    if (read.status !== "whole") break;
    if (read.envelope.kind === "observation") observations.push(decodeObservation(read.envelope.payload));
    at += read.byteLength;
  }
  return observations;
}

/** What was found in a frame set, and what it cost on the worker. */
export interface Finding {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly rayCount: number;
  readonly observeMs: number;
  readonly reconstructMs: number;
}

const answerHeader = z.discriminatedUnion("type", [
  z.strictObject({
    ...{ type: z.literal("completed"), replyTo: idText, key: keySchema, executionMs: z.number().min(0) },
    ...{ timeNs: nsText, rayCount: z.int(), observeMs: z.number(), reconstructMs: z.number() },
  }),
  z.strictObject({ type: z.literal("failed"), replyTo: idText, key: keySchema, message: z.string().max(2000) }),
  z.strictObject({ type: z.literal("fenced"), replyTo: idText, epoch: z.int() }),
]);

/** An answer as the leader reads it. */
export type LineAnswer = { readonly replyTo: string } & (
  | { readonly type: "completed"; readonly key: AttemptKey; readonly executionMs: number; readonly value: Finding }
  | { readonly type: "failed"; readonly key: AttemptKey; readonly message: string }
  | { readonly type: "fenced"; readonly epoch: number }
);

/** Writes what came of a task. */
export function encodeAnswer(answer: LineAnswer): Uint8Array {
  if (answer.type !== "completed") return packParcel(answer);
  const { type, replyTo, key, executionMs, value } = answer;
  const { timeNs, detections, ...figures } = value;
  return packParcel({ type, replyTo, key, executionMs, timeNs: String(timeNs), ...figures }, detectionRows(detections));
}

/** Reads an answer; null where it is none. */
export function decodeAnswer(bytes: Uint8Array): LineAnswer | null {
  const parcel = unpackParcel(bytes, answerHeader);
  if (parcel === null) return null;
  const { header, body } = parcel;
  if (header.type !== "completed") return header;
  if (body.length % detectionRowsBytes(1) !== 0) return null;
  const { type, replyTo, key, executionMs, timeNs, ...figures } = header;
  return { type, replyTo, key, executionMs, value: { timeNs, detections: detectionsOf(timeNs, body), ...figures } };
}
