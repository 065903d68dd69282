/**
 * Any interleaving of writers and readers on one pool, one step at a time.
 *
 * Whatever the order: a frame in a reader's hand does not change before its release says so, a reader within its quota is never evicted, a
 * writer is refused only when no slot is to be had, and the counters are those of what happened.
 */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { FramePool, FrameReader, type FrameSlot, type FrameWords, SharedSegment } from "../src/mod.ts";

const SLOTS = 5;
/** Quotas of the readers; with two slots for writers they fill the pool. */
const quotas = [2, 1, 0, 0];

type Step =
  | { readonly kind: "acquire" | "commit" | "abort"; readonly writer: number }
  | { readonly kind: "hold" | "release"; readonly reader: number };

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("acquire", "commit", "commit", "abort"), writer: fc.nat(1) }),
  fc.record({ kind: fc.constantFrom("hold", "hold", "release"), reader: fc.nat(quotas.length - 1) }),
) as fc.Arbitrary<Step>;

const words = (sequence: number): FrameWords => {
  return { sequence, captureNs: 0n, byteLength: 4, camera: 0, format: 0, checksum: 0n, flags: 0 };
};

interface Hand {
  readonly slot: FrameSlot;
  readonly sequence: number;
}

/** The pool, its writers and readers, and what each has in hand. */
class Scene implements Disposable {
  readonly stack = new DisposableStack();
  readonly writers: { readonly pool: FramePool; slot: FrameSlot | undefined }[];
  readonly readers: { readonly reader: FrameReader; readonly quota: number; hands: Hand[] }[];
  written = 0;
  aborted = 0;
  evicted = 0;

  constructor() {
    const segment = this.stack.use(SharedSegment.create([{ kind: "pool", slots: SLOTS, slotBytes: 4 }]));
    this.writers = [0, 1].map(() => ({ pool: this.stack.use(new FramePool(segment, 0)), slot: undefined }));
    this.readers = quotas.map((quota) => {
      const reader = this.stack.use(new FrameReader(segment, 0, { quotaSlots: quota, holdMsMax: 3_600_000 }));
      return { reader, quota, hands: [] };
    });
  }

  write(kind: "acquire" | "commit" | "abort", index: number): void {
    const writer = this.writers[index]!;
    if (kind === "acquire" && writer.slot === undefined) {
      const slot = writer.pool.acquire();
      if (slot.ok) {
        writer.slot = slot;
        new DataView(slot.bytes.buffer, slot.bytes.byteOffset).setUint32(0, 0xffff_ffff);
      } else {
        // The other writer has at most one slot, so all others are in rightful hands.
        const rightful = this.readers.filter(({ hands, quota }) => hands.length <= quota).flatMap(({ hands }) => hands);
        const kept = new Set(rightful.map((hand) => hand.slot.index));
        expect(kept.size + this.writers.filter((each) => each.slot !== undefined).length).toBeGreaterThanOrEqual(SLOTS);
      }
    } else if (kind !== "acquire" && writer.slot !== undefined) {
      const { slot } = writer;
      writer.slot = undefined;
      if (kind === "abort") {
        writer.pool.abort(slot);
        this.aborted++;
      } else {
        new DataView(slot.bytes.buffer, slot.bytes.byteOffset).setUint32(0, this.written);
        writer.pool.commit(slot, words(this.written++));
      }
    }
  }

  read(kind: "hold" | "release", index: number): void {
    const { reader, hands } = this.readers[index]!;
    if (kind === "hold") {
      const slot = reader.holdNewest();
      if (slot.ok) hands.push({ slot, sequence: slot.words.sequence });
      return;
    }
    const hand = hands.shift();
    if (hand === undefined) return;
    const seen = new DataView(hand.slot.bytes.buffer, hand.slot.bytes.byteOffset).getUint32(0);
    const isValid = reader.release(hand.slot);
    if (isValid) expect(seen).toBe(hand.sequence);
    else this.evicted++;
  }

  [Symbol.dispose](): void {
    this.stack.dispose();
  }
}

test("Any interleaving on a pool keeps frames whole and readers in their rights", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
      using scene = new Scene();
      for (const each of steps) {
        if ("writer" in each) scene.write(each.kind, each.writer);
        else if (each.kind === "release" || scene.readers[each.reader]!.hands.length < 4)
          scene.read(each.kind, each.reader);
      }
      for (const [index, { hands }] of scene.readers.entries()) while (hands.length > 0) scene.read("release", index);
      const counters = scene.writers[0]!.pool.counters();
      expect(counters).toMatchObject({ published: scene.written, aborted: scene.aborted });
      const learnt = scene.readers.map(({ reader }) => reader.counters());
      expect(learnt.reduce((sum, { evicted }) => sum + evicted, 0)).toBe(scene.evicted);
      expect(learnt.every(({ heldNow }) => heldNow === 0)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test("A reader that stays within its quota is never evicted, whatever the others do", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
      using scene = new Scene();
      for (const each of steps) {
        if ("writer" in each) scene.write(each.kind, each.writer);
        else {
          const { hands, quota } = scene.readers[each.reader]!;
          const isModest = each.reader === 0;
          if (each.kind === "release" || hands.length < (isModest ? quota : 4)) scene.read(each.kind, each.reader);
        }
      }
      expect(scene.readers[0]!.reader.counters().evicted).toBe(0);
    }),
    { numRuns: 400 },
  );
});
