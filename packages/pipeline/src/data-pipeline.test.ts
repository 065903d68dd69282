import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AssertionError, cameraId } from "@skyvox/core";
import { DataPipeline } from "./data-pipeline.ts";
import type { FrameConsumerOptions } from "./frame-consumer.ts";
import { machineClock } from "./machine-clock.ts";

const north = cameraId("north");
const east = cameraId("east");
const SLOTS = 5;
const size = { widthPx: 40, heightPx: 25, bytesPerPixel: 1, slots: SLOTS };
const FRAME_BYTES = 1000;

let nowNs = 0n;
let pipeline: DataPipeline;
beforeEach(() => {
  nowNs = 0n;
  pipeline = new DataPipeline({ clock: { nowNs: () => nowNs } });
});
afterEach(() => pipeline[Symbol.dispose]());

function create(...consumers: readonly FrameConsumerOptions[]): void {
  pipeline.createRingBuffer(north, size, consumers.length === 0 ? undefined : consumers);
}

/** Writes a frame full of the low byte of its number. */
function write(sequence: number, byteLength = FRAME_BYTES) {
  return pipeline.writeFrame(north, new Uint8Array(byteLength).fill(sequence), { sequence, captureNs: 0n });
}

/** Writes frames `first` … `last`, one after the other. */
function writeAll(first: number, last: number): void {
  for (let sequence = first; sequence <= last; sequence++) expect(write(sequence)).toEqual({ ok: true });
}

/** Numbers of the frames that a consumer gets until there is none. */
function sequences(consumer?: string): number[] {
  const found: number[] = [];
  for (let frame = pipeline.readFrame(north, consumer); frame !== null; frame = pipeline.readFrame(north, consumer)) {
    found.push(frame.metadata.sequence);
    expect(frame.pixels[FRAME_BYTES - 1]).toBe(frame.metadata.sequence & 255);
    expect(frame.release()).toBe(true);
  }
  return found;
}

const statisticsOf = (consumer: string) => {
  return pipeline.getStatistics().cameras[0]?.consumers.find(({ name }) => name === consumer);
};

describe("DataPipeline", () => {
  test("does what its example says", () => {
    const said: [number, number | undefined][] = [];
    pipeline.createRingBuffer(north, { widthPx: 4, heightPx: 2, bytesPerPixel: 1, slots: 8 });
    pipeline.writeFrame(north, new Uint8Array(8).fill(7), { sequence: 0, captureNs: 0n });
    const slot = pipeline.acquireFrame(north);
    if (slot.ok) {
      slot.bytes.fill(9);
      pipeline.commitFrame(north, slot, { sequence: 1, captureNs: 33_000_000n });
    }
    for (let frame = pipeline.readFrame(north); frame !== null; frame = pipeline.readFrame(north)) {
      said.push([frame.metadata.sequence, frame.pixels[0]]);
      frame.release();
    }
    expect(said).toEqual([
      [0, 7],
      [1, 9],
    ]);
    expect(pipeline.getStatistics().zeroCopyRatio).toBe(0.5);
  });

  test("carries a frame shorter than its slot with all that its writer says of it", () => {
    create();
    const metadata = { sequence: 2 ** 40 + 3, captureNs: -5n, format: 7, flags: 2 ** 31 };
    pipeline.writeFrame(north, Uint8Array.of(1, 2, 3), metadata);
    using frame = pipeline.readFrame(north);
    expect(frame?.metadata).toEqual(metadata);
    expect([...(frame?.pixels ?? [])]).toEqual([1, 2, 3]);
  });

  test("counts frames, bytes and copies over all cameras, and the mean time from write to read", () => {
    pipeline.createRingBuffer(east, size);
    create();
    expect(pipeline.getStatistics()).toMatchObject({
      ...{ framesProcessed: 0, bytesTransferred: 0, zeroCopyRatio: null, avgTransferTimeMs: null },
    });
    nowNs = 1_000_000n;
    write(0);
    write(1, 600);
    pipeline.writeFrame(east, new Uint8Array(400), { sequence: 0, captureNs: 0n });
    const slot = pipeline.acquireFrame(east);
    if (slot.ok) pipeline.commitFrame(east, slot, { sequence: 1, captureNs: 0n });
    // One is read 2 ms after it was written, another 5 ms after; two are still on their way.
    nowNs = 3_000_000n;
    pipeline.readFrame(north)?.release();
    nowNs = 6_000_000n;
    pipeline.readFrame(east)?.release();
    expect(pipeline.getStatistics()).toMatchObject({
      ...{ framesProcessed: 4, bytesTransferred: 3000, zeroCopyRatio: 0.25, avgTransferTimeMs: 3.5 },
      cameras: [
        { id: east, written: { frames: 2, bytes: 1400, inPlace: 1, dropped: { busy: 0, unannounced: 0 } } },
        { id: north, written: { frames: 2, bytes: 1600, inPlace: 0, dropped: { busy: 0, unannounced: 0 } } },
      ],
    });
  });

  test("gives every consumer every frame, each in its own time", () => {
    create({ name: "line", policy: "dropOldest" }, { name: "recorder", policy: "dropOldest" });
    writeAll(0, 2);
    expect(sequences("line")).toEqual([0, 1, 2]);
    writeAll(3, 4);
    expect([sequences("recorder"), sequences("line"), sequences()]).toEqual([[0, 1, 2, 3, 4], [3, 4], []]);
    expect(statisticsOf("recorder")).toMatchObject({ delivered: 5, heldNow: 0, evicted: 0 });
  });

  test("shows nobody a frame that was given up, and its slot is free again", () => {
    create();
    const slot = pipeline.acquireFrame(north);
    if (slot.ok) pipeline.abortFrame(north, slot);
    writeAll(0, SLOTS - 1);
    expect(sequences()).toEqual([0, 1, 2, 3, 4]);
    expect(pipeline.getStatistics().framesProcessed).toBe(SLOTS);
  });

  test("asserts on what no caller may do", () => {
    create();
    expect(() => create()).toThrow("a camera has one ring buffer");
    expect(() => pipeline.readFrame(north, "nobody")).toThrow("the consumer was named");
    expect(() => pipeline.writeFrame(east, new Uint8Array(1), { sequence: 0, captureNs: 0n })).toThrow(AssertionError);
    expect(() => write(0, FRAME_BYTES * 5)).toThrow("the frame fits its slot");
    const twice: FrameConsumerOptions = { name: "a", policy: "latest" };
    expect(() => pipeline.createRingBuffer(east, size, [twice, twice])).toThrow("each consumer has a name of its own");
  });
});

describe("DataPipeline counts what is dropped", () => {
  test("as overwritten where the pool's slots were needed, and gives what is left", () => {
    create();
    writeAll(0, 11);
    expect(sequences()).toEqual([7, 8, 9, 10, 11]);
    expect(statisticsOf("reader")?.dropped).toEqual({ ...none, overwritten: 12 - SLOTS });
  });

  test("as overrun where the ring of 64 went round", () => {
    create();
    writeAll(0, 99);
    expect(sequences()).toEqual([95, 96, 97, 98, 99]);
    const dropped = statisticsOf("reader")?.dropped;
    expect(dropped).toEqual({ ...none, overrun: 36, overwritten: 64 - SLOTS });
  });

  test("as conflated where a consumer wants the latest only", () => {
    create({ name: "picture", policy: "latest" });
    writeAll(0, 4);
    expect(sequences("picture")).toEqual([4]);
    expect(statisticsOf("picture")).toMatchObject({ delivered: 1, dropped: { ...none, conflated: 4 } });
  });

  test("as damaged where a bit flipped, and never hands it out", () => {
    create();
    const slot = pipeline.acquireFrame(north);
    if (!slot.ok) throw new Error("a slot is free");
    pipeline.commitFrame(north, slot, { sequence: 0, captureNs: 0n });
    write(1);
    slot.bytes[77]! ^= 4;
    expect(sequences()).toEqual([1]);
    expect(statisticsOf("reader")).toMatchObject({ delivered: 1, dropped: { ...none, damaged: 1 } });
  });

  test("as busy where all slots are held by consumers within their rights", () => {
    create({ name: "slow", policy: "dropOldest", quotaSlots: 3, holdMsMax: 60_000 });
    writeAll(0, 2);
    const held = [0, 1, 2].map(() => pipeline.readFrame(north, "slow"));
    const writing = [pipeline.acquireFrame(north), pipeline.acquireFrame(north)];
    expect(writing.every(({ ok }) => ok)).toBe(true);
    expect(write(3)).toEqual({ ok: false, reason: "busy" });
    expect(pipeline.acquireFrame(north)).toEqual({ ok: false, reason: "busy" });
    expect(held.map((frame) => frame?.release())).toEqual([true, true, true]);
    expect(pipeline.getStatistics().cameras[0]?.written.dropped).toEqual({ busy: 2, unannounced: 0 });
  });

  test("as evicted where a consumer overstays, and its release says so", () => {
    create({ name: "greedy", policy: "dropOldest" });
    writeAll(0, SLOTS - 1);
    const held = Array.from({ length: SLOTS }, () => pipeline.readFrame(north, "greedy"));
    // It may keep one of five: the oldest goes first.
    writeAll(5, 5);
    expect(held.map((frame) => frame?.release())).toEqual([false, true, true, true, true]);
    expect(statisticsOf("greedy")).toMatchObject({ delivered: SLOTS, evicted: 1, heldNow: 0 });
  });

  const none = { conflated: 0, overrun: 0, aborted: 0, overwritten: 0, damaged: 0 };
});

test("Without checksums a flipped bit is not found", () => {
  using unchecked = new DataPipeline({ isChecked: false });
  unchecked.createRingBuffer(north, size);
  const slot = unchecked.acquireFrame(north);
  if (slot.ok) unchecked.commitFrame(north, slot, { sequence: 0, captureNs: 0n });
  if (slot.ok) slot.bytes[77]! ^= 4;
  expect(unchecked.readFrame(north)?.release()).toBe(true);
});

test("The clock of the machine reads the same in another process", () => {
  const module = `${import.meta.dir}/machine-clock.ts`;
  const program = `import { machineClock } from ${JSON.stringify(module)}; console.log(String(machineClock.nowNs()));`;
  const beforeNs = machineClock.nowNs();
  const child = Bun.spawnSync([process.execPath, "-e", program]);
  const thereNs = BigInt(child.stdout.toString().trim());
  expect(thereNs).toBeGreaterThan(beforeNs);
  expect(thereNs).toBeLessThan(machineClock.nowNs());
});
