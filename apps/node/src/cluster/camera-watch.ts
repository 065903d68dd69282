/**
 * Observes cameras that come and go, in the worker process of a node of a cluster.
 *
 * Each camera has a loop of its own: open the source, show the kernels a background, then take frames as they fall due on the site's time
 * line. The kernels are one, so the loops take turns. Frames stay here; what is told is observations.
 */
import type { CameraSource, Site } from "@skyvox/cameras";
import { type CameraId, messageOf, NS_PER_MS, SkyvoxError, secondsFromNs } from "@skyvox/core";
import type { StampedObservation } from "@skyvox/protocol";
import { type Line, observe } from "@skyvox/reconstruction";
import { fillBackground } from "../camera-start.ts";
import { isFrame, keepShown, type Shown, shownPicture } from "../shown-picture.ts";
import type { TimedPicture } from "../shrink.ts";
import { siteNowNs, type Timeline } from "../timeline.ts";
import type { CameraReport } from "../worker-messages.ts";
import { boxesOf } from "../worker-report.ts";
import type { SourceShelf } from "./source-shelf.ts";
import type { Turn } from "./turn.ts";

/** How far behind the present a frame may be before its source skips ahead. */
const BEHIND_NS_MAX = 100n * NS_PER_MS;

/** What a watch works on, and who hears of it. */
export interface CameraWatchOptions {
  readonly site: Site;
  readonly shelf: SourceShelf;
  readonly line: Line;
  readonly turn: Turn;
  readonly onObservation: (observation: StampedObservation) => void;
  /** The source could not be opened, or broke. */
  readonly onCannotOpen: (camera: CameraId, why: string) => void;
}

/** One camera that is watched. */
interface Watched {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
  source: CameraSource | null;
  state: "running" | "ended" | "failed";
  detail: string | null;
  framesTotal: number;
  skippedBefore: number;
  seen: StampedObservation | null;
  shown: Shown | null;
}

/** Cameras that are observed; see the head of this file. */
export class CameraWatch implements AsyncDisposable {
  readonly #options: CameraWatchOptions;
  readonly #watched = new Map<CameraId, Watched>();
  #observeMs = 0;

  constructor(options: CameraWatchOptions) {
    this.#options = options;
  }

  /** Observes these cameras and no others from now on. */
  watch(cameras: ReadonlySet<CameraId>, timeline: Timeline): void {
    for (const [id, { stop }] of this.#watched) {
      if (cameras.has(id)) continue;
      stop.abort();
      this.#watched.delete(id);
    }
    for (const id of cameras) if (!this.#watched.has(id)) this.#begin(id, timeline);
  }

  /** Milliseconds spent observing since the last call. */
  takeObserveMs(): number {
    const ms = this.#observeMs;
    this.#observeMs = 0;
    return ms;
  }

  reports(): CameraReport[] {
    return [...this.#watched].map(([id, { state, detail, seen, source, framesTotal, skippedBefore }]) => ({
      ...{ id, state, framesTotal, lateTotal: 0, missingTotal: source?.stats.missing ?? 0 },
      ...(detail === null ? {} : { detail }),
      skippedTotal: Math.max(0, (source?.stats.skipped ?? 0) - skippedBefore),
      motionPixels: seen?.motionPixelCount ?? 0,
      flooded: seen?.flooded ?? false,
      seenS: seen ? secondsFromNs(seen.captureNs) : null,
      blobs: boxesOf(seen?.blobs ?? new Uint32Array()),
    }));
  }

  /** The camera's last kept picture, at most so wide; null where it is not watched or none has come. */
  picture(camera: CameraId, widthMaxPx: number): TimedPicture | null {
    const shown = this.#watched.get(camera)?.shown ?? null;
    return shown === null ? null : shownPicture(this.#options.line, shown, widthMaxPx);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const watched = [...this.#watched.values()];
    this.#watched.clear();
    for (const { stop } of watched) stop.abort();
    await Promise.all(watched.map(({ ended }) => ended));
  }

  #begin(id: CameraId, timeline: Timeline): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watched: Watched = {
      ...{ stop: new AbortController(), ended: promise, source: null, state: "running", detail: null },
      ...{ framesTotal: 0, skippedBefore: 0, seen: null, shown: null },
    };
    this.#watched.set(id, watched);
    this.#observeAll(id, watched, timeline).then(resolve, (error: unknown) => {
      if (!(error instanceof SkyvoxError)) throw error;
      watched.state = "failed";
      watched.detail = messageOf(error);
      resolve();
      if (!watched.stop.signal.aborted) this.#options.onCannotOpen(id, watched.detail);
    });
  }

  async #observeAll(id: CameraId, watched: Watched, timeline: Timeline): Promise<void> {
    const { shelf } = this.#options;
    const source = await shelf.take(id);
    watched.source = source;
    try {
      await this.#observeSource(source, watched, timeline);
    } finally {
      await shelf.giveBack(source);
    }
  }

  async #observeSource(source: CameraSource, watched: Watched, timeline: Timeline): Promise<void> {
    const { site, line, turn } = this.#options;
    const clockState = site.cameras.find(({ id }) => id === source.cameraId)?.clock.state ?? "free";
    const { signal } = watched.stop;
    await fillBackground(line, source, siteNowNs(timeline), (work) => turn.take(work));
    watched.skippedBefore = source.stats.skipped;
    for (;;) {
      const item = await source.next(siteNowNs(timeline) - BEHIND_NS_MAX);
      if (item === null) break;
      await until(timeline, item.captureNs, signal);
      if (signal.aborted) return;
      const observation = await turn.take(async () => {
        const begunMs = performance.now();
        const seen = isFrame(item) ? await observe(line, item) : item;
        this.#observeMs += performance.now() - begunMs;
        return seen;
      });
      watched.shown = keepShown(watched.shown, item);
      watched.seen = { ...observation, clockState };
      watched.framesTotal += 1;
      if (!signal.aborted) this.#options.onObservation(watched.seen);
    }
    watched.state = "ended";
  }
}

/** Waits until a frame's instant, or until it is of no interest any more. */
async function until(timeline: Timeline, captureNs: bigint, signal: AbortSignal): Promise<void> {
  const waitMs = Number(captureNs - siteNowNs(timeline)) / 1e6;
  if (waitMs <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, waitMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
