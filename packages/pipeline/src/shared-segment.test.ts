import { ptr } from "bun:ffi";
import { afterAll, expect, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssertionError } from "@skyvox/core";
import { loadPipeline, pipelineLibrary, throwPipelineError } from "./pipeline-library.ts";
import { RingConsumer, RingProducer } from "./ring.ts";
import type { SegmentLayout } from "./segment-layout.ts";
import { SharedSegment, sweepSegments } from "./shared-segment.ts";

const layout: SegmentLayout = [
  { kind: "ring", slots: 4, slotBytes: 16 },
  { kind: "pool", slots: 3, slotBytes: 5000 },
];
const folder = mkdtempSync(join(tmpdir(), "skyvox-segment-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("A segment is the same memory wherever it is attached", () => {
  using segment = SharedSegment.create(layout);
  using other = SharedSegment.attach(segment.path, layout);
  expect(other.uuid).toBe(segment.uuid);
  expect(segment.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect([segment.participant, other.participant]).toEqual([0, 1]);
  using consumer = new RingConsumer(other, 0, { policy: "lossless" });
  using producer = new RingProducer(segment, 0);
  const slot = producer.claim();
  if (slot.ok) slot.view.setInt32(0, 7);
  producer.commit(4);
  const taken = consumer.take();
  expect(taken.ok && taken.view.getInt32(0)).toBe(7);
});

test("A segment is all there from the start: its pages are in memory before anybody touches them", () => {
  const megabytes = () => {
    const status = /RssShmem:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"));
    return Number(status?.[1]) / 1024;
  };
  const before = megabytes();
  using _segment = SharedSegment.create([{ kind: "pool", slots: 8, slotBytes: 2 ** 20 }]);
  expect(megabytes() - before).toBeGreaterThanOrEqual(8);
});

test("Attaching refuses a foreign file, another version and another layout, and says both", () => {
  const path = join(folder, "foreign");
  writeFileSync(path, new Uint8Array(65536));
  expect(() => SharedSegment.attach(path, layout)).toThrow(`"${path}": magic 0, need 0x31505856594b53`);
  writeFileSync(path, new Uint8Array(100));
  expect(() => SharedSegment.attach(path, layout)).toThrow(`"${path}": 100 bytes, need at least 4160`);
  const gone = join(folder, "gone");
  expect(() => SharedSegment.attach(gone, layout)).toThrow(`"${gone}": No such file or directory`);

  using segment = SharedSegment.create(layout);
  expect(() => SharedSegment.attach(segment.path, layout.slice(1))).toThrow(
    /: layout [0-9a-f]{16} of \d+ bytes, need [0-9a-f]{16} of \d+$/,
  );
  const file = openSync(segment.path, "r+");
  writeSync(file, Uint8Array.of(99, 0, 0, 0), 0, 4, 8);
  closeSync(file);
  expect(() => SharedSegment.attach(segment.path, layout)).toThrow(`"${segment.path}": version 99, need 1`);
});

test("Attaching refuses a segment that has been cut short", () => {
  using segment = SharedSegment.create(layout);
  const path = join(folder, "short");
  writeFileSync(path, new Uint8Array(segment.buffer, 0, 8192));
  expect(() => SharedSegment.attach(path, layout)).toThrow(`"${path}": 8192 bytes, need ${segment.byteLength}`);
});

test("A segment takes 64 participants and says no to one more; a place that is left is given again", () => {
  using stack = new DisposableStack();
  const segment = stack.use(SharedSegment.create(layout));
  const last = Array.from({ length: 63 }, () => SharedSegment.attach(segment.path, layout)).map((each, i, all) => {
    if (i < all.length - 1) stack.use(each);
    return each;
  })[62]!;
  expect(() => SharedSegment.attach(segment.path, layout)).toThrow("all 64 places are taken");
  expect(segment.isAlive(63)).toBe(true);
  last[Symbol.dispose]();
  expect(segment.isAlive(63)).toBe(false);
  expect(stack.use(SharedSegment.attach(segment.path, layout)).participant).toBe(63);
});

test("A segment is disposed of after what was opened on it, and leaves no view behind", () => {
  const segment = SharedSegment.create(layout);
  const producer = new RingProducer(segment, 0);
  expect(() => segment[Symbol.dispose]()).toThrow(AssertionError);
  const view = new Uint8Array(segment.buffer);
  producer[Symbol.dispose]();
  producer[Symbol.dispose]();
  segment[Symbol.dispose]();
  segment[Symbol.dispose]();
  expect(view.length).toBe(0);
  expect(() => segment.buffer).toThrow(AssertionError);
});

test("A named segment is seen by strangers and goes with its owner", () => {
  const segment = SharedSegment.create(layout, { named: true });
  expect(segment.path).toMatch(/^\/dev\/shm\/skyvox\.[0-9a-f-]{36}$/);
  expect(existsSync(segment.path)).toBe(true);
  {
    using _stranger = SharedSegment.attach(segment.path, layout);
  }
  sweepSegments();
  expect(existsSync(segment.path)).toBe(true);
  segment[Symbol.dispose]();
  expect(existsSync(segment.path)).toBe(false);
});

test("The sweeper removes the segment of an owner that was killed, and keeps that of one that lives", async () => {
  using living = SharedSegment.create(layout, { named: true });
  const script = `
    import { SharedSegment } from "${join(import.meta.dir, "shared-segment.ts")}";
    console.log(SharedSegment.create(${JSON.stringify(layout)}, { named: true }).path);
    setInterval(() => {}, 1e6);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  const path = new TextDecoder().decode(value).trim();
  expect(existsSync(path)).toBe(true);
  child.kill("SIGKILL");
  await child.exited;
  expect(sweepSegments()).toBeGreaterThanOrEqual(1);
  expect([existsSync(path), existsSync(living.path)]).toEqual([false, true]);
});

test("Memory that cannot be had is refused at creation and leaves nothing behind", () => {
  expect(() => SharedSegment.create([{ kind: "pool", slots: 200, slotBytes: 33_177_600 }])).toThrow(
    /^Cannot create a segment: pool 200 x 33177600 bytes = \d+, need at most 4294967295/,
  );
  // Asked of the library itself: 4096 slots of 2^40 bytes are more than any file system for shared memory has.
  const library = pipelineLibrary();
  const parts = new DataView(new ArrayBuffer(16));
  parts.setUint32(0, 2, true);
  parts.setUint32(4, 4096, true);
  parts.setBigUint64(8, 2n ** 40n, true);
  const name = Buffer.from("skyvox.too-large\0");
  expect(library.svp_segment_create(ptr(parts), 1, ptr(name), ptr(new BigUint64Array(1)))).toBeLessThan(0);
  expect(() => throwPipelineError(library, "capacity")).toThrow(
    /^Cannot create segment "skyvox.too-large" of \d+ bytes: (No space left on device|File too large), need/,
  );
  expect(existsSync("/dev/shm/skyvox.too-large")).toBe(false);
});

test("A missing library, or one of something else, is refused with what to do", () => {
  const path = join(folder, "library.so");
  expect(() => loadPipeline(path)).toThrow(`Cannot load "${path}": not found, need it built: bun run native`);
  writeFileSync(path, "no library");
  expect(() => loadPipeline(path)).toThrow(
    /^Cannot load ".*library\.so": .*, need a library of this build: bun run native$/s,
  );
});
