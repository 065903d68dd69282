/**
 * What the child processes of `processes.test.ts` do: `bun process-roles.ts ROLE PATH`. A child says "ready" when it has something in hand
 * and goes on at the next line of its standard input.
 */
import { FrameReader, RingConsumer, RingProducer, type SegmentLayout, SharedSegment } from "../src/mod.ts";

/** The segment that parent and children share. */
export const layout: SegmentLayout = [
  { kind: "ring", slots: 8, slotBytes: 64 },
  { kind: "pool", slots: 4, slotBytes: 100_000 },
];

const roles: Record<string, (segment: SharedSegment, nextLine: () => Promise<unknown>) => Promise<unknown>> = {
  /** Adds up what it gets until a negative number; takes nothing before it is told to. */
  async sum(segment, nextLine) {
    using consumer = new RingConsumer(segment, 0, { policy: "lossless" });
    console.log("ready");
    await nextLine();
    for (let sum = 0; ; ) {
      const slot = consumer.takeWait(10_000);
      if (!slot.ok) return "nothing came";
      const value = slot.view.getFloat64(0);
      consumer.release();
      if (value < 0) return sum;
      sum += value;
    }
  },
  /** Waits, writing a message and holding a frame. */
  async hold(segment, nextLine) {
    using producer = new RingProducer(segment, 0);
    using consumer = new RingConsumer(segment, 0, { policy: "lossless" });
    using reader = new FrameReader(segment, 1, { quotaSlots: 1, holdMsMax: 60_000 });
    const inHand = producer.claim().ok && reader.holdNewest().ok && !consumer.take().ok;
    console.log(inHand ? "ready" : "nothing to hold");
    await nextLine();
  },
  /** Holds a frame for as long as its parent likes and says what the release said. */
  async evicted(segment, nextLine) {
    using reader = new FrameReader(segment, 1, { quotaSlots: 1, holdMsMax: 20 });
    const slot = reader.holdNewest();
    console.log(slot.ok ? "ready" : "nothing to hold");
    await nextLine();
    if (!slot.ok) return "nothing to hold";
    const isValid = reader.release(slot);
    return `${isValid ? "valid" : "void"}, evicted ${reader.counters().evicted}`;
  },
};

if (import.meta.main) {
  const [role = "", path = ""] = process.argv.slice(2);
  const lines = console[Symbol.asyncIterator]();
  using segment = SharedSegment.attach(path, layout);
  const said = await roles[role]?.(segment, () => lines.next());
  console.log(said);
  process.exitCode = 0;
}
