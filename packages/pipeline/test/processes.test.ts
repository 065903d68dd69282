/** Real processes: attach by path, be killed, be stopped. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { FramePool, FrameReader, type FrameWords, RingConsumer, RingProducer, SharedSegment } from "../src/mod.ts";
import { layout } from "./process-roles.ts";

const TEST_MS_MAX = 60_000;
const words: FrameWords = {
  sequence: 0,
  captureNs: 0n,
  byteLength: 100_000,
  camera: 0,
  format: 0,
  checksum: 0n,
  flags: 0,
};

let stack: AsyncDisposableStack;
let segment: SharedSegment;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  segment = stack.use(SharedSegment.create(layout));
});
afterEach(() => stack.disposeAsync());

/** Starts a child and waits until it is ready. */
async function start(role: string) {
  const command = [process.execPath, join(import.meta.dir, "./process-roles.ts"), role, segment.path];
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const nextLine = async (): Promise<string> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += value;
    }
    const line = text.slice(0, text.indexOf("\n"));
    text = text.slice(line.length + 1);
    return line;
  };
  expect(await nextLine()).toBe("ready");
  const goOn = () => {
    child.stdin.write("\n");
    child.stdin.flush();
  };
  return { child, nextLine, goOn };
}

function writeFrame(pool: FramePool): boolean {
  const slot = pool.acquire();
  if (slot.ok) pool.commit(slot, words);
  return slot.ok;
}

test(
  "A child gets every message through the memory of its parent",
  async () => {
    const producer = stack.use(new RingProducer(segment, 0));
    const { nextLine, goOn } = await start("sum");
    goOn();
    for (let value = 1; value <= 5001; value++) {
      const slot = producer.claimWait(10_000);
      if (slot.ok) slot.view.setFloat64(0, value > 5000 ? -1 : value);
      producer.commit(8);
    }
    // 1 + 2 + … + 5000.
    expect(await nextLine()).toBe("12502500");
  },
  TEST_MS_MAX,
);

test(
  "What a killed child was writing becomes a gap, what it was reading is free, and its consumers hold nobody back",
  async () => {
    const pool = stack.use(new FramePool(segment, 1));
    writeFrame(pool);
    const { child } = await start("hold");
    const producer = stack.use(new RingProducer(segment, 0));
    const consumer = stack.use(new RingConsumer(segment, 0, { policy: "dropOldest" }));
    const send = () => producer.claim().ok && producer.commit(8);
    // The child's lossless consumer forbids a lap beyond the 8 slots, one of which the child is still writing.
    expect(Array.from({ length: 9 }, send).filter(Boolean).length).toBe(7);
    child.kill("SIGKILL");
    await child.exited;
    expect(segment.isAlive(1)).toBe(false);
    const report = segment.reap();
    expect(report).toMatchObject({ participants: 1, claims: 1, holds: 1 });
    expect(segment.reap()).toMatchObject({ participants: 0, claims: 0, holds: 0 });
    expect(Array.from({ length: 9 }, send).every(Boolean)).toBe(true);
    expect(consumer.take().ok).toBe(true);
  },
  TEST_MS_MAX,
);

test(
  "A consumer that is stopped is evicted and learns it; the others lose nothing",
  async () => {
    const pool = stack.use(new FramePool(segment, 1));
    const careful = stack.use(new FrameReader(segment, 1, { quotaSlots: 1, holdMsMax: 60_000 }));
    writeFrame(pool);
    const { child, nextLine, goOn } = await start("evicted");
    child.kill("SIGSTOP");
    // Four slots: one is held by the stopped reader, one by the other reader at most, and the writer goes on in the rest.
    for (let frame = 1; frame <= 2000; frame++) {
      expect(writeFrame(pool)).toBe(true);
      const slot = careful.holdNewest();
      if (slot.ok) expect(careful.release(slot)).toBe(true);
    }
    expect(pool.counters()).toMatchObject({ published: 2001, refused: 0, evicted: 0 });
    const held = [0, 1, 2].map(() => pool.acquire());
    expect(held.every(({ ok }) => ok)).toBe(true);
    // Nothing is left but the stopped reader's slot: it is had as soon as its 20 ms are over.
    const startNs = Bun.nanoseconds();
    let taken = pool.acquire();
    while (!taken.ok && Bun.nanoseconds() - startNs < 10e9) taken = pool.acquire();
    expect(taken.ok).toBe(true);
    expect(pool.counters().evicted).toBe(1);
    child.kill("SIGCONT");
    goOn();
    expect(await nextLine()).toBe("void, evicted 1");
    expect(careful.counters()).toMatchObject({ delivered: 2000, evicted: 0 });
  },
  TEST_MS_MAX,
);

test(
  "A thread waits for messages while the main thread goes on",
  async () => {
    const producer = stack.use(new RingProducer(segment, 0));
    const worker = new Worker(join(import.meta.dir, "./take-worker.ts"));
    const nextMessage = () => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      worker.onmessage = ({ data }) => resolve(data);
      return promise;
    };
    const ready = nextMessage();
    worker.postMessage(segment.path);
    expect(await ready).toBe("ready");
    const sum = nextMessage();
    for (const value of [1, 2, 3, -1]) {
      // A turn of this thread's loop between any two messages: the worker blocks nobody.
      await Promise.resolve();
      const slot = producer.claim();
      if (slot.ok) slot.view.setFloat64(0, value);
      producer.commit(8);
    }
    expect(await sum).toBe(6);
    worker.terminate();
  },
  TEST_MS_MAX,
);
