/**
 * Any interleaving of producers and consumers on one ring, one step at a time, against a list of what was committed where.
 *
 * Whatever the order, each consumer sees sequences that only go up, the payload that was committed under each, and an account that adds up:
 * what was delivered, lost by each reason and skipped is every position gone by. One that may lose nothing gets exactly what was committed.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { RingConsumer, type RingPolicy, RingProducer, type RingSlot } from "../src/ring.ts";
import { SharedSegment } from "../src/shared-segment.ts";

type Step =
  | { readonly kind: "claim" | "commit" | "abort"; readonly producer: number }
  | { readonly kind: "take" | "release"; readonly consumer: number };

const PRODUCERS_MAX = 3;
const CONSUMERS_MAX = 4;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("claim", "commit"), producer: fc.nat(PRODUCERS_MAX - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort"), producer: fc.nat(PRODUCERS_MAX - 1) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom("take", "release"), consumer: fc.nat(CONSUMERS_MAX - 1) }),
  },
) as fc.Arbitrary<Step>;

const policy = fc.constantFrom<Exclude<RingPolicy, "block">>("latest", "dropOldest", "dropNewest", "lossless");

/** One producer and what it has in hand. */
class Writer {
  claimed: RingSlot | undefined;
  readonly producer: RingProducer;
  constructor(producer: RingProducer) {
    this.producer = producer;
  }

  step(kind: "claim" | "commit" | "abort", committed: Map<number, number>, value: number): void {
    if (kind === "claim" && this.claimed === undefined) {
      const slot = this.producer.claim();
      if (!slot.ok) return;
      slot.view.setFloat64(0, value);
      this.claimed = slot;
    } else if (kind === "commit" && this.claimed !== undefined) {
      const { sequence, view } = this.claimed;
      const number = view.getFloat64(0);
      this.claimed = undefined;
      if (this.producer.commit(8)) committed.set(sequence, number);
    } else if (kind === "abort") {
      this.claimed = undefined;
      this.producer.abort();
    }
  }
}

/** One consumer, what it has in hand and what it has seen. */
class Reader {
  held: RingSlot | undefined;
  readonly seen: number[] = [];
  gaps = 0;
  readonly policy: RingPolicy;
  readonly consumer: RingConsumer;
  constructor(policy: RingPolicy, consumer: RingConsumer) {
    this.policy = policy;
    this.consumer = consumer;
  }

  step(kind: "take" | "release", committed: ReadonlyMap<number, number>): void {
    if (kind === "take" && this.held === undefined) {
      const slot = this.consumer.take();
      if (!slot.ok) return;
      expect(slot.sequence).toBeGreaterThan(this.seen.at(-1) ?? -1);
      this.seen.push(slot.sequence);
      this.gaps += this.consumer.gap;
      this.held = slot;
    }
    // What is in hand does not change before it is given back.
    if (this.held !== undefined) expect(this.held.view.getFloat64(0)).toBe(committed.get(this.seen.at(-1)!)!);
    if (kind === "release" && this.held !== undefined) {
      this.held = undefined;
      this.consumer.release();
    }
  }

  /** Takes all there is; `positions` are all that were ever claimed. */
  settle(committed: ReadonlyMap<number, number>, positions: number): void {
    do {
      this.step("release", committed);
      this.step("take", committed);
    } while (this.held !== undefined);
    const { delivered, dropped, skipped } = this.consumer.counters();
    const lost = dropped.overrun + dropped.conflated + dropped.aborted;
    expect(delivered).toBe(this.seen.length);
    // Losses after the last message are counted, and shown as the gap of the next one.
    expect(this.gaps).toBeLessThanOrEqual(lost);
    if (this.policy === "latest") expect(delivered + lost).toBe((this.seen.at(-1) ?? -1) + 1);
    else expect(delivered + lost + skipped).toBe(positions);
    if (this.policy === "dropNewest" || this.policy === "lossless") {
      expect(this.seen).toEqual([...committed.keys()].sort((a, b) => a - b));
      expect(dropped.overrun + dropped.conflated).toBe(0);
    }
  }
}

/** Claims so far, from the head of the ring (`svp_ring.head` in `shared.h`, which begins at the capacity). */
function positionsOf(segment: SharedSegment, slots: number): number {
  return Number(new DataView(segment.buffer, segment.place(0).partOffset).getBigUint64(64, true)) - slots;
}

test("Any interleaving keeps order, payloads and accounts", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(2, 4, 8),
      fc.array(policy, { minLength: 1, maxLength: CONSUMERS_MAX }),
      fc.array(step, { minLength: 1, maxLength: 200 }),
      (slots, policies, steps) => {
        using stack = new DisposableStack();
        const segment = stack.use(SharedSegment.create([{ kind: "ring", slots, slotBytes: 8 }]));
        const writers = Array.from(
          { length: PRODUCERS_MAX },
          () => new Writer(stack.use(new RingProducer(segment, 0))),
        );
        const readers = policies.map(
          (each) => new Reader(each, stack.use(new RingConsumer(segment, 0, { policy: each }))),
        );
        const committed = new Map<number, number>();
        for (const [value, each] of steps.entries()) {
          if ("producer" in each) writers[each.producer]!.step(each.kind, committed, value);
          else readers[each.consumer % readers.length]!.step(each.kind, committed);
        }
        for (const writer of writers) writer.step("abort", committed, 0);
        for (const reader of readers) reader.settle(committed, positionsOf(segment, slots));
      },
    ),
    { numRuns: 400 },
  );
});
