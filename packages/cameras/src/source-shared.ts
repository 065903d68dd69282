/**
 * A camera whose source another process reads: its frames come through shared memory; see `frame-exchange.ts`.
 *
 * A frame's pixels lie in a slot that is held until the next frame is asked for, so that nothing is copied. Some frames are asked for
 * ahead, so that the other side reads while this one works. Where nobody answers, the request is repeated: whoever serves the camera next
 * takes it up. How far ahead, and how often answers are looked for, is a profile's to say.
 */
import {
  assert,
  type CameraId,
  type Clock,
  type Frame,
  frameSeq,
  NS_PER_MS,
  SkyvoxError,
  systemClock,
} from "@skyvox/core";
import {
  checksumOf,
  FrameReader,
  type FrameSlot,
  RingConsumer,
  RingProducer,
  type SharedSegment,
} from "@skyvox/pipeline";
import { exchangePart, type FrameAnswer, readAnswer, type SourceCounts, writeRequest } from "./frame-exchange.ts";
import { type FrameProfile, frameProfiles } from "./frame-profile.ts";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, SourceStats } from "./source.ts";

/** A reader that holds no more slots than this never loses one; it holds one. */
const QUOTA_SLOTS = 2;

/** What the reader's end of an exchange is told of a profile. */
export type ReaderKnobs = Pick<FrameProfile, "aheadFrames" | "pollMs" | "repeatMs">;

/** Opens the reader's end of a camera's segment. The caller disposes it before the segment. */
export function openSharedSource(
  camera: SiteCamera,
  segment: SharedSegment,
  knobs: ReaderKnobs = frameProfiles.balanced,
): FrameSource {
  return new SharedSource(camera, segment, knobs);
}

class SharedSource implements FrameSource {
  readonly cameraId: CameraId;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount = null;
  readonly #session = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  readonly #requests: RingProducer;
  readonly #answers: RingConsumer;
  readonly #reader: FrameReader;
  readonly #knobs: ReaderKnobs;
  readonly #clock: Clock = systemClock;
  /** Who answers; 0 before anybody has. */
  #server = 0;
  /** What the server counts, what it had counted when it took over from another, and what those before it added. */
  #counts: SourceCounts = nothing;
  #countsBefore: SourceCounts = nothing;
  #earlier: SourceCounts = nothing;
  /** Frames of this server. */
  #received = 0;
  /** Where another server goes on, what it reads again is not shown again. */
  #shownNs: bigint | null = null;
  #isTakenOver = false;
  #delivered = 0;
  #skipped = 0;
  /** Frames that were overwritten or came damaged. */
  #lost = 0;
  #held: FrameSlot | null = null;
  #end: "end" | SkyvoxError | null = null;
  #isOpen = true;

  constructor(camera: SiteCamera, segment: SharedSegment, knobs: ReaderKnobs) {
    this.#knobs = knobs;
    this.cameraId = camera.id;
    this.widthPx = camera.intrinsics.widthPx;
    this.heightPx = camera.intrinsics.heightPx;
    this.#answers = new RingConsumer(segment, exchangePart.answers, { policy: "lossless" });
    this.#requests = new RingProducer(segment, exchangePart.requests);
    this.#reader = new FrameReader(segment, exchangePart.pool, { quotaSlots: QUOTA_SLOTS, holdMsMax: 0 });
  }

  get stats(): SourceStats {
    const { skipped, missing } = sum(this.#earlier, this.#counts, this.#countsBefore);
    return { delivered: this.#delivered, skipped: skipped + this.#skipped, missing: missing + this.#lost };
  }

  async next(notBeforeNs?: bigint): Promise<Frame | null> {
    assert(this.#isOpen, "a disposed source gives no frames");
    this.#release();
    while (this.#end === null) {
      this.#ask(notBeforeNs ?? null);
      const answer = await this.#nextAnswer(notBeforeNs ?? null);
      if (answer === null) return null;
      this.#hear(answer);
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
    const [session, server, received] = [this.#session, this.#server, this.#received];
    const wanted = received + 1 + this.#knobs.aheadFrames;
    this.#requests.commit(writeRequest(slot.view, { session, server, received, wanted, notBeforeNs }));
  }

  /** Notes what the server counts. Another one counts anew; what it passed over to come to the present was somebody else's. */
  #hear({ server, counts }: FrameAnswer): void {
    if (server !== this.#server) {
      this.#earlier = sum(this.#earlier, this.#counts, this.#countsBefore);
      this.#isTakenOver = this.#server !== 0;
      this.#countsBefore = this.#isTakenOver ? counts : nothing;
      this.#server = server;
      this.#received = 0;
    }
    this.#counts = counts;
  }

  /** Waits for an answer to this session; null when the source is disposed of meanwhile. */
  async #nextAnswer(notBeforeNs: bigint | null): Promise<FrameAnswer | null> {
    const { pollMs, repeatMs } = this.#knobs;
    const repeatNs = BigInt(repeatMs) * NS_PER_MS;
    for (let askedNs = this.#clock.nowNs(); this.#isOpen; ) {
      const slot = this.#answers.take();
      if (slot.ok) {
        const answer = readAnswer(slot.view);
        this.#answers.release();
        if (answer.session === this.#session) return answer;
        continue;
      }
      await pause(pollMs);
      if (this.#clock.nowNs() - askedNs < repeatNs || !this.#isOpen) continue;
      askedNs = this.#clock.nowNs();
      this.#ask(notBeforeNs);
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
    const isShown = this.#isTakenOver && this.#shownNs !== null && captureNs <= this.#shownNs;
    if (isShown || (notBeforeNs !== undefined && captureNs < notBeforeNs)) {
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
    this.#shownNs = captureNs;
    this.#isTakenOver = false;
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

const nothing: SourceCounts = { delivered: 0, skipped: 0, missing: 0 };

/** What was counted before, and since `from` now. */
function sum(before: SourceCounts, now: SourceCounts, from: SourceCounts): SourceCounts {
  return {
    delivered: before.delivered + now.delivered - from.delivered,
    skipped: before.skipped + now.skipped - from.skipped,
    missing: before.missing + now.missing - from.missing,
  };
}

/** Lets other work of the process run, for a while or for one turn of its loop. */
function pause(ms: number): Promise<void> {
  return ms > 0 ? Bun.sleep(ms) : new Promise((resolve) => setImmediate(resolve));
}
