/**
 * Plays the sources of a site through the line, in capture order, in one process.
 *
 * The source whose next frame was captured first is always next, so the order of work depends on the recordings alone and never on which
 * decoder was quick: two runs over the same files do the same things. In real time a frame waits for its instant, and a source that fell
 * behind skips to the present (counted by the source); as fast as possible, every frame is taken.
 */

import type { FrameSet, FrameSetAssembler, FrameSource } from "@skyvox/cameras";
import { type CameraId, type Frame, NS_PER_MS, type Observation } from "@skyvox/core";
import { type Line, observe, type Reconstruction, reconstruct } from "@skyvox/reconstruction";
import type { TimedPicture } from "./shrink.ts";
import { siteNowNs, type Timeline } from "./timeline.ts";
import { wallMs } from "./wall-clock.ts";
import type { Pace } from "./worker-messages.ts";

/** What is played, how fast, and who hears of it. */
export interface PlayOptions {
  readonly line: Line;
  readonly sources: readonly FrameSource[];
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
/** How far apart the frames lie that a background is made of. A target that moves its own size in this time is in none of it. */
const BACKGROUND_STEP_NS = 200n * NS_PER_MS;
/** How old the picture kept for the dashboard may be. */
const PICTURE_NS = 100n * NS_PER_MS;

interface Reader {
  readonly source: FrameSource;
  head: Promise<Frame | null>;
  picture: TimedPicture | null;
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
      this.#readers.set(source.cameraId, { source, head: Promise.resolve(null), picture: null });
    }
  }

  /** Ends the run after the frame in hand, also while it waits for one. */
  stop(): void {
    this.#stopped = true;
    this.#stop.resolve(null);
  }

  /** Returns the camera's last kept picture; its pixels belong to the player. */
  picture(camera: CameraId): TimedPicture | null {
    return this.#readers.get(camera)?.picture ?? null;
  }

  /**
   * Asks every source for its first frame and fixes the time line: the earliest of those frames is captured now, or, where a time line
   * is given, this player takes up another's work and goes on from the present.
   *
   * @throws {SkyvoxError} "source" when a source breaks.
   */
  async begin(timeline: Timeline | null): Promise<Timeline> {
    this.#timeline = timeline ?? { startNs: 0n, startWallMs: wallMs() };
    if (timeline !== null) await this.#fillBackgrounds();
    for (const reader of this.#readers.values()) reader.head = this.#next(reader, timeline !== null);
    if (timeline !== null) return timeline;
    const heads = await Promise.all([...this.#readers.values()].map(({ head }) => head));
    const captures = heads.flatMap((frame) => (frame === null ? [] : [frame.captureNs]));
    const startNs = captures.reduce((first, captureNs) => (captureNs < first ? captureNs : first), captures[0] ?? 0n);
    await this.#warmUp(heads);
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

  /**
   * Runs the line once on the first frames before time counts: the first pass compiles code and touches memory for the first time, which takes
   * longer than frames may wait. The first frames then meet themselves as background, so they show no motion, as they would anyway.
   */
  async #warmUp(heads: readonly (Frame | null)[]): Promise<void> {
    const { line } = this.#options;
    const observations: Observation[] = [];
    for (const frame of heads) if (frame !== null) observations.push(await observe(line, frame));
    const [first] = observations;
    if (first === undefined) return;
    const moving = observations.map((observation) => ({ ...observation, cells: centreCell(line, observation) }));
    await reconstruct(line, { setId: 0, timeNs: first.captureNs, spreadNs: 0n, members: moving, missing: [] });
  }

  /**
   * Shows every camera the middle of three frames first. Its own first frame would leave holes where the targets stand in it, and tracks that
   * another player began would stay with the holes while their targets fly on.
   */
  async #fillBackgrounds(): Promise<void> {
    const firstNs = this.#siteNowNs() - 2n * BACKGROUND_STEP_NS;
    for (const { source } of this.#readers.values()) {
      const pixels: Uint8Array[] = [];
      let last: Frame | null = null;
      for (const step of [0n, 1n, 2n]) {
        last = await source.next(firstNs + step * BACKGROUND_STEP_NS);
        if (last !== null) pixels.push(last.pixels.slice());
      }
      const [first, second, third] = pixels;
      if (last === null || first === undefined || second === undefined || third === undefined) continue;
      await observe(this.#options.line, { ...last, pixels: middleOf(first, second, third) });
    }
  }

  async #firstHead(open: Map<CameraId, Reader>): Promise<{ reader: Reader; frame: Frame } | null> {
    const heads = await Promise.all([...open.values()].map(async (reader) => ({ reader, frame: await reader.head })));
    let first: { reader: Reader; frame: Frame } | null = null;
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

  #isPast({ captureNs }: Frame): boolean {
    const { lastsNs } = this.#options;
    return lastsNs !== null && captureNs - this.#timeline.startNs >= lastsNs;
  }

  async #take(reader: Reader, frame: Frame): Promise<void> {
    const { line, assembler, onObservation } = this.#options;
    const begunMs = performance.now();
    const observation = await observe(line, frame);
    this.#observeMs += performance.now() - begunMs;
    this.#keepPicture(reader, frame);
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

  #next(reader: Reader, mayCatchUp = this.#options.pace === "real-time"): Promise<Frame | null> {
    const next = mayCatchUp ? reader.source.next(this.#siteNowNs() - BEHIND_NS_MAX) : reader.source.next();
    // A source may fail while another camera's frame is in hand: the failure is met when its head is awaited, not before.
    next.catch(() => undefined);
    return next;
  }

  #keepPicture(reader: Reader, frame: Frame): void {
    if (reader.picture !== null && frame.captureNs - reader.picture.captureNs < PICTURE_NS) return;
    const pixels = reader.picture?.pixels ?? new Uint8Array(frame.pixels.length);
    pixels.set(frame.pixels);
    reader.picture = { widthPx: frame.widthPx, heightPx: frame.heightPx, pixels, captureNs: frame.captureNs };
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

/** The middle one of three values, pixel by pixel. */
function middleOf(a: Uint8Array, b: Uint8Array, c: Uint8Array): Uint8Array {
  const middle = new Uint8Array(a.length);
  for (let i = 0; i < middle.length; i++) {
    const [x, y, z] = [a[i]!, b[i]!, c[i]!];
    middle[i] = Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
  }
  return middle;
}

/** One cell in the middle of the picture. */
function centreCell(line: Line, { cameraId }: Observation): Uint32Array {
  const { widthPx, heightPx } = line.cameraOf(cameraId).intrinsics;
  return Uint32Array.of(widthPx << 7, heightPx << 7, 255, 1);
}
