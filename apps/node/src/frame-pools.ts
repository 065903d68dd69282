/**
 * The shared memory through which the frames of a site's cameras go, one segment each, from the process that reads them to the worker.
 *
 * The node makes and keeps it, so that a process that dies takes no frame with it: who comes next maps the same segments. What was in the
 * hands of a dead one is given back by the kernel's word, not by a time limit.
 */
import { exchangeLayout, exchangePart, givesPictures, type Site } from "@skyvox/cameras";
import { type CameraId, messageOf, SkyvoxError } from "@skyvox/core";
import type { Kernels } from "@skyvox/kernels";
import { FramePool, fitPools, type PoolCounters, SharedSegment } from "@skyvox/pipeline";
import { freeMemoryBytes } from "./free-memory.ts";

/** Part of the memory that is free now which frames may take. */
const MEMORY_SHARE = 0.8;

/** What the frames of a site will take, or why they stay within the worker. */
export type FramePlan =
  | { readonly ok: true; readonly bytes: number; readonly lines: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Says what the frames of a site take, `slots` of each camera, before any of it is taken.
 *
 * @throws {SkyvoxError} code "capacity" with the arithmetic, when the machine has not that much memory left.
 */
export function planFramePools(site: Site, slots: number): FramePlan {
  if (!site.cameras.some(givesPictures)) return { ok: false, reason: "no camera gives pictures" };
  try {
    using probe = SharedSegment.create([{ kind: "ring", slots: 2, slotBytes: 64 }]);
    void probe;
  } catch (error) {
    if (error instanceof SkyvoxError) return { ok: false, reason: messageOf(error) };
    throw error;
  }
  const { bytes, lines } = fitPools(poolSpecs(site, slots), Math.floor(MEMORY_SHARE * freeMemoryBytes()));
  return { ok: true, bytes, lines };
}

/** Where the segments of a site are mapped: their paths in the order of its cameras that give pictures, and frames of each. */
export interface FramePlaces {
  readonly paths: readonly string[];
  readonly slots: number;
}

/** The segments of a site. Disposing them frees the memory once no other process maps it. */
export class FramePools implements Disposable {
  readonly #cameras: readonly { readonly id: CameraId; readonly segment: SharedSegment; readonly pool: FramePool }[];
  readonly #slots: number;
  readonly #stack: DisposableStack;

  /** @throws {SkyvoxError} code "capacity" when the memory cannot be had. */
  constructor(site: Site, slots: number) {
    // What was had before memory ran out goes back.
    using stack = new DisposableStack();
    this.#slots = slots;
    this.#cameras = site.cameras.filter(givesPictures).map(({ id, intrinsics }) => {
      const { widthPx, heightPx } = intrinsics;
      const segment = stack.use(SharedSegment.create(exchangeLayout({ widthPx, heightPx, slots })));
      return { id, segment, pool: stack.use(new FramePool(segment, exchangePart.pool)) };
    });
    this.#stack = stack.move();
  }

  /** Where other processes map the segments. */
  get places(): FramePlaces {
    return { paths: this.#cameras.map(({ segment }) => segment.path), slots: this.#slots };
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

/** Maps the segments of a site in another process, in the order of its cameras that give pictures. */
export function attachFramePools(site: Site, { paths, slots }: FramePlaces): SharedSegment[] {
  return site.cameras
    .filter(givesPictures)
    .map(({ intrinsics: { widthPx, heightPx } }, index) =>
      SharedSegment.attach(paths[index] ?? "", exchangeLayout({ widthPx, heightPx, slots })),
    );
}

/**
 * Lets a device read the frames of mapped segments where they lie, until the owner is disposed. It takes about a second for some GB, so it
 * is done before frames come.
 *
 * @returns why the driver refused some, with the kernels none the worse for it; null where it refused none.
 */
export function lockFramePools(
  kernels: Pick<Kernels, "lockMemory">,
  segments: readonly SharedSegment[],
  owner: Pick<DisposableStack, "use">,
): string | null {
  let refusal: string | null = null;
  for (const segment of segments) {
    const { payloadOffset, payloadStride } = segment.place(exchangePart.pool);
    const slots = segment.layout[exchangePart.pool]?.slots ?? 0;
    try {
      owner.use(kernels.lockMemory(new Uint8Array(segment.buffer, payloadOffset, slots * payloadStride)));
    } catch (error) {
      if (!(error instanceof SkyvoxError) || error.code !== "capacity") throw error;
      refusal ??= error.message;
    }
  }
  return refusal;
}

/** Cameras of one size make one line. */
function poolSpecs(site: Site, slots: number) {
  const counts = new Map<string, { widthPx: number; heightPx: number; cameraCount: number }>();
  for (const { intrinsics } of site.cameras.filter(givesPictures)) {
    const { widthPx, heightPx } = intrinsics;
    const key = `${widthPx}x${heightPx}`;
    const known = counts.get(key) ?? { widthPx, heightPx, cameraCount: 0 };
    counts.set(key, { ...known, cameraCount: known.cameraCount + 1 });
  }
  return [...counts.values()].map((spec) => ({ ...spec, bytesPerPixel: 1, slots }));
}
