/**
 * The shared memory through which the frames of a site's cameras go, one segment each, from the process that reads them to the worker.
 *
 * The node makes and keeps it, so that a process that dies takes no frame with it: who comes next maps the same segments. What was in the
 * hands of a dead one is given back by the kernel's word, not by a time limit.
 */
import { readFileSync } from "node:fs";
import { exchangeLayout, exchangePart, type Site } from "@skyvox/cameras";
import { type CameraId, messageOf, SkyvoxError } from "@skyvox/core";
import { FramePool, fitPools, type PoolCounters, SharedSegment } from "@skyvox/pipeline";

/** Frames of a camera in memory at once: one in hand, those asked for ahead, one being written, and some to spare. */
const SLOTS = 8;
/** Part of the memory that is free now which frames may take. */
const MEMORY_SHARE = 0.8;

/** What the frames of a site will take, or why they stay within the worker. */
export type FramePlan =
  | { readonly ok: true; readonly bytes: number; readonly lines: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Says what the frames of a site take, before any of it is taken.
 *
 * @throws {SkyvoxError} code "capacity" with the arithmetic, when the machine has not that much memory left.
 */
export function planFramePools(site: Site): FramePlan {
  try {
    using probe = SharedSegment.create([{ kind: "ring", slots: 2, slotBytes: 64 }]);
    void probe;
  } catch (error) {
    if (error instanceof SkyvoxError) return { ok: false, reason: messageOf(error) };
    throw error;
  }
  const { bytes, lines } = fitPools(poolSpecs(site), Math.floor(MEMORY_SHARE * freeBytes()));
  return { ok: true, bytes, lines };
}

/** The segments of a site. Disposing them frees the memory once no other process maps it. */
export class FramePools implements Disposable {
  readonly #cameras: readonly { readonly id: CameraId; readonly segment: SharedSegment; readonly pool: FramePool }[];
  readonly #stack = new DisposableStack();

  /** @throws {SkyvoxError} code "capacity" when the memory cannot be had. */
  constructor(site: Site) {
    this.#cameras = site.cameras.map(({ id, intrinsics }) => {
      const { widthPx, heightPx } = intrinsics;
      const segment = this.#stack.use(SharedSegment.create(exchangeLayout({ widthPx, heightPx, slots: SLOTS })));
      return { id, segment, pool: this.#stack.use(new FramePool(segment, exchangePart.pool)) };
    });
  }

  /** Where other processes map the segments, in the order of the site's cameras. */
  get paths(): readonly string[] {
    return this.#cameras.map(({ segment }) => segment.path);
  }

  get memoryBytes(): number {
    return this.#cameras.reduce((sum, { segment }) => sum + segment.byteLength, 0);
  }

  /** What went through each camera's pool. */
  counters(): readonly (PoolCounters & { readonly id: CameraId })[] {
    return this.#cameras.map(({ id, pool }) => ({ id, ...pool.counters() }));
  }

  /** Gives back what a process that has died was reading or writing. */
  reap(): void {
    for (const { segment } of this.#cameras) segment.reap();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

/** Maps the segments of a site in another process, in the order of its cameras. */
export function attachFramePools(site: Site, paths: readonly string[]): SharedSegment[] {
  return site.cameras.map(({ intrinsics: { widthPx, heightPx } }, index) =>
    SharedSegment.attach(paths[index] ?? "", exchangeLayout({ widthPx, heightPx, slots: SLOTS })),
  );
}

/** Cameras of one size make one line. */
function poolSpecs(site: Site) {
  const counts = new Map<string, { widthPx: number; heightPx: number; cameraCount: number }>();
  for (const { intrinsics } of site.cameras) {
    const { widthPx, heightPx } = intrinsics;
    const key = `${widthPx}x${heightPx}`;
    const known = counts.get(key) ?? { widthPx, heightPx, cameraCount: 0 };
    counts.set(key, { ...known, cameraCount: known.cameraCount + 1 });
  }
  return [...counts.values()].map((spec) => ({ ...spec, bytesPerPixel: 1, slots: SLOTS }));
}

/** Memory that can be had without pushing anything else out, as Linux counts it. */
function freeBytes(): number {
  const kilobytes = /^MemAvailable: +(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return kilobytes === undefined ? Number.POSITIVE_INFINITY : 1024 * Number(kilobytes);
}
