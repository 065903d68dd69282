/**
 * Two processes on one segment, for benches of what crosses between them: this one asks, a child (`ring-echo.ts`) answers.
 *
 * Part 0 carries requests, part 1 answers, part 2 holds frames. A message is three float64: its kind and two values.
 */
import { join } from "node:path";
import { assert } from "@skyvox/core";
import {
  FramePool,
  type FrameSlot,
  RingConsumer,
  RingProducer,
  type SegmentLayout,
  SharedSegment,
} from "@skyvox/pipeline";

/** Bytes of a frame of 7680 x 4320. */
export const FRAME_BYTES = 33_177_600;

/** What the child does with a message. */
export const kinds = { echo: 0, count: 1, report: 2, frame: 3, switches: 4, stayAwake: 5, stop: 6 } as const;

/** The segment of the pair; frames of `frameBytes`. */
export function pairLayout(frameBytes: number): SegmentLayout {
  return [
    { kind: "ring", slots: 64, slotBytes: 64 },
    { kind: "ring", slots: 64, slotBytes: 64 },
    { kind: "pool", slots: 3, slotBytes: frameBytes },
  ];
}

const WAIT_MS = 10_000;

/** This process and its child. */
export class RingPair implements AsyncDisposable {
  readonly pool: FramePool;
  readonly #requests: RingProducer;
  readonly #answers: RingConsumer;
  readonly #child: Bun.Subprocess;
  readonly #stack: DisposableStack;
  #isAwake = false;

  private constructor(stack: DisposableStack, segment: SharedSegment, child: Bun.Subprocess) {
    this.#stack = stack;
    this.#child = child;
    this.#requests = stack.use(new RingProducer(segment, 0));
    this.#answers = stack.use(new RingConsumer(segment, 1, { policy: "lossless" }));
    this.pool = stack.use(new FramePool(segment, 2));
  }

  /** Starts the child and waits until it listens. */
  static async open(frameBytes: number): Promise<RingPair> {
    const stack = new DisposableStack();
    const segment = stack.use(SharedSegment.create(pairLayout(frameBytes)));
    const command = [process.execPath, join(import.meta.dir, "./ring-echo.ts"), segment.path, String(frameBytes)];
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
    const { value } = await child.stdout.getReader().read();
    assert(new TextDecoder().decode(value).startsWith("ready"), "the child listens");
    return new RingPair(stack, segment, child);
  }

  /** Sends one message; waits where the child is a lap behind. */
  send(kind: number, first = 0, second = 0): void {
    let slot = this.#requests.claim();
    if (!slot.ok) slot = this.#requests.claimWait(WAIT_MS);
    assert(slot.ok, "the child keeps up");
    slot.view.setFloat64(0, kind, true);
    slot.view.setFloat64(8, first, true);
    slot.view.setFloat64(16, second, true);
    this.#requests.commit(24);
  }

  /** Sends one message and returns the first value of its answer. */
  ask(kind: number, first = 0, second = 0): number {
    this.send(kind, first, second);
    let slot = this.#isAwake ? this.#answers.take() : this.#answers.takeWait(WAIT_MS);
    while (this.#isAwake && !slot.ok) slot = this.#answers.take();
    assert(slot.ok, "the child answers");
    const answer = slot.view.getFloat64(8, true);
    this.#answers.release();
    return answer;
  }

  /** Asks `count` times while both sides look for messages without a pause; returns the time of one, in ns. */
  awake(count: number, askOnce: (index: number) => void): number {
    this.ask(kinds.stayAwake, count);
    this.#isAwake = true;
    const startNs = Bun.nanoseconds();
    for (let i = 0; i < count; i++) askOnce(i);
    const ns = (Bun.nanoseconds() - startNs) / count;
    this.#isAwake = false;
    return ns;
  }

  /** Publishes a frame whose last byte is `value`, and asks the child what it read there. */
  handOff(byteLength: number, value: number): number {
    const slot = this.pool.acquire();
    assert(slot.ok, "the pool has a slot");
    slot.bytes[byteLength - 1] = value;
    this.pool.commit(slot, { ...frameWords, byteLength });
    return this.ask(kinds.frame, slot.index, slot.generation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.send(kinds.stop);
    await this.#child.exited;
    this.#stack.dispose();
  }
}

const frameWords: FrameSlot["words"] = {
  sequence: 0,
  captureNs: 0n,
  byteLength: 0,
  camera: 0,
  format: 0,
  checksum: 0n,
  flags: 0,
};
