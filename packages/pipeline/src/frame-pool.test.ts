import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { FramePool, FrameReader } from "./frame-pool.ts";
import type { FrameWords } from "./frame-slot.ts";
import { SharedSegment } from "./shared-segment.ts";

const SLOTS = 4;
let stack: DisposableStack;
let segment: SharedSegment;
let pool: FramePool;
beforeEach(() => {
  stack = new DisposableStack();
  segment = stack.use(SharedSegment.create([{ kind: "pool", slots: SLOTS, slotBytes: 1000 }]));
  pool = stack.use(new FramePool(segment, 0));
});
afterEach(() => stack.dispose());

const reader = (quotaSlots: number, holdMsMax = 60_000) => {
  return stack.use(new FrameReader(segment, 0, { quotaSlots, holdMsMax }));
};

const words = (sequence: number): FrameWords => {
  return { sequence, captureNs: 0n, byteLength: 1000, camera: 0, format: 0, checksum: 0n, flags: 0 };
};

/** Writes a frame full of its number and returns its name, or undefined where the pool was busy. */
function write(sequence: number): { slot: number; generation: number } | undefined {
  const slot = pool.acquire();
  if (!slot.ok) return undefined;
  slot.bytes.fill(sequence);
  pool.commit(slot, words(sequence));
  return { slot: slot.index, generation: slot.generation };
}

function acquireIndex(): number | undefined {
  const slot = pool.acquire();
  return slot.ok ? slot.index : undefined;
}

function holdNewest(from: FrameReader) {
  const slot = from.holdNewest();
  if (!slot.ok) throw new Error("there is a frame");
  return slot;
}

describe("A pool", () => {
  test("carries a frame and all it says of itself", () => {
    const said: FrameWords = {
      sequence: 2 ** 40 + 1,
      captureNs: -(2n ** 62n),
      byteLength: 999,
      camera: 19,
      format: 7,
      checksum: 2n ** 64n - 1n,
      flags: 2 ** 32 - 1,
    };
    const slot = pool.acquire();
    expect(slot.ok).toBe(true);
    if (!slot.ok) return;
    slot.bytes.set([1, 2, 3]);
    pool.commit(slot, said);
    const from = reader(1);
    const held = from.hold(slot.index, slot.generation);
    expect(held.ok && held.words).toEqual(said);
    expect(held.ok && [...held.bytes.subarray(0, 3)]).toEqual([1, 2, 3]);
    if (held.ok) expect(from.release(held)).toBe(true);
    expect(from.counters()).toMatchObject({ delivered: 1, stale: 0, evicted: 0, heldNow: 0 });
    expect(pool.counters()).toEqual({ published: 1, aborted: 0, refused: 0, evicted: 0 });
  });

  test("writes over the oldest frame that nobody holds, and a reader that comes for it is told", () => {
    const names = [0, 1, 2, 3].map((sequence) => write(sequence)!);
    const from = reader(2);
    const held = from.hold(names[0]!.slot, names[0]!.generation);
    expect(held.ok).toBe(true);
    expect(write(4)!.slot).toBe(names[1]!.slot);
    expect(from.hold(names[1]!.slot, names[1]!.generation)).toEqual({ ok: false, reason: "gone" });
    expect(held.ok && held.bytes[999]).toBe(0);
    expect(from.counters()).toMatchObject({ stale: 1, heldNow: 1 });
  });

  test("takes an aborted frame back and shows it to nobody", () => {
    const from = reader(0);
    const slot = pool.acquire();
    if (slot.ok) pool.abort(slot);
    expect(from.holdNewest()).toEqual({ ok: false, reason: "gone" });
    if (slot.ok) expect(() => pool.abort(slot)).toThrow(AssertionError);
    expect(pool.counters()).toMatchObject({ published: 0, aborted: 1 });
  });

  test("gives the newest frame that a reader does not hold", () => {
    const from = reader(0);
    for (let sequence = 1; sequence <= 3; sequence++) write(sequence);
    expect([1, 2, 3].map(() => holdNewest(from).words.sequence)).toEqual([3, 2, 1]);
    expect(from.holdNewest().ok).toBe(false);
  });

  test("lets many readers hold one frame", () => {
    const readers = [reader(1), reader(1), reader(0)];
    write(1);
    const held = readers.map(holdNewest);
    for (const [i, from] of readers.entries()) expect(from.release(held[i]!)).toBe(true);
    expect(() => readers[0]!.release(held[0]!)).toThrow(AssertionError);
  });
});

describe("A pool whose slots are all held", () => {
  test("is busy while every reader is within its quota and its time", () => {
    const [a, b] = [reader(1), reader(1)];
    // Four frames: two held, two that a writer has not finished.
    write(1);
    holdNewest(a);
    write(2);
    holdNewest(b);
    pool.acquire();
    pool.acquire();
    expect(write(3)).toBeUndefined();
    expect(pool.counters()).toMatchObject({ refused: 1, evicted: 0 });
  });

  test("evicts a reader over its quota, oldest frame first, and no other", () => {
    const [greedy, careful] = [reader(1), reader(1)];
    for (let sequence = 1; sequence <= 4; sequence++) write(sequence);
    const kept = holdNewest(careful);
    const held = [4, 3, 2, 1].map(() => holdNewest(greedy));
    // It holds 4, over a quota of 1, until three are taken from it.
    expect([0, 1, 2].map(acquireIndex)).toEqual([held[3], held[2], held[1]].map((slot) => slot!.index));
    expect(held.map((slot) => greedy.release(slot))).toEqual([true, false, false, false]);
    expect(careful.release(kept)).toBe(true);
    expect(kept.words.sequence).toBe(4);
  });

  test("evicts a reader without a quota when a writer needs its slot, and its release says so", () => {
    const [guest, careful] = [reader(0), reader(2)];
    for (let sequence = 1; sequence <= 4; sequence++) write(sequence);
    const held = [4, 3, 2, 1].map(() => holdNewest(guest));
    const kept = holdNewest(careful);
    expect(kept.words.sequence).toBe(4);
    // Frame 1 is the oldest; frame 4 is shared with a reader within its quota.
    expect([0, 1, 2].map(acquireIndex)).toEqual([held[3], held[2], held[1]].map((slot) => slot!.index));
    expect(held.map((slot) => guest.release(slot))).toEqual([true, false, false, false]);
    expect(careful.release(kept)).toBe(true);
    expect(guest.counters()).toMatchObject({ delivered: 1, evicted: 3, heldNow: 0 });
    expect(pool.counters()).toMatchObject({ evicted: 3, refused: 0 });
  });

  test("evicts a reader that holds a frame for longer than its limit", () => {
    const slow = reader(2, 0);
    write(1);
    write(2);
    const held = [holdNewest(slow), holdNewest(slow)];
    pool.acquire();
    pool.acquire();
    expect(write(3)).toBeDefined();
    expect(held.map((slot) => slow.release(slot))).toEqual([true, false]);
  });

  test("lets an evicted reader hold the same slot again, and its old release leaves the new hold alone", () => {
    const guest = reader(0);
    for (let sequence = 1; sequence <= 4; sequence++) write(sequence);
    const held = [4, 3, 2, 1].map(() => holdNewest(guest));
    write(5);
    expect(guest.release(held[3]!)).toBe(false);
    const again = holdNewest(guest);
    expect([again.index, again.words.sequence]).toEqual([held[3]!.index, 5]);
    expect(guest.release(again)).toBe(true);
  });
});

test("A pool promises no more slots than it has with two for the writer", () => {
  reader(1);
  expect(() => reader(2)).toThrow(
    "Cannot promise a reader 2 slots: 4 slots less 1 promised to others less 2 for the writer, need that many",
  );
  expect(() => reader(1)).not.toThrow();
});
