/**
 * Plays the sources of a site through the line, in capture order, in one process. Frames are observed; what comes as an observation already
 * enters there.
 *
 * The source whose next frame was captured first is always next, so the order of work depends on the recordings alone and never on which
 * decoder was quick: two runs over the same files do the same things. In real time a frame waits for its instant, and a source that fell
 * behind skips to the present (counted by the source); as fast as possible, every frame is taken.
 */

import type { CameraSource, FrameSet, FrameSetAssembler } from "@skyvox/cameras";
import { type CameraId, type Frame, NS_PER_MS, type Observation } from "@skyvox/core";
import { type Line, observe, type Reconstruction, reconstruct } from "@skyvox/reconstruction";
import { fillBackground, warmUp } from "./camera-start.ts";
import { isFrame, keepShown, type Shown, shownPicture } from "./shown-picture.ts";
import type { TimedPicture } from "./shrink.ts";
import { siteNowNs, type Timeline } from "./timeline.ts";
import { wallMs } from "./wall-clock.ts";
import type { Pace } from "./worker-messages.ts";

/** What is played, how fast, and who hears of it. */
export interface PlayOptions {
  readonly line: Line;
  readonly sources: readonly CameraSource[];
  readonly assembler: FrameSetAssembler<Observation>;
  readonly pace: Pace;
  /** How much site time is played, counted from the first frame; null: all there is. */
  readonly lastsNs: bigint | null;
  readonly onObservation: (observation: Observation) => void;
  readonly onEnd: (camera: CameraId) => void;
  readonly onFrameSet: (set: FrameSet<Observation>, result: Reconstruction, cost: FrameSetCost) => void;
}

/** Milliseconds one frame set took: observing its frames, and reconstructing it. */
export interface FrameSetCost {
  readonly observeMs: number;
  readonly reconstructMs: number;
}

/** How far behind the present a frame may be in real time before its source skips ahead. */
const BEHIND_NS_MAX = 100n * NS_PER_MS;

interface Reader {
  readonly source: CameraSource;
  head: Promise<Frame | Observation | null>;
  shown: Shown | null;
}

/** Plays sources once, from their first frames to their end. */
export class Player {
  readonly #options: PlayOptions;
  readonly #readers: Map<CameraId, Reader>;
  readonly #stop = Promise.withResolvers<null>();
  #stopped = false;
  #observeMs = 0;
  #timeline: Timeline = { startNs: 0n, startWallMs: 0 };

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#readers = new Map();
    for (const source of options.sources) {
      this.#readers.set(source.cameraId, { source, head: Promise.resolve(null), shown: null });
    }
  }

  /** Ends the run after the frame in hand, also while it waits for one. */
  stop(): void {
    this.#stopped = true;
    this.#stop.resolve(null);
  }

  /** Returns the camera's last kept picture, at most so wide; of a camera without pictures a dark one with a cross at every point it saw. */
  picture(camera: CameraId, widthMaxPx: number): TimedPicture | null {
    const shown = this.#readers.get(camera)?.shown ?? null;
    return shown === null ? null : shownPicture(this.#options.line, shown, widthMaxPx);
  }

  /**
   * Asks every source for its first frame and fixes the time line: the earliest of those frames is captured now, or, where a time line
   * is given, this player takes up another's work and goes on from the present.
   *
   * @throws {SkyvoxError} "source" when a source breaks.
   */
  async begin(timeline: Timeline | null): Promise<Timeline> {
    this.#timeline = timeline ?? { startNs: 0n, startWallMs: wallMs() };
    if (timeline !== null) {
      const { line } = this.#options;
      for (const { source } of this.#readers.values()) await fillBackground(line, source, this.#siteNowNs());
    }
    for (const reader of this.#readers.values()) reader.head = this.#next(reader, timeline !== null);
    if (timeline !== null) return timeline;
    const heads = await Promise.all([...this.#readers.values()].map(({ head }) => head));
    const captures = heads.flatMap((frame) => (frame === null ? [] : [frame.captureNs]));
    const startNs = captures.reduce((first, captureNs) => (captureNs < first ? captureNs : first), captures[0] ?? 0n);
    await warmUp(this.#options.line, heads);
    this.#timeline = { startNs, startWallMs: wallMs() };
    return this.#timeline;
  }

  /**
   * Plays until every source has ended, `lastsNs` have passed or `stop` is called.
   *
   * @throws {SkyvoxError} "source" when a source breaks; what came before it was played.
   */
  async run(): Promise<void> {
    const open = new Map(this.#readers);
    while (open.size > 0 && !this.#stopped) {
      const first = await Promise.race([this.#firstHead(open), this.#stop.promise]);
      if (first === null) break;
      await Promise.race([this.#untilCaptured(first.frame.captureNs), this.#stop.promise]);
      if (this.#stopped) break;
      await this.#reconstruct(this.#options.assembler.poll(this.#siteNowNs()));
      await this.#take(first.reader, first.frame);
    }
    await this.#reconstruct(this.#options.assembler.finish());
  }

  async #firstHead(open: Map<CameraId, Reader>): Promise<{ reader: Reader; frame: Frame | Observation } | null> {
    const heads = await Promise.all([...open.values()].map(async (reader) => ({ reader, frame: await reader.head })));
    let first: { reader: Reader; frame: Frame | Observation } | null = null;
    for (const { reader, frame } of heads) {
      if (frame === null || this.#isPast(frame)) {
        open.delete(reader.source.cameraId);
        this.#options.onEnd(reader.source.cameraId);
        await this.#reconstruct(this.#options.assembler.end(reader.source.cameraId, this.#siteNowNs()));
      } else if (first === null || frame.captureNs < first.frame.captureNs) {
        first = { reader, frame };
      }
    }
    return first;
  }

  #isPast({ captureNs }: Frame | Observation): boolean {
    const { lastsNs } = this.#options;
    return lastsNs !== null && captureNs - this.#timeline.startNs >= lastsNs;
  }

  async #take(reader: Reader, frame: Frame | Observation): Promise<void> {
    const { line, assembler, onObservation } = this.#options;
    const begunMs = performance.now();
    const observation = isFrame(frame) ? await observe(line, frame) : frame;
    this.#observeMs += performance.now() - begunMs;
    reader.shown = keepShown(reader.shown, frame);
    reader.head = this.#next(reader);
    onObservation(observation);
    await this.#reconstruct(assembler.push(this.#siteNowNs(), observation));
  }

  async #reconstruct(sets: readonly FrameSet<Observation>[]): Promise<void> {
    for (const set of sets) {
      const begunMs = performance.now();
      const result = await reconstruct(this.#options.line, set);
      const cost = { observeMs: this.#observeMs, reconstructMs: performance.now() - begunMs };
      this.#observeMs = 0;
      this.#options.onFrameSet(set, result, cost);
    }
  }

  #next(reader: Reader, mayCatchUp = this.#options.pace === "real-time"): Promise<Frame | Observation | null> {
    const next: Promise<Frame | Observation | null> = mayCatchUp
      ? reader.source.next(this.#siteNowNs() - BEHIND_NS_MAX)
      : reader.source.next();
    // A source may fail while another camera's frame is in hand: the failure is met when its head is awaited, not before.
    next.catch(() => undefined);
    return next;
  }

  #siteNowNs(): bigint {
    return siteNowNs(this.#timeline);
  }

  async #untilCaptured(captureNs: bigint): Promise<void> {
    if (this.#options.pace !== "real-time") {
      // Sources that never wait would keep the loop from hearing that it should stop.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const waitMs = Number(captureNs - this.#siteNowNs()) / 1e6;
    if (waitMs > 0) await Bun.sleep(waitMs);
  }
}
