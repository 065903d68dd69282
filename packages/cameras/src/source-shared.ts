/**
 * A camera whose source another process reads: its frames come through shared memory; see `frame-exchange.ts`.
 *
 * A frame's pixels lie in a slot that is held until the next frame is asked for, so that nothing is copied. Some frames are asked for
 * ahead, so that the other side reads while this one works. Answers are looked for once a millisecond. Where nobody answers, the request
 * is repeated: whoever serves the camera next takes it up.
 */
import { assert, type CameraId, type Frame, frameSeq, SkyvoxError } from "@skyvox/core";
import {
  checksumOf,
  FrameReader,
  type FrameSlot,
  RingConsumer,
  RingProducer,
  type SharedSegment,
} from "@skyvox/pipeline";
import { exchangePart, type FrameAnswer, readAnswer, type SourceCounts, writeRequest } from "./frame-exchange.ts";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, SourceStats } from "./source.ts";

/** Frames that are asked for beside the one that is waited for. */
const AHEAD = 2;
const POLL_MS = 1;
/** How long no answer comes before the request is made again. */
const REPEAT_MS = 100;
/** A reader that holds no more slots than this never loses one; it holds one. */
const QUOTA_SLOTS = 2;

/** Opens the reader's end of a camera's segment. The caller disposes it before the segment. */
export function openSharedSource(camera: SiteCamera, segment: SharedSegment): FrameSource {
  return new SharedSource(camera, segment);
}

class SharedSource implements FrameSource {
  readonly cameraId: CameraId;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount = null;
  readonly #session = crypto.getRandomValues(new Uint32Array(1))[0]!;
  readonly #requests: RingProducer;
  readonly #answers: RingConsumer;
  readonly #reader: FrameReader;
  #counts: SourceCounts = { delivered: 0, skipped: 0, missing: 0 };
  #received = 0;
  #delivered = 0;
  #skipped = 0;
  /** Frames that were overwritten or came damaged. */
  #lost = 0;
  #held: FrameSlot | null = null;
  #end: "end" | SkyvoxError | null = null;
  #isOpen = true;

  constructor(camera: SiteCamera, segment: SharedSegment) {
    this.cameraId = camera.id;
    this.widthPx = camera.intrinsics.widthPx;
    this.heightPx = camera.intrinsics.heightPx;
    this.#answers = new RingConsumer(segment, exchangePart.answers, { policy: "lossless" });
    this.#requests = new RingProducer(segment, exchangePart.requests);
    this.#reader = new FrameReader(segment, exchangePart.pool, { quotaSlots: QUOTA_SLOTS, holdMsMax: 0 });
  }

  get stats(): SourceStats {
    const { skipped, missing } = this.#counts;
    return { delivered: this.#delivered, skipped: skipped + this.#skipped, missing: missing + this.#lost };
  }

  async next(notBeforeNs?: bigint): Promise<Frame | null> {
    assert(this.#isOpen, "a disposed source gives no frames");
    this.#release();
    while (this.#end === null) {
      this.#ask(notBeforeNs ?? null);
      const answer = await this.#nextAnswer(notBeforeNs ?? null);
      if (answer === null) return null;
      this.#counts = answer.counts;
      if (answer.kind === "failed") this.#end = new SkyvoxError("source", answer.text);
      else if (answer.kind === "end") this.#end = "end";
      else {
        const frame = this.#take(answer, notBeforeNs);
        if (frame !== null) return frame;
      }
    }
    if (this.#end === "end") return null;
    throw this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#release();
    this.#isOpen = false;
    this.#reader[Symbol.dispose]();
    this.#requests[Symbol.dispose]();
    this.#answers[Symbol.dispose]();
  }

  /** Says how many frames are wanted; a request that finds no room is repeated like one that got lost. */
  #ask(notBeforeNs: bigint | null): void {
    const slot = this.#requests.claim();
    if (!slot.ok) return;
    const [session, received] = [this.#session, this.#received];
    const wanted = received + 1 + AHEAD;
    this.#requests.commit(writeRequest(slot.view, { session, received, wanted, notBeforeNs }));
  }

  /** Waits for an answer to this session; null when the source is disposed of meanwhile. */
  async #nextAnswer(notBeforeNs: bigint | null): Promise<FrameAnswer | null> {
    for (let waitedMs = 0; this.#isOpen; ) {
      const slot = this.#answers.take();
      if (slot.ok) {
        const answer = readAnswer(slot.view);
        this.#answers.release();
        if (answer.session === this.#session) return answer;
        continue;
      }
      await Bun.sleep(POLL_MS);
      waitedMs += POLL_MS;
      if (waitedMs % REPEAT_MS === 0 && this.#isOpen) this.#ask(notBeforeNs);
    }
    return null;
  }

  /** Holds the frame that was answered; null where it is too old, has been overwritten or came damaged. */
  #take(answer: FrameAnswer & { readonly kind: "frame" }, notBeforeNs: bigint | undefined): Frame | null {
    this.#received += 1;
    const slot = this.#reader.hold(answer.slot, answer.generation);
    if (!slot.ok) {
      this.#lost += 1;
      return null;
    }
    this.#held = slot;
    const { sequence, captureNs, checksum } = slot.words;
    if (notBeforeNs !== undefined && captureNs < notBeforeNs) {
      this.#skipped += 1;
      this.#release();
      return null;
    }
    if (checksum !== 0n && checksumOf("xxh3", slot.bytes, sequence) !== checksum) {
      this.#lost += 1;
      this.#release();
      return null;
    }
    this.#delivered += 1;
    const { cameraId, widthPx, heightPx } = this;
    const { clockState, timeSigmaNs } = answer;
    return {
      cameraId,
      seq: frameSeq(sequence),
      captureNs,
      timeSigmaNs,
      clockState,
      widthPx,
      heightPx,
      pixels: slot.bytes,
    };
  }

  #release(): void {
    if (this.#held !== null) this.#reader.release(this.#held);
    this.#held = null;
  }
}
