import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Frame, frameSeq, SkyvoxError } from "@skyvox/core";
import { FramePool, SharedSegment } from "@skyvox/pipeline";
import { pairScene } from "@skyvox/scene";
import { exchangePart } from "../src/frame-exchange.ts";
import { type FrameProfile, frameProfiles } from "../src/frame-profile.ts";
import type { FrameSource } from "../src/source.ts";
import { sceneSourceOf } from "../src/source-scene.ts";
import { SourceServer } from "../src/source-server.ts";
import { openSharedSource } from "../src/source-shared.ts";
import { pairCamera, pairLayout } from "./pair-camera.ts";

const FRAMES = 12;
const scene = pairScene(1);
const direct = (frameCount: number | null = FRAMES) => sceneSourceOf(pairCamera, scene, frameCount);

/** Runs a server and a reader in this process. */
async function shared(
  source: FrameSource,
  use: (reader: FrameSource, segment: SharedSegment) => Promise<void>,
  profile: FrameProfile = frameProfiles.balanced,
) {
  using segment = SharedSegment.create(pairLayout);
  using server = new SourceServer(segment, profile);
  const served = server.serve(source);
  await using reader = openSharedSource(pairCamera, segment, profile);
  await use(reader, segment);
  await reader[Symbol.asyncDispose]();
  server[Symbol.dispose]();
  await served;
}

const told = ({ seq, captureNs, clockState, timeSigmaNs, pixels }: Frame) => {
  return { seq, captureNs, clockState, timeSigmaNs, hash: Bun.hash.xxHash3(pixels) };
};

async function framesOf(source: FrameSource, notBeforeNs?: bigint) {
  const frames = [];
  for (let frame = await source.next(notBeforeNs); frame !== null; frame = await source.next(notBeforeNs))
    frames.push(told(frame));
  return frames;
}

/** A child that prints lines; disposing kills it. */
class Talker implements AsyncDisposable {
  readonly child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #lines: AsyncIterator<string>;

  constructor(script: string, path: string) {
    const command = [process.execPath, join(import.meta.dir, script), path];
    this.child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    this.#lines = linesOf(this.child.stdout);
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the child has ended");
    return value;
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

describe("A shared source", () => {
  test("gives the frames of the source, to the last bit and with their stamps, then ends for good", async () => {
    await using plain = direct();
    const wanted = await framesOf(plain);
    expect(wanted).toHaveLength(FRAMES);
    await shared(direct(), async (reader) => {
      expect(await framesOf(reader)).toEqual(wanted);
      expect(await reader.next()).toBeNull();
      expect(reader.stats).toEqual({ delivered: FRAMES, skipped: 0, missing: 0 });
    });
  });

  test("passes over what was captured too early, and counts it", async () => {
    await shared(direct(), async (reader) => {
      const first = await reader.next();
      // The scene has 30 frames a second: the eighth comes at 7/30 s.
      const eighth = await reader.next(first!.captureNs + 233_000_000n);
      expect(Number(eighth?.seq)).toBe(7);
      expect(reader.stats).toEqual({ delivered: 2, skipped: 6, missing: 0 });
    });
  });

  test("shows each frame where it was written, and keeps it until the next is asked for", async () => {
    await shared(direct(), async (reader, segment) => {
      for (let seq = 0; seq < FRAMES; seq++) {
        const frame = await reader.next();
        expect(frame?.pixels.buffer === segment.buffer).toBe(true);
        const before = Bun.hash.xxHash3(frame!.pixels);
        // Time for the server to read ahead as far as it may.
        await Bun.sleep(5);
        expect(Bun.hash.xxHash3(frame!.pixels)).toBe(before);
      }
    });
  });

  test("reads no further ahead than three frames", async () => {
    await using source = direct(null);
    await shared(source, async (reader) => {
      await reader.next();
      await Bun.sleep(30);
      expect(source.stats.delivered).toBe(3);
    });
  });

  test("reads nothing ahead and looks for answers without a pause where it is told so", async () => {
    await using source = direct(null);
    const use = async (reader: FrameSource) => {
      for (let seq = 0; seq < 3; seq++) {
        expect((await reader.next())?.seq).toBe(frameSeq(seq));
        await Bun.sleep(10);
        expect(source.stats.delivered).toBe(seq + 1);
      }
    };
    await shared(source, use, { ...frameProfiles.balanced, aheadFrames: 0, pollMs: 0 });
  });

  test("throws what the source threw, after the frames before it", async () => {
    await using inner = direct();
    const broken: FrameSource = {
      ...{ cameraId: inner.cameraId, widthPx: inner.widthPx, heightPx: inner.heightPx, frameCount: null },
      get stats() {
        return inner.stats;
      },
      next: async (notBeforeNs, into) => {
        if (inner.stats.delivered === 2)
          throw new SkyvoxError("source", "Cannot read frame 2: it is torn, need a whole one");
        return await inner.next(notBeforeNs, into);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    await shared(broken, async (reader) => {
      expect((await reader.next())?.seq).toBe(frameSeq(0));
      expect((await reader.next())?.seq).toBe(frameSeq(1));
      await expect(reader.next()).rejects.toThrow("Cannot read frame 2: it is torn, need a whole one");
      await expect(reader.next()).rejects.toThrow("it is torn");
    });
  });

  test("never hands out a frame with a flipped bit, and counts it as missing", async () => {
    await using inner = direct();
    let last: Uint8Array | undefined;
    const flipping: FrameSource = {
      ...{ cameraId: inner.cameraId, widthPx: inner.widthPx, heightPx: inner.heightPx, frameCount: null },
      get stats() {
        return inner.stats;
      },
      next: async (notBeforeNs, into) => {
        // The frame before was committed with its checksum; the reader has not come for it yet.
        if (inner.stats.delivered === 1 && last !== undefined) last[100] = last[100]! ^ 4;
        last = into;
        return await inner.next(notBeforeNs, into);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    await shared(flipping, async (reader) => {
      expect((await framesOf(reader)).map(({ seq }) => Number(seq))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      expect(reader.stats).toEqual({ delivered: FRAMES - 1, skipped: 0, missing: 1 });
    });
  });

  test("asks again for a frame where nobody was there to hear it, as soon as it is told to", async () => {
    for (const repeatMs of [1, 5]) {
      using segment = SharedSegment.create(pairLayout);
      await using reader = openSharedSource(pairCamera, segment, { ...frameProfiles.balanced, repeatMs });
      const first = reader.next();
      // Opened after the request: only another one is heard.
      using server = new SourceServer(segment);
      const served = server.serve(direct());
      expect((await first)?.seq).toBe(frameSeq(0));
      await reader[Symbol.asyncDispose]();
      server[Symbol.dispose]();
      await served;
    }
  });

  test("goes on when the process that reads the source is killed and another takes its place", async () => {
    using segment = SharedSegment.create(pairLayout);
    await using first = new Talker("serve-scene.ts", segment.path);
    await first.line();
    await using reader = openSharedSource(pairCamera, segment);
    const frame = await reader.next();
    await first.kill();
    segment.reap();
    await using second = new Talker("serve-scene.ts", segment.path);
    // The other process begins the scene anew: what lies before is passed over, as it would be live.
    const next = await reader.next(frame!.captureNs + 500_000_000n);
    expect(Number(next?.seq)).toBe(15);
    expect(second.child.killed).toBe(false);
  });

  test("loses nothing after another server took the place of one with unread answers, and shows no frame twice", async () => {
    using segment = SharedSegment.create(pairLayout);
    await using reader = openSharedSource(pairCamera, segment);
    await using first = direct(null);
    const before = new SourceServer(segment);
    void before.serve(first);
    const shown: bigint[] = [];
    const show = async () => {
      const frame = await reader.next();
      shown.push(frame?.captureNs ?? 0n);
    };
    for (let frame = 0; frame < 5; frame++) await show();
    // What was asked for ahead has been answered and waits unread.
    while (first.stats.delivered < 7) await Bun.sleep(1);
    before[Symbol.dispose]();
    using after = new SourceServer(segment);
    await using second = direct(null);
    // It begins the scene anew, a few frames back.
    await second.next(shown[2]);
    const skippedBefore = second.stats.skipped;
    void after.serve(second);
    for (let frame = 0; frame < 40; frame++) await show();
    expect(shown.toSorted((a, b) => Number(a - b))).toEqual(shown);
    expect(new Set(shown).size).toBe(45);
    // 44 steps of a thirtieth of a second: none left out.
    expect(shown[44]! - shown[0]!).toBe(1_466_666_667n);
    expect(reader.stats.missing).toBe(0);
    // The frames that were there twice, and none of those that the second passed over to begin.
    expect(skippedBefore).toBe(2);
    expect(reader.stats.skipped).toBe(4);
  });

  test("leaves nothing behind when its process is killed: the next reader gets frames, and no slot is lost", async () => {
    using segment = SharedSegment.create(pairLayout);
    await using server = new Talker("serve-scene.ts", segment.path);
    await server.line();
    for (let life = 0; life < 3; life++) {
      await using reading = new Talker("read-scene.ts", segment.path);
      for (let frame = 0; frame < 20; frame++) await reading.line();
      await reading.kill();
      segment.reap();
    }
    await using reader = openSharedSource(pairCamera, segment);
    const first = Number((await reader.next())?.seq);
    expect(first).toBeGreaterThanOrEqual(60);
    for (let frame = 1; frame < 50; frame++) expect(Number((await reader.next())?.seq)).toBe(first + frame);
    using pool = new FramePool(segment, exchangePart.pool);
    expect(pool.counters()).toMatchObject({ aborted: 0, refused: 0, evicted: 0 });
  });
});
