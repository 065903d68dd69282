/**
 * Where observations of all nodes become frame sets: kept by every node that may lead, so that one which takes over has learnt the cameras'
 * rates already and loses no set to it.
 */
import { type FrameSet, FrameSetAssembler, type Site } from "@skyvox/cameras";
import type { CameraId } from "@skyvox/core";
import { decodeObservation, MessageError, readEnvelope } from "@skyvox/protocol";
import { siteNowNs, type Timeline } from "../timeline.ts";
import type { EnvelopedObservation } from "./line-task.ts";

/** How often it is looked whether a set has waited long enough. */
const POLL_MS = 10;
/** Largest observation: cells and blobs of a flooded 8K picture. */
const OBSERVATION_BYTES_MAX = 1_048_576;

/** Bytes of an envelope before the sender. */
const SENDER_AT = 24;

/** The sender that an envelope names; null where it is too short for one. */
export function senderOf(envelope: Uint8Array): bigint | null {
  if (envelope.length < SENDER_AT + 8) return null;
  return new DataView(envelope.buffer, envelope.byteOffset, envelope.byteLength).getBigUint64(SENDER_AT, true);
}

/** See the head of this file. */
export class FrameSetHall implements Disposable {
  readonly #assembler: FrameSetAssembler<EnvelopedObservation>;
  readonly #cameras: ReadonlySet<CameraId>;
  readonly #onSet: (set: FrameSet<EnvelopedObservation>) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #timeline: Timeline | null = null;
  #unreadable = 0;

  constructor(site: Site, onSet: (set: FrameSet<EnvelopedObservation>) => void) {
    const { gateMs, deadlineMs } = site.options.frameSet;
    this.#assembler = new FrameSetAssembler<EnvelopedObservation>({
      cameras: site.cameras.map(({ id }) => id),
      ...(gateMs === undefined ? {} : { gateMs }),
      deadlineMs,
    });
    this.#cameras = new Set(site.cameras.map(({ id }) => id));
    this.#onSet = onSet;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  /** Observations that could not be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  setTimeline(timeline: Timeline): void {
    this.#timeline = timeline;
  }

  /** Takes an observation in its envelope; before the time line is known it is dropped. */
  take(bytes: Uint8Array): void {
    const timeline = this.#timeline;
    if (timeline === null) return;
    const observation = this.#read(bytes);
    if (observation === null) {
      this.#unreadable += 1;
      return;
    }
    for (const set of this.#assembler.push(siteNowNs(timeline), observation)) this.#onSet(set);
  }

  /** Says that whoever observed these cameras is gone: sets wait for them no more until somebody else does. */
  silence(cameras: readonly CameraId[]): void {
    if (this.#timeline === null) return;
    const nowNs = siteNowNs(this.#timeline);
    for (const id of cameras) {
      if (!this.#cameras.has(id)) continue;
      for (const set of this.#assembler.silence(id, nowNs)) this.#onSet(set);
    }
  }

  /** What became of a camera's frames, as frame sets saw it. */
  counts(camera: CameraId): { readonly late: number; readonly missing: number } {
    return this.#assembler.counts(camera);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #poll(): void {
    if (this.#timeline === null) return;
    for (const set of this.#assembler.poll(siteNowNs(this.#timeline))) this.#onSet(set);
  }

  #read(bytes: Uint8Array): EnvelopedObservation | null {
    try {
      const read = readEnvelope(bytes, { payloadBytesMax: OBSERVATION_BYTES_MAX });
      if (read.status !== "whole" || read.envelope.kind !== "observation") return null;
      const observation = decodeObservation(read.envelope.payload);
      return this.#cameras.has(observation.cameraId) ? { ...observation, envelope: bytes } : null;
    } catch (error) {
      if (error instanceof MessageError) return null;
      throw error;
    }
  }
}
