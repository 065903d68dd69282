/**
 * Messages written and read in place in one process, alone and beside a consumer in another process that has been stopped with a message in
 * its hand.
 */
import { join } from "node:path";
import { RingConsumer, RingProducer, type SegmentLayout, SharedSegment } from "@skyvox/pipeline";
import { interleaveTimed } from "./harness.ts";

/** Slots of 256 bytes, as the anchors have them. */
export const exchangeLayout: SegmentLayout = [{ kind: "ring", slots: 64, slotBytes: 256 }];

/** A producer and a consumer of one segment in this process. */
export class Exchange implements Disposable {
  readonly segment: SharedSegment;
  readonly #producer: RingProducer;
  readonly #consumer: RingConsumer;

  /** Opens all three. */
  constructor() {
    this.segment = SharedSegment.create(exchangeLayout);
    this.#producer = new RingProducer(this.segment, 0);
    this.#consumer = new RingConsumer(this.segment, 0, { policy: "dropOldest" });
  }

  /** Sends `count` numbers, one after the other is read, and returns the sum of what came. */
  run(count: number): number {
    const producer = this.#producer;
    const consumer = this.#consumer;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const slot = producer.claim();
      if (slot.ok) slot.view.setFloat64(0, i, true);
      producer.commit(8);
      const taken = consumer.take();
      if (taken.ok) sum += taken.view.getFloat64(0, true);
      consumer.release();
    }
    return sum;
  }

  [Symbol.dispose](): void {
    this.#consumer[Symbol.dispose]();
    this.#producer[Symbol.dispose]();
    this.segment[Symbol.dispose]();
  }
}

/** How many times longer `count` messages take beside a stopped consumer: the median over rounds in turn. */
export async function timesBesideStopped(count: number, rounds: number): Promise<number> {
  using alone = new Exchange();
  using beside = new Exchange();
  const command = [process.execPath, join(import.meta.dir, "./stopped-consumer.ts"), beside.segment.path];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const reader = child.stdout.getReader();
  await reader.read();
  beside.run(1);
  await reader.read();
  child.kill("SIGSTOP");
  const timed = (name: string, exchange: Exchange) => ({
    name,
    measureMs: () => {
      const startNs = Bun.nanoseconds();
      exchange.run(count);
      return (Bun.nanoseconds() - startNs) / 1e6;
    },
  });
  const [, stopped] = await interleaveTimed(
    [timed("alone", alone), timed("beside a stopped consumer", beside)],
    rounds,
  );
  child.kill("SIGKILL");
  await child.exited;
  beside.segment.reap();
  return 1 / (stopped?.speedup ?? 0);
}
