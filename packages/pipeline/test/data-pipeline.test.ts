/** Two processes on one ring buffer: what one writes the other reads, and a killed one leaves nothing behind. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { cameraId } from "@skyvox/core";
import { DataPipeline, type PipelineStatistics, type RingBufferPlace } from "../src/mod.ts";

const TEST_MS_MAX = 60_000;
const north = cameraId("north");
const size = { widthPx: 1280, heightPx: 720, bytesPerPixel: 1, slots: 6 };
const FRAME_BYTES = 1280 * 720;

let stack: AsyncDisposableStack;
let pipeline: DataPipeline;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  pipeline = stack.use(new DataPipeline());
});
afterEach(() => stack.disposeAsync());

/** Starts a child and waits until it is attached; `result` lets it go on and gives what it says then. */
async function start(role: string, place: RingBufferPlace) {
  const script = join(import.meta.dir, "./data-pipeline-child.ts");
  const command = [process.execPath, script, role, JSON.stringify(place)];
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const kill = async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
  stack.defer(kill);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const nextLine = async () => {
    let text = "";
    while (!text.endsWith("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the child has ended");
      text += value;
    }
    return text.trim();
  };
  expect(await nextLine()).toBe("ready");
  const result = async () => {
    child.stdin.write("\n");
    child.stdin.flush();
    return JSON.parse(await nextLine());
  };
  return { kill, result };
}

test(
  "Frames that another process writes are read where they lie, and both sides count them",
  async () => {
    const { result } = await start("writer", pipeline.createRingBuffer(north, size));
    const written: PipelineStatistics = await result();
    const counted = { framesProcessed: 5, bytesTransferred: 5 * FRAME_BYTES, zeroCopyRatio: 0.8 };
    expect(written).toMatchObject({ ...counted, avgTransferTimeMs: null });
    for (let sequence = 0; sequence < 5; sequence++) {
      using frame = pipeline.readFrame(north);
      expect(frame?.metadata).toEqual({ sequence, captureNs: BigInt(sequence) * 33_000_000n, format: 0, flags: 0 });
      expect(frame?.pixels.length).toBe(FRAME_BYTES);
      expect(frame?.pixels.every((byte) => byte === sequence + 1)).toBe(true);
    }
    expect(pipeline.readFrame(north)).toBeNull();
    const read = pipeline.getStatistics();
    expect(read).toMatchObject(counted);
    expect(read.avgTransferTimeMs).toBeGreaterThan(0);
    expect(read.avgTransferTimeMs).toBeLessThan(TEST_MS_MAX);
  },
  TEST_MS_MAX,
);

test(
  "A process that attaches reads what is written from then on",
  async () => {
    const place = pipeline.createRingBuffer(north, size, []);
    pipeline.writeFrame(north, new Uint8Array(9).fill(100), { sequence: 0, captureNs: 0n });
    const { result } = await start("reader", place);
    for (let sequence = 1; sequence <= 3; sequence++)
      pipeline.writeFrame(north, new Uint8Array(9).fill(sequence), { sequence, captureNs: 0n });
    // Nine bytes each of 1, 2 and 3.
    expect(await result()).toMatchObject({ sum: 54, framesProcessed: 3, bytesTransferred: 27, zeroCopyRatio: 0 });
  },
  TEST_MS_MAX,
);

test(
  "A killed process gives back what it was reading and writing",
  async () => {
    const place = pipeline.createRingBuffer(north, size, []);
    const keepers = [await start("keeper", place), await start("keeper", place)];
    pipeline.writeFrame(north, new Uint8Array(9), { sequence: 0, captureNs: 0n });
    for (const { result } of keepers) expect(await result()).toEqual({ held: true, acquired: true });
    const acquireAll = () => {
      const slots = Array.from({ length: size.slots }, () => pipeline.acquireFrame(north));
      const had = slots.filter((slot) => slot.ok);
      for (const slot of had) pipeline.abortFrame(north, slot);
      return had.length;
    };
    // One frame held by both, and a slot in the hands of each.
    expect(acquireAll()).toBe(size.slots - 3);
    for (const { kill } of keepers) await kill();
    expect(acquireAll()).toBe(size.slots);
  },
  TEST_MS_MAX,
);
