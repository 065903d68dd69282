import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { type ConsumerOptions, RingConsumer, RingProducer } from "./ring.ts";
import { SharedSegment } from "./shared-segment.ts";

const CAPACITY = 4;
let stack: DisposableStack;
let segment: SharedSegment;
beforeEach(() => {
  stack = new DisposableStack();
  segment = stack.use(SharedSegment.create([{ kind: "ring", slots: CAPACITY, slotBytes: 16 }]));
});
afterEach(() => stack.dispose());

const producer = () => stack.use(new RingProducer(segment, 0));
const consumer = (options: ConsumerOptions) => stack.use(new RingConsumer(segment, 0, options));

function send(to: RingProducer, value: number): boolean {
  const slot = to.claim();
  if (!slot.ok) return false;
  slot.view.setFloat64(0, value);
  return to.commit(8);
}

/** The next message as [sequence, gap, value]; undefined where there is none. */
function receive(from: RingConsumer): readonly [number, number, number] | undefined {
  const slot = from.take();
  if (!slot.ok) return undefined;
  const message = [slot.sequence, from.gap, slot.view.getFloat64(0)] as const;
  from.release();
  return message;
}

function receiveAll(from: RingConsumer) {
  const messages = [];
  for (let one = receive(from); one !== undefined; one = receive(from)) messages.push(one);
  return messages;
}

describe("A ring", () => {
  test("gives every consumer every message from its opening on, in place and in order", () => {
    const from = producer();
    expect(send(from, 10)).toBe(true);
    const [a, b] = [consumer({ policy: "dropOldest" }), consumer({ policy: "lossless" })];
    expect(receive(a)).toBeUndefined();
    for (const value of [11, 12, 13]) send(from, value);
    const expected = [
      [1, 0, 11],
      [2, 0, 12],
      [3, 0, 13],
    ] as const;
    expect(receiveAll(a)).toEqual([...expected]);
    expect(receiveAll(b)).toEqual([...expected]);
    expect(a.counters()).toMatchObject({ delivered: 3, refused: 0, heldNow: 0 });
  });

  test("says how many bytes were committed", () => {
    const from = producer();
    const to = consumer({ policy: "latest" });
    from.claim();
    from.commit(13);
    const slot = to.take();
    expect(slot.ok && slot.byteLength).toBe(13);
    expect(slot.ok && slot.bytes.length).toBe(16);
    expect(to.counters().heldNow).toBe(1);
  });

  test("shows an abort as a gap", () => {
    const from = producer();
    const to = consumer({ policy: "lossless" });
    send(from, 1);
    from.claim();
    from.abort();
    from.abort();
    send(from, 2);
    expect(receiveAll(to)).toEqual([
      [0, 0, 1],
      [2, 1, 2],
    ]);
    expect(to.counters().dropped).toEqual({ overrun: 0, conflated: 0, aborted: 1 });
  });

  test("hides a message until its producer commits, and those behind it with it", () => {
    const [slow, fast] = [producer(), producer()];
    const to = consumer({ policy: "dropOldest" });
    slow.claim();
    send(fast, 2);
    expect(receive(to)).toBeUndefined();
    slow.commit(0);
    expect(receiveAll(to).map(([sequence]) => sequence)).toEqual([0, 1]);
  });

  test("passes over a producer that is a lap behind, which learns it at its commit", () => {
    const [slow, fast] = [producer(), producer()];
    const to = consumer({ policy: "dropOldest" });
    slow.claim();
    for (let value = 1; value <= 8; value++) expect(send(fast, value)).toBe(true);
    expect(slow.commit(8)).toBe(false);
    // The slow producer's slot stands for positions 0, 4 and 8: nothing is at those. Eight messages reach position 10.
    expect(receiveAll(to).map(([sequence, , value]) => [sequence, value])).toEqual([
      [7, 6],
      [9, 7],
      [10, 8],
    ]);
    const { delivered, dropped, skipped } = to.counters();
    expect(delivered + dropped.overrun + skipped).toBe(11);
    expect(send(slow, 9)).toBe(true);
    expect(receive(to)?.[2]).toBe(9);
  });

  test("refuses calls out of order", () => {
    const from = producer();
    const to = consumer({ policy: "latest" });
    expect(() => from.commit(0)).toThrow(AssertionError);
    from.claim();
    expect(() => from.claim()).toThrow(AssertionError);
    expect(() => to.release()).toThrow(AssertionError);
    from.commit(0);
    to.take();
    expect(() => to.take()).toThrow(AssertionError);
  });

  test("takes 32 consumers and says no to one more", () => {
    for (let i = 0; i < 32; i++) consumer({ policy: "latest" });
    expect(() => consumer({ policy: "latest" })).toThrow(
      "Cannot open a consumer: all 32 of the ring are taken, need a free one",
    );
  });
});

describe("A consumer that falls behind", () => {
  test("by policy latest gets the newest and counts what it jumped over", () => {
    const from = producer();
    const to = consumer({ policy: "latest" });
    for (let value = 0; value < 3; value++) send(from, value);
    expect(receive(to)).toEqual([2, 2, 2]);
    for (let value = 3; value < 13; value++) send(from, value);
    expect(receive(to)).toEqual([12, 9, 12]);
    expect(receive(to)).toBeUndefined();
    expect(to.counters().dropped).toEqual({ overrun: 0, conflated: 11, aborted: 0 });
  });

  test("by policy dropOldest loses exactly what a lap has overwritten", () => {
    const from = producer();
    const to = consumer({ policy: "dropOldest" });
    for (let value = 0; value < 10; value++) expect(send(from, value)).toBe(true);
    expect(receiveAll(to)).toEqual([
      [6, 6, 6],
      [7, 0, 7],
      [8, 0, 8],
      [9, 0, 9],
    ]);
    expect(to.counters()).toMatchObject({ delivered: 4, dropped: { overrun: 6 } });
  });

  test("by policy dropNewest makes claims fail at once and keeps what it has", () => {
    const from = producer();
    const to = consumer({ policy: "dropNewest" });
    for (let value = 0; value < 4; value++) expect(send(from, value)).toBe(true);
    expect(send(from, 4)).toBe(false);
    expect(receiveAll(to).map(([, , value]) => value)).toEqual([0, 1, 2, 3]);
    expect(send(from, 5)).toBe(true);
    expect(receive(to)).toEqual([4, 0, 5]);
    expect(to.counters()).toMatchObject({ delivered: 5, refused: 1, dropped: { overrun: 0 } });
  });

  test("by policy lossless makes claims fail as long as it lives", () => {
    const from = producer();
    const to = consumer({ policy: "lossless" });
    for (let value = 0; value < 4; value++) send(from, value);
    expect(send(from, 4)).toBe(false);
    expect(from.claimWait(1)).toEqual({ ok: false, reason: "full" });
    receive(to);
    expect(send(from, 4)).toBe(true);
    expect(receiveAll(to).map(([, gap, value]) => [gap, value])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [0, 4],
    ]);
  });

  test("by policy block is waited for, then overrun and told", () => {
    const from = producer();
    const to = consumer({ policy: "block", blockMs: 5 });
    for (let value = 0; value < 4; value++) send(from, value);
    expect(send(from, 4)).toBe(false);
    const slot = from.claimWait(10_000);
    expect(slot.ok).toBe(true);
    from.commit(0);
    expect(to.counters()).toMatchObject({ evicted: 1 });
    expect(receive(to)).toEqual([1, 1, 1]);
    // It has moved, so it is waited for again.
    expect(send(from, 5)).toBe(true);
    expect(send(from, 6)).toBe(false);
  });

  test("does not lose the message in its hand; its slot is passed over", () => {
    const from = producer();
    const to = consumer({ policy: "dropOldest" });
    send(from, 0);
    const held = to.take();
    for (let value = 1; value < 10; value++) expect(send(from, value)).toBe(true);
    expect(held.ok && held.view.getFloat64(0)).toBe(0);
    to.release();
    // Slot 0 was in hand: its positions 4, 8 have nothing, and 9 sends reach position 11.
    expect(receiveAll(to).map(([sequence, , value]) => [sequence, value])).toEqual([
      [9, 7],
      [10, 8],
      [11, 9],
    ]);
    const { delivered, dropped, skipped } = to.counters();
    expect(delivered + dropped.overrun + skipped).toBe(12);
  });

  test("leaves a claim nothing when all slots are in hand", () => {
    const from = producer();
    const holders = [0, 1, 2, 3].map((value) => {
      const to = consumer({ policy: "dropOldest" });
      send(from, value);
      to.take();
      return to;
    });
    expect(send(from, 4)).toBe(false);
    holders[2]!.release();
    expect(send(from, 4)).toBe(true);
  });
});

describe("Waiting", () => {
  test("ends with what there is, or after its time with nothing", () => {
    const from = producer();
    const to = consumer({ policy: "lossless" });
    expect(to.takeWait(2)).toEqual({ ok: false, reason: "empty" });
    send(from, 1);
    expect(to.takeWait(10_000).ok).toBe(true);
  });
});
