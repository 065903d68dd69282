/**
 * What frames through shared memory do under one profile: how many come in a second, how old they are when they come, how many that were
 * damaged on the way are found, and how soon frames go on where another process begins to serve them.
 */
import { join } from "node:path";
import {
  exchangeLayout,
  exchangePart,
  type FrameProfileName,
  type FrameSource,
  frameProfiles,
  openSharedSource,
  SourceServer,
  siteFromScene,
} from "@skyvox/cameras";
import { assert, type Frame } from "@skyvox/core";
import { FramePool, machineClock, SharedSegment } from "@skyvox/pipeline";
import { pairScene } from "@skyvox/scene";
import { copyingSource } from "./frame-server.ts";

/** How large frames are, and how many of them. */
export interface ExchangeSize {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fastFrames: number;
  readonly pacedFrames: number;
}

/** One camera of the size wanted. */
function cameraOf({ widthPx, heightPx }: ExchangeSize) {
  const camera = siteFromScene(pairScene(1), "scene:pair").cameras[0];
  assert(camera !== undefined, "the scene has a camera");
  return { ...camera, intrinsics: { ...camera.intrinsics, widthPx, heightPx } };
}

function segmentOf(profile: FrameProfileName, { widthPx, heightPx }: ExchangeSize): SharedSegment {
  return SharedSegment.create(exchangeLayout({ widthPx, heightPx, slots: frameProfiles[profile].slots }));
}

/** What one run between two processes gave; `sum` is of a pixel of each frame of the fast part. */
export interface Exchanged {
  readonly framesPerSecond: number;
  /** Age of each frame of the paced part when it came. */
  readonly ageUs: readonly number[];
  readonly sum: number;
}

/** Runs frames from a process of their own to this one. */
export async function exchangeFrames(profile: FrameProfileName, size: ExchangeSize): Promise<Exchanged> {
  using segment = segmentOf(profile, size);
  const { widthPx, heightPx, fastFrames, pacedFrames } = size;
  const args = [segment.path, profile, ...[widthPx, heightPx, fastFrames].map(String)];
  const command = [process.execPath, join(import.meta.dir, "./frame-server.ts"), ...args];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  try {
    const { value } = await child.stdout.getReader().read();
    assert(new TextDecoder().decode(value).startsWith("ready"), "the child serves");
    await using reader = openSharedSource(cameraOf(size), segment, frameProfiles[profile]);
    let sum = (await take(reader)).pixels[0] ?? 0;
    const startNs = machineClock.nowNs();
    for (let i = 1; i < fastFrames; i++) sum += (await take(reader)).pixels[0] ?? 0;
    const seconds = Number(machineClock.nowNs() - startNs) / 1e9;
    const ageUs: number[] = [];
    for (let i = 0; i < pacedFrames; i++) {
      const { captureNs } = await take(reader);
      ageUs.push(Number(machineClock.nowNs() - captureNs) / 1e3);
    }
    return { framesPerSecond: (fastFrames - 1) / seconds, ageUs, sum };
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

/** Flips a bit in each of `count` frames after it was written and before it is read; returns how many of them are not handed out. */
export async function findDamaged(profile: FrameProfileName, size: ExchangeSize, count: number): Promise<number> {
  using segment = segmentOf(profile, size);
  using pool = new FramePool(segment, exchangePart.pool);
  using server = new SourceServer(segment, frameProfiles[profile]);
  const written: Uint8Array[] = [];
  const inner = copyingSource({ ...size, fastFrames: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY });
  const served = server.serve({
    ...inner,
    get stats() {
      return inner.stats;
    },
    next: (notBeforeNs, into) => {
      if (into !== undefined) written.push(into);
      return inner.next(notBeforeNs, into);
    },
  });
  const aheadFrames = 2;
  await using reader = openSharedSource(cameraOf(size), segment, { ...frameProfiles[profile], aheadFrames });
  let received = (await take(reader)).seq + 1;
  for (let i = 0; i < count; i++) {
    // All that was asked for lies in the pool; the reader comes to the next of it when it is asked.
    while (pool.counters().published < received + aheadFrames) await Bun.sleep(1);
    const next = written[received];
    assert(next !== undefined, "the frame was written into a slot");
    next[i]! ^= 1;
    received = (await take(reader)).seq + 1;
  }
  const { missing } = reader.stats;
  await reader[Symbol.asyncDispose]();
  server[Symbol.dispose]();
  await served;
  return missing;
}

/** Milliseconds from the moment at which somebody serves the camera to its first frame; its reader asked `waitedMs` before. */
export async function recoverMs(profile: FrameProfileName, size: ExchangeSize, waitedMs: number): Promise<number> {
  using segment = segmentOf(profile, size);
  await using reader = openSharedSource(cameraOf(size), segment, frameProfiles[profile]);
  const first = reader.next();
  await Bun.sleep(waitedMs);
  const startNs = machineClock.nowNs();
  using server = new SourceServer(segment, frameProfiles[profile]);
  const served = server.serve(copyingSource({ ...size, fastFrames: Number.POSITIVE_INFINITY, end: 100 }));
  await first;
  const ms = Number(machineClock.nowNs() - startNs) / 1e6;
  await reader[Symbol.asyncDispose]();
  server[Symbol.dispose]();
  await served;
  return ms;
}

async function take(reader: FrameSource): Promise<Frame> {
  const frame = await reader.next();
  assert(frame !== null, "the source has no end");
  return frame;
}
